"""Kernels as LLVM IR text with explicit vectors.

Sizes and literals are read from the argument block, so one text serves every shape and value. It
runs any range of rows, and of lanes: who calls it divides the work.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import count
from typing import NamedTuple

from oxmlx.backends.llvm.block import buffers
from oxmlx.backends.llvm.builder import Value, constant, register_type, typed
from oxmlx.backends.llvm.elements import Elements
from oxmlx.backends.llvm.frame import Element, Frame
from oxmlx.backends.llvm.functions import Functions
from oxmlx.backends.llvm.scalars import scalar_op
from oxmlx.dtypes import is_float
from oxmlx.ir.kernel import (
    INDEX,
    Expr,
    Fold,
    Index,
    Kernel,
    Load,
    Loop,
    Part,
    Prefix,
    Scalar,
    Store,
    nodes,
)
from oxmlx.ir.monoid import MONOIDS
from oxmlx.ir.rows import Pass, keep_rows, make_rows, outside
from oxmlx.ir.scalar import SCALARS

ENTRY = "kernel"
STRIP, ALIGNMENT = 2048, 64
"""Points that are swept together where rows are folded across lanes, and how their states lie."""
ROW_BLOCK, COLUMN_BLOCK = 8192, 256
"""Elements added up in one accumulator before it is added to a second one."""
COPIES = ((4, 8), (30, 4), (60, 2))
"""(adds, vectors in flight): dear bodies need the registers for themselves."""

State = tuple[Value, ...]
Slots = list[str]


class Strip(NamedTuple):
    """Neighbouring points: from the first up to the last, at most so many."""

    first: str
    last: str
    width: int


class Renderer(Elements):
    """Prints one kernel: a function of the argument block, the first and last row, and the first
    and last lane.

    The lanes of a vector run along the row where a row is folded and is contiguous, else along the
    last index of the grid. Several vectors are in flight, as copies of the body.

    Raises:
        MissingRule: there is no code for some operation or dtype.
    """

    def __init__(self, kernel: Kernel, width: int) -> None:
        super().__init__(kernel, width)
        self.rows = make_rows(kernel)
        self.by_row = bool(self.rows.passes) and not self.rows.along_grid()
        if self.by_row:
            self.rows = keep_rows(self.rows)
        self.outer = kernel.grid if self.by_row else kernel.grid[:-1]
        """The indices of the rows that the caller divides."""
        self.across: tuple[Index, ...] = () if self.by_row else kernel.grid[-1:]
        """That of the lanes that it divides."""
        self.strips: dict[Fold, tuple[Slots, Strip]] = {}
        """Folds of points, whose states are in memory."""

    def text(self) -> str:
        """The text."""
        self.open_block()
        if self.outer:
            with self.inside(*self.outer), self.b.loop("%first", "%last", 1) as row:
                self.unravel(row)
                self.row_program()
        else:
            self.row_program()
        body = "\n".join((*self.b.slots, *self.b.lines))
        params = "ptr %args, i64 %first, i64 %last, i64 %from, i64 %to"
        parts = [f"define void @{ENTRY}({params}) {{\nentry:\n{body}\n  ret void\n}}"]
        parts += [text for _, text in sorted(self.b.helpers.items())]
        parts += [text for _, text in sorted(self.b.declared.items())]
        return "\n\n".join(parts) + "\n"

    def open_block(self) -> None:
        """Read the argument block."""
        b, slots = self.b, count()

        def slot(kind: str) -> str:
            return b.get(kind, b.address("i64", "%args", str(next(slots))))

        every = (*buffers(self.kernel), *self.rows.scratch)
        for buffer in every:
            self.pointers[buffer] = slot("ptr")
        for n in self.kernel.sizes:
            self.extents[n] = slot("i64")
        for c in self.kernel.literals:
            kind = register_type(c.dtype)
            text = b.do(f"trunc i8 {slot('i8')} to i1") if kind == "i1" else slot(kind)
            self.here.uniform[c] = Value(text, c.dtype, 1)
        for buffer in every:
            stride = "1"
            for axis in reversed(range(len(buffer.shape))):
                self.strides[buffer, axis] = stride
                if axis:
                    stride = b.arith("mul", stride, self.extents[buffer.extents[axis]])

    def unravel(self, row: str) -> None:
        """The indices of a row, from its number."""
        for k, i in reversed([*enumerate(self.outer)]):
            n = self.extents[i.extent]
            self.here.at[i] = self.b.do(f"urem i64 {row}, {n}") if k else row
            row = self.b.do(f"udiv i64 {row}, {n}") if k else row

    def row_program(self) -> None:
        """Everything that a row does, or that the points along the last index do."""
        if self.by_row:
            for p in self.rows.passes:
                self.row_pass(p)
        if not self.across:
            self.store_all(self.rows.ends)
            return
        roots = [e for s in self.kernel.stores for e in (*s.index, s.value)]
        if self.rows.passes:
            self.columns(roots)
            return
        with self.along(self.across[0], roots):
            copies = min(2, vectors_in_flight(roots))
            self.vectors("%from", "%to", copies, lambda: self.store_all(self.rows.ends))

    def store_all(self, stores: Sequence[Store]) -> None:
        """Compute and store, for every vector in flight."""
        for _ in self.each_copy():
            self.emit(*(s.value for s in stores))
            for s in stores:
                self.store(s)

    # Lanes

    @contextmanager
    def along(
        self, lane: Index, roots: Sequence[Expr], saves: Sequence[Store] = ()
    ) -> Generator[None]:
        """Let vectors run along an index; what does not vary is computed before."""
        self.emit(*outside(roots, self.here.scope))
        with self.inside(lane) as here:
            here.lane = lane
            for buffer, index in elements_of(roots, (*self.kernel.stores, *saves)):
                self.hoist(buffer, index)
            yield

    def vectors(self, start: str, stop: str, copies: int, body: Callable[[], None]) -> None:
        """Whole vectors, several at a time, and then one by one with a mask."""
        b = self.b
        span = b.do(f"sub i64 {stop}, {start}")
        middle = b.do(f"sub i64 {stop}, {b.do(f'srem i64 {span}, {self.width * copies}')}")
        for first, last, several in ((start, middle, copies), (middle, stop, 1)):
            with self.inside() as here, b.loop(first, last, self.width * several) as j:
                here.bases = [b.arith("add", j, str(c * self.width)) for c in range(several)]
                here.varying = [{} for _ in range(several)]
                here.mask = None if last == middle else self.below(b.do(f"sub i64 {stop}, {j}"))
                body()

    def below(self, n: str) -> Value:
        """The mask of the first `n` lanes."""
        bound = Value(self.b.do(f"trunc i64 {n} to i32"), INDEX, 1)
        return self.b.compare("slt", self.iota(), self.b.splat(bound, self.width))

    # Passes

    def row_pass(self, p: Pass) -> None:
        """Sweep a row along its last loop, vector by vector; then fold the lanes."""
        *around, lane = p.loops
        roots, saves = p.roots, [Store(load.buffer, load.index, e) for load, e in p.saves]
        copies = vectors_in_flight(roots)
        totals = [self.start_total(f) for f in p.folds]
        self.emit(*outside(roots, self.here.scope))
        with (
            self.nest(around),
            self.along(lane, roots, saves),
            self.blocks(p, lane, ROW_BLOCK) as (first, last),
        ):
            states = [[self.start(f, self.width) for _ in range(copies)] for f in p.folds]

            def body() -> None:
                for c in self.each_copy():
                    self.emit(*roots)
                    for f, state, elements in zip(p.folds, states, p.bodies, strict=True):
                        self.accumulate(f, state[c], self.masked(f, elements))
                    for s in (*saves, *p.stores):
                        self.store(s)

            self.vectors(first, last, copies, body)
            for f, state, total in zip(p.folds, states, totals, strict=True):
                parts = [self.read(f, one, self.width) for one in state]
                self.add_block(f, total, self.paired(f, parts))
        for f, total in zip(p.folds, totals, strict=True):
            self.bind(f, self.across_lanes(f, self.read(f, total, self.width)))

    def columns(self, roots: Sequence[Expr]) -> None:
        """Strips of points, with the states of their folds in memory: what neighbours read lies
        together, and a strip is swept row by row."""
        folds = sum(len(p.folds) for p in self.rows.passes)
        width = STRIP if folds <= 1 else STRIP // 4
        with self.inside(), self.b.loop("%from", "%to", width) as first:
            end = self.b.do(f"add i64 {first}, {width}")
            last = self.b.call("llvm.smin.i64", "i64", [("i64", end), ("i64", "%to")])
            with self.along(self.across[0], roots):
                for p in self.rows.passes:
                    self.column_pass(p, Strip(first, last, width))
                self.vectors(first, last, 1, lambda: self.store_all(self.rows.ends))

    def column_pass(self, p: Pass, strip: Strip) -> None:
        """Fold along scalar loops, one point to a lane. What is the same in all lanes is known."""
        folds = {f: body for f, body in zip(p.folds, p.bodies, strict=True) if self.here.varies(f)}
        totals = {f: self.start_strip(f, strip, is_float_sum(f)) for f in folds}
        in_blocks = any(map(is_float_sum, folds))
        with self.blocks(p, p.loops[0], COLUMN_BLOCK) as (start, stop):
            states = {f: self.start_strip(f, strip) for f in folds} if in_blocks else totals
            if len(p.loops) == 1:
                self.several_rows(p, strip, states, start, stop)
            else:
                first, *middle, last = p.loops
                with self.nest((first,), start, stop), self.nest(middle):
                    self.several_rows(p, strip, states, "0", self.extents[last.extent])
            if in_blocks:

                def add_blocks() -> None:
                    for f in folds:
                        block = self.read(f, self.of_lane(f, states[f], strip), self.width)
                        self.add_block(f, self.of_lane(f, totals[f], strip), block)

                self.vectors(strip.first, strip.last, 1, add_blocks)
        self.strips |= {f: (arrays, strip) for f, arrays in totals.items()}

    def several_rows(
        self, p: Pass, strip: Strip, states: dict[Fold, Slots], start: str, stop: str
    ) -> None:
        """Sweep a strip along the last loop, a few rows at a time."""
        b, loop, several = self.b, p.loops[-1], vectors_in_flight(p.roots)
        span = b.do(f"sub i64 {stop}, {start}")
        middle = b.do(f"sub i64 {stop}, {b.do(f'srem i64 {span}, {several}')}")
        for first, last, rows in ((start, middle, several), (middle, stop, 1)):
            with self.inside(), b.loop(first, last, rows) as k:
                frames: list[Frame] = []
                for row in range(rows):
                    with self.inside(loop) as here:
                        here.at[loop] = b.arith("add", k, str(row))
                        self.emit(*outside(p.roots, here.around))
                        for buffer, index in elements_of(p.roots, p.stores):
                            self.hoist(buffer, index)
                        frames.append(here)
                add_rows = partial(self.add_rows, p, frames, states, strip)
                self.vectors(strip.first, strip.last, 1, add_rows)

    def add_rows(
        self, p: Pass, frames: Sequence[Frame], states: dict[Fold, Slots], strip: Strip
    ) -> None:
        """Fold a few rows of one vector, in pairs, and then onto its state."""
        vector = self.here
        values: dict[Fold, list[State]] = {f: [] for f in states}
        for frame in frames:
            self.here = replace(frame.inside(), bases=vector.bases, mask=vector.mask, varying=[{}])
            self.emit(*p.roots)
            for f, body in zip(p.folds, p.bodies, strict=True):
                if f in values:
                    values[f].append(tuple(self.vector(e) for e in body))
            for s in p.stores:
                self.store(s)
        self.here = vector
        for f, rows in values.items():
            self.accumulate(f, self.of_lane(f, states[f], strip), self.paired(f, rows))

    def start_strip(self, f: Fold, strip: Strip, lost: bool = False) -> Slots:
        """Memory for the states of a strip, at the identity; sums may also have what they lost."""
        units = [*zip(f.identity, f.body, strict=True)]
        arrays = [
            self.b.slot(f"[{strip.width} x {register_type(x.dtype)}], align {ALIGNMENT}")
            for _, x in units * (1 + lost)
        ]

        def clear() -> None:
            slots = self.of_lane(f, arrays, strip)
            for (unit, x), slot in zip(units * (1 + lost), slots, strict=True):
                scalar = register_type(x.dtype)
                self.b.put(typed(scalar, self.width), constant(unit, scalar, self.width), slot)

        self.vectors(strip.first, strip.last, 1, clear)
        return arrays

    def of_lane(self, f: Fold, arrays: Slots, strip: Strip) -> Slots:
        """Where the state of the vector that is worked on lies."""
        at = self.b.do(f"sub i64 {self.here.bases[self.here.copy]}, {strip.first}")
        kinds = [register_type(x.dtype) for x in f.body]
        return [
            self.b.address(kind, array, at)
            for kind, array in zip(kinds * (len(arrays) // len(kinds)), arrays, strict=True)
        ]

    def needs(self, e: Expr) -> Sequence[Expr]:
        return () if e in self.strips else super().needs(e)

    @contextmanager
    def blocks(self, p: Pass, loop: Index, block: int) -> Generator[tuple[str, str]]:
        """The range of a loop, in blocks if the pass adds floats: long sums stay accurate."""
        b, n = self.b, self.extents[loop.extent]
        if not any(is_float_sum(f) for f in p.folds):
            yield "0", n
            return
        with self.inside(), b.loop("0", n, block) as start:
            end = b.do(f"add i64 {start}, {block}")
            yield start, b.call("llvm.smin.i64", "i64", [("i64", end), ("i64", n)])

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
        if isinstance(e, Fold) and e in self.strips:
            arrays, strip = self.strips[e]
            self.bind(e, self.read(e, self.of_lane(e, arrays, strip), self.width))
            return
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
        """⊕ of several states, the second half onto the first; their number is a power of two."""
        while len(values) > 1:
            half = len(values) // 2
            pairs = zip(values[:half], values[half:], strict=True)
            values = [self.combine(e, x, y) for x, y in pairs]
        return values[0]

    def across_lanes(self, e: Loop, state: State) -> State:
        """⊕ of the lanes, the second half onto the first."""
        b, n = self.b, self.width
        while n > 1:
            n //= 2
            picks = ", ".join(f"i32 {(k + n) % self.width}" for k in range(self.width))
            state = self.combine(e, state, tuple(b.shuffle(x, picks) for x in state))
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


def is_float_sum(f: Fold) -> bool:
    """Is this a sum that rounds?"""
    return f.monoid == "add" and is_float(f.dtype)


def vectors_in_flight(roots: Sequence[Expr]) -> int:
    """How many copies of a body hide its latency without taking too many registers."""
    work = sum(SCALARS[e.op].cost for e in nodes(*roots) if isinstance(e, Scalar))
    return next((copies for most, copies in COPIES if work <= most), 1)


def elements_of(roots: Sequence[Expr], stores: Sequence[Store]) -> list[Element]:
    """The elements that are loaded outside of inner loops, and those that are stored."""
    loads = nodes(*roots, kids=lambda e: () if isinstance(e, Loop) else e.kids())
    return [(e.buffer, e.index) for e in loads if isinstance(e, Load)] + [
        (s.buffer, s.index) for s in stores
    ]
