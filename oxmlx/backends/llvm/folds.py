"""Folds as LLVM code: loops, the states of their accumulators, and how states are combined."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial, reduce

import numpy as np

from oxmlx.backends.llvm.builder import Value, constant, register_type, typed
from oxmlx.backends.llvm.elements import Elements
from oxmlx.backends.llvm.functions import Functions
from oxmlx.backends.llvm.scalars import scalar_op
from oxmlx.dtypes import is_float
from oxmlx.ir.kernel import INDEX, Expr, Fold, Index, Loop, Part, Prefix
from oxmlx.ir.monoid import MONOIDS

State = tuple[Value, ...]
Slots = list[str]


EXTREMES = {"max": "ogt", "min": "olt"}
"""How what goes ahead compares with the rest."""


class Folds(Elements):
    """Writes loops, and what is accumulated in them."""

    @contextmanager
    def nest(
        self, loops: Sequence[Index], start: str = "0", stop: str | None = None
    ) -> Generator[None]:
        """Scalar loops inside one another."""
        if not loops:
            yield
            return
        first, *rest = loops
        last = stop or self.extents[first.extent]
        with self.inside(first) as here, self.b.loop(start, last, 1) as k:
            here.at[first] = k
            with self.nest(rest):
                yield

    def serial(self, e: Loop) -> None:
        b, lanes = self.b, self.lanes_of(e)
        slots = self.start(e, lanes)
        at = self.value(e.at) if isinstance(e, Prefix) else None
        with self.nest((e.loop,)):
            self.emit(*e.body)
            body = [b.splat(self.value(x), lanes) for x in e.body]
            if isinstance(e, Prefix) and at is not None:
                here = b.splat(self.value(e.loop), at.lanes)._replace(dtype=INDEX)
                on = b.compare("sge" if e.reverse else "sle", here, at)
                units = [b.number(u, x) for u, x in zip(e.identity, body, strict=True)]
                on = b.splat(on, lanes)
                body = [b.select(on, x, u) for x, u in zip(body, units, strict=True)]
            self.accumulate(e, slots, body)
        self.bind(e, self.read(e, slots, lanes))

    # Accumulators

    def start(self, e: Loop, lanes: int) -> Slots:
        """Variables for the state of a loop, at the identity."""
        out: Slots = []
        for unit, x in zip(e.identity, e.body, strict=True):
            scalar = register_type(x.dtype)
            out.append(self.b.slot(typed(scalar, lanes)))
            self.b.put(typed(scalar, lanes), constant(unit, scalar, lanes), out[-1])
        return out

    def read(self, e: Loop, slots: Slots, lanes: int) -> State:
        """The values of such variables."""
        kinds = [typed(register_type(x.dtype), lanes) for x in e.body]
        return tuple(
            Value(self.b.get(kind, slot), x.dtype, lanes)
            for kind, slot, x in zip(kinds, slots, e.body, strict=False)
        )

    def combine(self, e: Loop, x: State, y: State) -> State:
        """x ⊕ y"""
        return MONOIDS[e.monoid].combine(
            lambda name, *args: scalar_op(self.b, name, args, None), x, y
        )

    def accumulate(self, e: Loop, slots: Slots, value: Sequence[Value]) -> None:
        """slots ⊕= value"""
        state = self.read(e, slots, value[0].lanes)
        for slot, x in zip(slots, self.combine(e, state, tuple(value)), strict=True):
            self.b.put(self.b.type_of(x), x.text, slot)

    def start_total(self, f: Fold) -> Slots:
        """Variables for the state of all blocks; a sum of floats also has what it has lost."""
        slots = self.start(f, self.width)
        return [*slots, *self.start(f, self.width)] if is_float_sum(f) else slots

    def add_block(self, f: Fold, total: Slots, block: State) -> None:
        """total ⊕= block; sums of floats as W. Kahan, Further remarks on reducing truncation errors
        (1965), has it, unless they are infinite."""
        if not is_float_sum(f):
            self.accumulate(f, total, block)
            return
        do, kind = Functions(self.b), self.b.type_of(block[0])
        (old,), (lost,) = (self.read(f, [slot], self.width) for slot in total)
        new = do.sub(block[0], lost)
        both = do.add(old, new)
        lost = do.sub(do.sub(both, old), new)
        lost = do.where("uno", lost, lost, self.b.number(0, lost), lost)
        self.b.put(kind, both.text, total[0])
        self.b.put(kind, lost.text, total[1])

    def paired(self, e: Loop, values: Sequence[State]) -> State:
        """⊕ of several states, whose number is a power of two."""
        return in_pairs(values, partial(self.combine, e))

    def reduced(self, f: Fold, states: Sequence[State]) -> State:
        """⊕ of all lanes of several states, the second half onto the first."""
        if f.monoid in EXTREMES and is_float(f.dtype):
            return self.extreme(EXTREMES[f.monoid], states)
        return self.across_lanes(self.paired(f, states), partial(self.combine, f))

    def extreme(self, how: str, states: Sequence[State]) -> State:
        """The largest or smallest lane; it takes half as long to look for NaNs apart."""
        b, do = self.b, Functions(self.b)

        def ahead(x: State, y: State) -> State:
            return (do.where(how, x[0], y[0], x[0], y[0]),)

        xs = [x for (x,) in states]
        odd = [b.compare("uno", x, y) for x, y in zip(xs[::2], xs[1::2] or xs, strict=True)]
        (out,) = self.across_lanes(in_pairs(states, ahead), ahead)
        some = reduce(partial(b.binary, "or"), odd)
        return (do.unless_any(some, out, lambda: b.number(np.nan, out)),)

    def across_lanes(self, state: State, combine: Callable[[State, State], State]) -> State:
        """⊕ of the lanes, the second half onto the first."""
        b, n = self.b, self.width
        while n > 1:
            n //= 2
            picks = ", ".join(f"i32 {(k + n) % self.width}" for k in range(self.width))
            state = combine(state, tuple(b.shuffle(x, picks) for x in state))
        return tuple(b.extract(x, 0) for x in state)

    def masked(self, f: Fold, body: Sequence[Expr]) -> list[Value]:
        """The elements to fold; those of a lane that is off change nothing."""
        values = [self.vector(e) for e in body]
        mask = self.here.mask
        if mask is None:
            return values
        units = [self.b.number(u, x) for u, x in zip(f.identity, values, strict=True)]
        return [self.b.select(mask, x, u) for x, u in zip(values, units, strict=True)]

    def bind(self, e: Loop, state: State) -> None:
        """From now on a loop is known by its state."""
        table = self.here.table(e)
        table[e] = state[0]
        if len(state) > 1:
            table.update({Part(n, e): x for n, x in enumerate(state)})


def in_pairs(values: Sequence[State], combine: Callable[[State, State], State]) -> State:
    """⊕ of several states, the second half onto the first; their number is a power of two."""
    while len(values) > 1:
        half = len(values) // 2
        values = [combine(x, y) for x, y in zip(values[:half], values[half:], strict=True)]
    return values[0]


def is_float_sum(f: Fold) -> bool:
    """Is this a sum that rounds?"""
    return f.monoid == "add" and is_float(f.dtype)
