"""The kernel language: one parallel grid, and what each of its points stores.

    kernel ::= name (buffer ...) grid store ...
    grid   ::= index < size ...                            parallel; no order may be assumed
    store  ::= buffer[expr ...] = expr                     for every value of the indices it uses
             | buffer[expr ...] add= expr                  summed over the indices left out
    buffer ::= name : dtype [size ...]
    expr   ::= const                                       a number in the text
             | literal | size                              a number in the argument block
             | index                                       of the grid or of a loop
             | buffer[expr ...]                            a load
             | op(expr ...)                                a scalar operation of `ir.scalar`
             | monoid index<size: expr ...                 a fold
             | monoid index<=expr<size: expr ...           a prefix of a scan
             | expr.n                                      a component of a fold's state

A primitive lowers to `index -> expr` of operands that are such functions themselves; fusing two
primitives is composing them. `backends.interpreter` defines what a kernel means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from oxmlx.cached import cached_property
from oxmlx.dtypes import Dtype, short_name
from oxmlx.errors import CheckError
from oxmlx.ir.expr import (
    INDEX,
    Buffer,
    Const,
    Expr,
    Index,
    Literal,
    Load,
    Scalar,
    Size,
    Text,
    as_expr,
    bitcast,
    cast,
    const,
    nodes,
    scalar,
    size,
)
from oxmlx.ir.fold import Fold, Loop, Part, Prefix, fold, is_tuple, part, prefix, substitute

__all__ = [
    "INDEX",
    "Buffer",
    "Const",
    "Expr",
    "Fold",
    "Index",
    "Kernel",
    "Literal",
    "Load",
    "Loop",
    "Operand",
    "Part",
    "Prefix",
    "Scalar",
    "Size",
    "Store",
    "Text",
    "as_expr",
    "bitcast",
    "cast",
    "const",
    "fold",
    "is_tuple",
    "kernel_of",
    "nodes",
    "part",
    "prefix",
    "scalar",
    "size",
    "substitute",
]


LONG = 60  # characters of an expression that gets a name


@dataclass(frozen=True, eq=False)
class Operand:
    """An array as a function of an index, which is all that a lower rule may know of it."""

    extents: tuple[Size, ...]
    dtype: Dtype
    at: Callable[[tuple[Expr, ...]], Expr]

    @staticmethod
    def of(buffer: Buffer) -> Operand:
        """The operand that loads from a buffer."""
        return Operand(buffer.extents, buffer.dtype, partial(Load, buffer))

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis; who asks gets another text for another answer."""
        return tuple(n.value for n in self.extents)

    def __call__(self, index: Sequence[Expr | int]) -> Expr:
        """The element at `index`, one expression or Python int an axis."""
        if len(index) != len(self.shape):
            problem = f"got {len(index)} indices for an operand of shape {self.shape}"
            raise CheckError(f"operand[{', '.join(map(str, index))}]", problem)
        return self.at(tuple(map(as_expr, index)))


@dataclass(frozen=True, eq=False)
class Store:
    """buffer[index] = value, or += value, at every point of the grid and every value of the other
    indices in `index`. What lies outside the buffer is dropped."""

    buffer: Buffer
    index: tuple[Expr, ...]
    value: Expr
    combine: str = ""
    """`add`, or nothing. Sums start from what the buffer holds."""

    @cached_property
    def free(self) -> frozenset[Index]:
        """The indices that choose the element."""
        return frozenset[Index]().union(*(e.free for e in self.index))


FEW = 16
"""Expressions of a kernel that the host is soon done with."""


