"""Columns as LLVM code: folds of neighbouring points, whose states lie in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from oxmlx.backends.llvm.builder import constant, register_type, typed
from oxmlx.backends.llvm.folds import Slots, State, is_float_sum
from oxmlx.backends.llvm.frame import Frame
from oxmlx.backends.llvm.sweep import Sweeps, elements_of, vectors_in_flight
from oxmlx.ir.kernel import Expr, Fold, Kernel, Loop
from oxmlx.ir.rows import Pass, outside

STRIP, ALIGNMENT = 2048, 64
"""Points that are swept together where rows are folded across lanes, and how their states lie."""
COLUMN_BLOCK = 256
"""Elements added up in one accumulator before it is added to a second one."""


class Strip(NamedTuple):
    """Neighbouring points: from the first up to the last, at most so many."""

    first: str
    last: str
    width: int


class Columns(Sweeps):
    """Writes the passes of a kernel whose lanes run along its grid."""

    def __init__(self, kernel: Kernel, width: int) -> None:
        super().__init__(kernel, width)
        self.strips: dict[Fold, tuple[Slots, Strip]] = {}
        """Folds of points, whose states are in memory."""

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
            vectors = {"bases": vector.bases, "masks": vector.masks, "varying": [{}]}
            self.here = replace(frame.inside(), **vectors)
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

    def serial(self, e: Loop) -> None:
        if isinstance(e, Fold) and e in self.strips:
            arrays, strip = self.strips[e]
            self.bind(e, self.read(e, self.of_lane(e, arrays, strip), self.width))
        else:
            super().serial(e)
