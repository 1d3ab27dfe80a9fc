"""Loops inside an expression: folds, prefixes, and the substitution that respects their scopes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

from oxmlx.dtypes import Dtype, is_float, is_integer
from oxmlx.errors import CheckError
from oxmlx.ir.expr import Expr, Index, Show, Size, as_expr, cast, nodes, size
from oxmlx.ir.monoid import MONOIDS

State: TypeAlias = "Expr | tuple[Expr | int, ...]"
F32 = np.dtype(np.float32)
ROUNDING = frozenset(name for name, m in MONOIDS.items() if m.rounds)


class Loop(Expr):
    """A node that binds `loop` in `body`, the components of a monoid's state.

    A state of several components has a record dtype, and `Part` takes it apart.
    """

    monoid: str
    loop: Index
    body: tuple[Expr, ...]

    def infer(self) -> Dtype:
        if self.monoid not in MONOIDS:
            raise CheckError(self.monoid, "is no monoid", f"There are {', '.join(MONOIDS)}.")
        dtypes = tuple(e.dtype for e in self.body)
        MONOIDS[self.monoid].check(*dtypes)
        return (
            dtypes[0] if len(dtypes) == 1 else np.dtype([(str(k), d) for k, d in enumerate(dtypes)])
        )

    def bind(self) -> frozenset[Index]:
        inside = frozenset[Index]().union(*(e.free for e in self.body)) - {self.loop}
        return inside.union(*(e.free for e in self.outside))

    @property
    def identity(self) -> tuple[NDArray[Any], ...]:
        """The state that it starts from, as rank-0 arrays."""
        return MONOIDS[self.monoid].identity(*(e.dtype for e in self.body))

    @property
    def rounds(self) -> bool:
        """Whether its last bits depend on the order in which it combines."""
        return MONOIDS[self.monoid].rounds and any(is_float(e.dtype) for e in self.body)

    @property
    def outside(self) -> tuple[Expr, ...]:
        """The kids that do not see `loop`; they follow the body."""
        return ()

    def kids(self) -> tuple[Expr, ...]:
        return (*self.body, *self.outside)

    def with_kids(self, kids: Sequence[Expr]) -> Expr:
        return self.over(self.loop, kids)

    def over(self, loop: Index, kids: Sequence[Expr]) -> Loop:
        """The same node with another variable and other kids."""
        return type(self)(self.monoid, loop, tuple(kids))

    def show_loop(self, bounds: str, show: Show) -> tuple[str, int]:
        """monoid bounds: body"""
        body = ", ".join(show(e, 0) for e in self.body)
        return f"{self.monoid} {bounds}: " + (body if len(self.body) == 1 else f"({body})"), 0


class Fold(Loop):
    """⊕ of body over 0 ≤ loop < extent."""

    def text(self, show: Show) -> tuple[str, int]:
        return self.show_loop(f"{self.loop.name}<{show(self.loop.extent, 0)}", show)


class Prefix(Loop):
    """⊕ of body over 0 ≤ loop ≤ at, or at ≤ loop < extent if reversed: one element of a scan."""

    at: Expr
    reverse: bool

    def infer(self) -> Dtype:
        if not is_integer(self.at.dtype):
            raise CheckError(str(self), f"ends at {self.at}, which must be an integer")
        return super().infer()

    @property
    def outside(self) -> tuple[Expr, ...]:
        return (self.at,)

    def over(self, loop: Index, kids: Sequence[Expr]) -> Prefix:
        *body, at = kids
        return Prefix(self.monoid, loop, tuple(body), at, self.reverse)

    def text(self, show: Show) -> tuple[str, int]:
        k, at, n = self.loop.name, show(self.at, 2), show(self.loop.extent, 0)
        return self.show_loop(f"{at}<={k}<{n}" if self.reverse else f"{k}<={at}<{n}", show)


class Part(Expr):
    """Component n of a state."""

    n: int
    state: Expr

    def infer(self) -> Dtype:
        if not isinstance(self.state, Loop) or not 0 <= self.n < len(self.state.body):
            raise CheckError(f"part {self.n}", f"there is no such component in {self.state}")
        return self.state.body[self.n].dtype

    def kids(self) -> tuple[Expr, ...]:
        return (self.state,)

    def with_kids(self, kids: Sequence[Expr]) -> Expr:
        return Part(self.n, *kids)

    def text(self, show: Show) -> tuple[str, int]:
        return f"{show(self.state, 9)}.{self.n}", 9


def fold(
    monoid: str,
    extents: Sequence[Expr | int],
    body: Callable[[tuple[Expr, ...]], State],
    *,
    dtype: Dtype | None = None,
) -> Expr:
    """⊕ of `body(k)` over the box 0 ≤ k < extents: nested loops, the last one innermost.

    Args:
        monoid: add, mul, max, min, and, or, xor, logaddexp; or argmax and argmin, whose body is
            (value, index), whose ties take the lowest index, and whose components `part` gives.
        extents: sizes.
        body: the element at an index of the box.
        dtype: what to accumulate in; the result has the dtype of the body. By default f32 for
            16-bit floats where ⊕ rounds, else that of the body.

    >>> from oxmlx.ir.kernel import Buffer, Operand
    >>> x = Operand.of(Buffer("x", (2, 3), F32))
    >>> fold("add", x.extents, x)
    add k1<2: add k0<3: x[k1, k0]
    """
    index = tuple(as_expr(0) if is_single(n) else fresh(n) for n in extents)
    state = as_state(body(index))
    loops = [i for i in index if isinstance(i, Index)]
    if not loops and len(state) == 1:
        return state[0]
    loops = loops or [fresh(extents[-1])]  # a state of several components is that of a loop
    narrow, state = widen(monoid, state, dtype)
    out, *_ = state
    for loop in reversed(loops):
        out = Fold(monoid, *close(loop, state))
        state = tuple(part(n, out) for n in range(len(state)))
    return cast(out, narrow) if narrow else out


def is_single(extent: Expr | int) -> bool:
    """Is there one element only, and no need for a loop?"""
    return (extent.value if isinstance(extent, Size) else extent) == 1


def prefix(
    monoid: str,
    extent: Expr | int,
    at: Expr | int,
    body: Callable[[Expr], State],
    *,
    reverse: bool = False,
    dtype: Dtype | None = None,
) -> Expr:
    """⊕ of `body(k)` over 0 ≤ k ≤ at; over at ≤ k < extent if `reverse`. See `fold`.

    >>> from oxmlx.ir.kernel import Buffer, Operand
    >>> x = Operand.of(Buffer("x", (3,), F32))
    >>> prefix("add", 3, Index("i0", size(3)), lambda k: x((k,)))
    add k0<=i0<3: x[k0]
    """
    loop, at = fresh(extent), as_expr(at)
    narrow, state = widen(monoid, as_state(body(loop)), dtype)
    out = Prefix(monoid, *close(loop, state, at), at, reverse)
    return cast(out, narrow) if narrow else out


def part(n: int, e: Expr) -> Expr:
    """Component `n` of a fold with a tuple state."""
    return e if n == 0 and not is_tuple(e) else Part(n, e)


def is_tuple(e: Expr) -> bool:
    """Is this a state of several components, which only `part` may take apart?"""
    return isinstance(e, Loop) and len(e.body) > 1


def as_state(x: State) -> tuple[Expr, ...]:
    """The components of a state."""
    return tuple(map(as_expr, x)) if isinstance(x, tuple) else (as_expr(x),)


def widen(
    monoid: str, state: tuple[Expr, ...], dtype: Dtype | None
) -> tuple[Dtype | None, tuple[Expr, ...]]:
    """The dtype to round to in the end, if any, and the state in the dtype to accumulate in."""
    own = state[0].dtype
    if dtype is None and is_float(own) and own.itemsize == 2 and monoid in ROUNDING:
        dtype = F32
    if dtype is None or dtype == own:
        return None, state
    if len(state) > 1:
        raise CheckError(monoid, f"cannot accumulate {len(state)} components in {dtype}")
    return own, tuple(cast(e, dtype) for e in state)


_names = count()


def fresh(extent: Expr | int) -> Index:
    """A new variable, until `close` names it."""
    n = size(extent) if isinstance(extent, int) else extent
    if not isinstance(n, Size):
        raise CheckError("a loop", f"needs a size for its extent, got {n}", "Use size(n).")
    return Index(f"_{next(_names)}", n)


def close(loop: Index, body: tuple[Expr, ...], *outside: Expr) -> tuple[Index, tuple[Expr, ...]]:
    """Name a loop by its height: the lowest k above every inner loop that uses it.

    So equal folds are one object, and every loop that can be the loop along a row is called k0.
    """
    inside = nodes(*body, kids=lambda e: e.kids() if loop in e.free else ())
    heights = [int(e.loop.name[1:]) for e in inside if isinstance(e, Loop) and loop in e.free]
    taken = {i.name for e in (*body, *outside) for i in e.free}
    height = 1 + max(heights, default=-1)
    while f"k{height}" in taken:
        height += 1
    k = Index(f"k{height}", loop.extent)
    return k, substitute(body, {loop: k})


def substitute(roots: Sequence[Expr], env: Mapping[Index, Expr]) -> tuple[Expr, ...]:
    """The roots with free indices replaced; a loop that would capture one is renamed."""
    env = {i: e for i, e in env.items() if e is not i}

    def kids(e: Expr) -> tuple[Expr, ...]:
        return () if e.free.isdisjoint(env) or captures(e, env) else e.kids()

    new: dict[Expr, Expr] = {**env}
    for e in nodes(*roots, kids=kids):
        if e.free.isdisjoint(env):
            new[e] = e
        elif captures(e, env):
            new[e] = rename(e, env)
        elif e not in new:
            new[e] = e.with_kids([new[k] for k in e.kids()])
    return tuple(new[e] for e in roots)


def captures(e: Expr, env: Mapping[Index, Expr]) -> TypeGuard[Loop]:
    """Is `e` a loop over a variable that `env` replaces, or brings in?"""
    if not isinstance(e, Loop):
        return False
    return e.loop in env or any(e.loop in x.free for i, x in env.items() if i in e.free)


def rename(e: Loop, env: Mapping[Index, Expr]) -> Expr:
    """`substitute` for a loop that captures: its variable makes way."""
    loop, outside = fresh(e.loop.extent), substitute(e.outside, env)
    loop, body = close(loop, substitute(e.body, {**env, e.loop: loop}), *outside)
    return e.over(loop, (*body, *outside))