class Kernel:
    """For all points of `grid`, in parallel: the stores.

    Args:
        name: what profiles call it.
        grid: the indices of a point.
        stores: what a point writes.
        inputs: the buffers it takes as arguments; by default those it loads, in order of use.
    """

    def __init__(
        self,
        name: str,
        grid: tuple[Index, ...],
        stores: tuple[Store, ...],
        inputs: tuple[Buffer, ...] | None = None,
    ) -> None:
        self.name, self.grid, self.stores = name, grid, stores
        loaded = dict.fromkeys(e.buffer for e in self.nodes if isinstance(e, Load))
        self.inputs = tuple(loaded) if inputs is None else inputs
        self.outputs = tuple(dict.fromkeys(s.buffer for s in stores))

    @cached_property
    def nodes(self) -> list[Expr]:
        """Every expression in it, kids first."""
        return nodes(*(e for s in self.stores for e in (*s.index, s.value)))

    @cached_property
    def sizes(self) -> tuple[Size, ...]:
        """The extents it depends on, in order of appearance."""
        shapes = [n for b in (*self.inputs, *self.outputs) for n in b.extents]
        loops = [e.loop.extent for e in self.nodes if isinstance(e, Loop)]
        values = [e for e in self.nodes if isinstance(e, Size)]
        return tuple(dict.fromkeys((*shapes, *(i.extent for i in self.grid), *loops, *values)))

    @cached_property
    def literals(self) -> tuple[Literal, ...]:
        """The numbers it takes as arguments, in order of appearance."""
        return tuple(e for e in self.nodes if isinstance(e, Literal))

    @property
    def is_empty(self) -> bool:
        """Is some extent 0? Then there is nothing to compute, or to fold."""
        return any(n.value == 0 for n in self.sizes)

    @property
    def is_count(self) -> bool:
        """Is it a little arithmetic on single whole numbers? It has no bits of a device's own."""
        whole = all(e.dtype.kind in "biu" for e in self.nodes)
        return len(self.nodes) <= FEW and whole and all(n.value == 1 for n in self.sizes)

    @cached_property
    def form(self) -> Hashable:
        """What two kernels share that differ in names, sizes and numbers alone: one code serves
        both."""
        sizes = {n: k for k, n in enumerate(self.sizes)}
        buffers = {b: k for k, b in enumerate((*self.inputs, *self.outputs))}
        place: dict[Expr, int] = {}

        def word(x: Any) -> Hashable:
            if isinstance(x, Size):
                return "size", sizes[x]
            if isinstance(x, Expr):
                return "node", place[x]
            if isinstance(x, Buffer):
                return "buffer", buffers[x]
            return tuple(map(word, x)) if isinstance(x, tuple) else x

        rows: list[Hashable] = []
        for e in self.nodes:
            kind = type(e), e.dtype
            if isinstance(e, Index):
                rows.append((*kind, e.name, word(e.extent)))
            elif isinstance(e, Const):
                rows.append(kind if type(e) is Literal else (*kind, e.value.tobytes()))
            elif isinstance(e, Loop):
                bound = e.loop.name, word(e.loop.extent)
                rows.append((*kind, e.monoid, bound, word(e.kids()), getattr(e, "reverse", False)))
            else:
                rows.append((*kind, word(e) if isinstance(e, Size) else fields_of(e, word)))
            place[e] = len(place)
        arrays = tuple((b.dtype, word(b.extents)) for b in buffers)
        stores = tuple(
            (word(s.buffer), word(s.index), word(s.value), s.combine) for s in self.stores
        )
        grid = tuple((i.name, word(i.extent)) for i in self.grid)
        return tuple(rows), arrays, len(self.inputs), stores, grid

    def is_row(self, e: Expr) -> bool:
        """Has `e` one value at a point of the grid?"""
        return e.free <= frozenset(self.grid)

    def loops(self, store: Store) -> tuple[Index, ...]:
        """The indices of a store that are not the grid's, in order of appearance."""
        return tuple(e for e in nodes(*store.index) if type(e) is Index and e not in self.grid)

    def __str__(self) -> str:
        names: dict[Expr, str] = {n: f"n{k}" for k, n in enumerate(self.sizes)}
        numbers = {c: f"c{k}" for k, c in enumerate(self.literals)}
        text = Text({**names, **numbers})

        def signature(buffers: Sequence[Buffer]) -> list[str]:
            def shape(b: Buffer) -> str:
                return ", ".join(map(text.of, b.extents))

            return [f"{b.name}: {short_name(b.dtype)}[{shape(b)}]" for b in buffers]

        def ranges(indices: Sequence[Index]) -> str:
            return ", ".join(f"{i.name} < {text.of(i.extent)}" for i in indices)

        takes = signature(self.inputs)
        takes += [f"{name}: {short_name(c.dtype)}" for c, name in numbers.items()]
        gives = ", ".join(signature(self.outputs))
        lines = [f"kernel {self.name}({', '.join(takes)}) -> ({gives})"]
        lines += [f"  grid {ranges(self.grid) or '()'}"]
        lines += [f"    {line}" for line in self.lets(text)]
        for s in self.stores:
            target = s.buffer.name + (f"[{', '.join(map(text.of, s.index))}]" if s.index else "")
            along = ranges(self.loops(s))
            line = f"    {target} {s.combine}= {text.of(s.value)}"
            lines.append(line + (f"   for {along}" if along else ""))
        return "\n".join(lines)

    def lets(self, text: Text) -> list[str]:
        """Name loops (s) and what is shared or long: a value of a row (r), or of an element (v)."""
        uses = Counter(k for e in self.nodes for k in e.kids())
        uses.update(s.value for s in self.stores)
        whole = {s.value for s in self.stores}
        whole |= {b for e in self.nodes if isinstance(e, Loop) for b in e.body}
        lines: list[str] = []
        for e in self.nodes:
            if isinstance(e, Loop):
                named = uses[e] > 1 or e not in whole
            elif isinstance(e, Scalar) or any(i.kids() for i in e.kids()):
                named = not isinstance(e, Part) and (uses[e] > 1 or len(text.of(e)) > LONG)
            else:
                named = False
            if named:
                kind = "s" if isinstance(e, Loop) else "r" if self.is_row(e) else "v"
                name = f"{kind}{len(lines)}"
                along = ", ".join(sorted(i.name for i in e.free.difference(self.grid)))
                lines.append(f"{name} = {text.of(e)}" + (f"   at {along}" if along else ""))
                text.name(e, name)
        return lines


def fields_of(e: Expr, word: Callable[[Any], Hashable]) -> Hashable:
    """The fields of a node as words."""
    return tuple(word(getattr(e, name)) for name in e.fields)


class Typed(Protocol):
    """What `kernel_of` needs to know of an array: an aval, say."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> Dtype: ...


def kernel_of(
    name: str, avals_in: Sequence[Typed], aval_out: Typed, lower: Callable[..., Expr]
) -> Kernel:
    """The kernel of one primitive: the grid is the output, a point stores its element.

    Args:
        lower: (index, *operands, out=aval_out) -> the element at index.

    Raises:
        CheckError: the element has not the dtype of the output.
    """
    inputs = tuple(Buffer(f"x{k}", a.shape, a.dtype) for k, a in enumerate(avals_in))
    out = Buffer("out", aval_out.shape, aval_out.dtype)
    grid = tuple(Index(f"i{k}", n) for k, n in enumerate(out.extents))
    value = lower(grid, *map(Operand.of, inputs), out=aval_out)
    if value.dtype != out.dtype:
        problem = f"its lower rule gives {value.dtype}, its abstract rule {out.dtype}"
        raise CheckError(name, problem, f"The element is {value}.")
    return Kernel(name, grid, (Store(out, grid, value),), inputs)
