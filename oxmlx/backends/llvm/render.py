"""Kernels as LLVM IR text with explicit vectors.

Sizes and literals are read from the argument block, so one text serves every shape and value. It
runs any range of rows, and of lanes: who calls it divides the work.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import count

from oxmlx.backends.llvm.block import buffers
from oxmlx.backends.llvm.builder import Value, register_type
from oxmlx.backends.llvm.columns import Columns
from oxmlx.backends.llvm.folds import State
from oxmlx.backends.llvm.sweep import vectors_in_flight, work_of
from oxmlx.ir.kernel import Fold, Loop, Store, nodes
from oxmlx.ir.rows import Pass, make_rows, outside

ENTRY = "kernel"
ROW_BLOCK = 8192
"""Elements added up in one accumulator before it is added to a second one."""
HELD = 4
"""Vectors of a short row, which registers hold from its first pass to its last."""
HELD_WORK = 60
"""Adds at an element, beyond which code that holds rows would be long."""
MASKING = 8
"""Lanes from which on the hardware reads and writes some of them: with AVX."""


class Renderer(Columns):
    """Prints one kernel: a function of the argument block, the first and last row, and the first
    and last lane.

    Raises:
        MissingRule: there is no code for some operation or dtype.
    """

    def text(self) -> str:
        """The text."""
        self.open_block()
        if not self.outer:
            self.row_program()
        elif self.may_hold():
            n = self.extents[self.rows.passes[0].loops[0].extent]
            fits = self.b.do(f"icmp sle i64 {n}, {HELD * self.width}")
            with self.b.when(fits):
                on = [self.below(self.b.do(f"sub i64 {n}, {c * self.width}")) for c in range(HELD)]
                self.each_row(partial(self.held_row, on))
            with self.b.when(self.b.do(f"xor i1 {fits}, true")):
                self.each_row(self.row_program)
        else:
            self.each_row(self.row_program)
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

    def each_row(self, body: Callable[[], None]) -> None:
        """The rows that are asked for, one by one."""
        with self.inside(*self.outer), self.b.loop("%first", "%last", 1) as row:
            self.unravel(row)
            body()

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

    # Rows

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
                self.store_all((*saves, *p.stores))

            self.vectors(first, last, copies, body)
            for f, state, total in zip(p.folds, states, totals, strict=True):
                parts = [self.read(f, one, self.width) for one in state]
                self.add_block(f, total, self.paired(f, parts))
        for f, total in zip(p.folds, totals, strict=True):
            self.bind(f, self.reduced(f, [self.read(f, total, self.width)]))

    # Short rows

    def may_hold(self) -> bool:
        """May registers hold a row between its passes, if it is short?"""
        passes = self.rows.passes
        if not self.by_row or self.width < MASKING or len({p.loops for p in passes}) > 1:
            return False
        folds = {f for p in passes for f in p.folds}
        roots = [s.value for s in self.kernel.stores]
        loops = {e for e in nodes(*roots) if isinstance(e, Loop)}
        return len(passes[0].loops) == 1 and loops == folds and work_of(roots) <= HELD_WORK

    def held_row(self, masks: Sequence[Value]) -> None:
        """A row that is read once; nothing of it is kept elsewhere."""
        passes = make_rows(self.kernel).passes
        (lane,) = passes[0].loops
        with self.inside(lane) as here:
            here.lane, here.masks = lane, masks
            here.bases = [str(c * self.width) for c in range(HELD)]
            here.varying = [{} for _ in range(HELD)]
            for p in passes:
                self.held_pass(p)
            self.emit(*(s.value for s in self.rows.ends))  # one may lie where another reads
            for s in self.rows.ends:
                self.store(s)

    def held_pass(self, p: Pass) -> None:
        """What a pass adds to what is known of a row."""
        states: dict[Fold, list[State]] = {f: [] for f in p.folds}
        for _ in self.each_copy():
            self.emit(*p.roots)
            for f, elements in zip(p.folds, p.bodies, strict=True):
                states[f].append(tuple(self.masked(f, elements)))
        self.store_all(p.stores)
        for f, some in states.items():
            self.bind(f, self.reduced(f, some))
