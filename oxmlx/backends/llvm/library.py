"""Code of the library ready to run: its rows and lanes are shared by threads."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np

from oxmlx.backends.llvm.entry import Native, Way, make_native
from oxmlx.backends.llvm.render import ENTRY
from oxmlx.backends.llvm.scratch import pieces
from oxmlx.backends.llvm.share import CHUNK, LANES, LONG, MOST, Division
from oxmlx.backends.llvm.target import target
from oxmlx.backends.llvm.workers import count_threads, get_team
from oxmlx.cached import cached_property


class Task:
    """A text with the sizes of a step, which are numbers: another shape has the same text.

    Args:
        text: of a function that is called as kernels are.
        division: its rows and lanes, and how they are cut into chunks.
        numbers: what follows the arrays in the argument block.
        work: in adds of one element.
        scratch: the bytes of each of the last arrays, which belong to one thread.
    """

    def __init__(
        self,
        text: str,
        division: Division,
        numbers: Sequence[int],
        work: int,
        scratch: Sequence[int] = (),
    ) -> None:
        self.engine, self.work = target().load(text), work
        self.division, self.numbers, self.scratch = division, np.array(numbers, np.int64), scratch
        self.native = self.make_native("release" if work >= LONG else "hold")

    def make_native(self, way: Way) -> Native:
        """The function that runs it in a way."""
        entry = self.engine.get_function_address(ENTRY)
        return make_native(way, entry, self.division, self.numbers, self.scratch)

    @cached_property
    def shared(self) -> Native:
        """The function that shares it with a team."""
        return self.make_native("share")

    def run(self, *arrays: Any) -> None:
        """Run it on arrays in order, of which it writes the last ones."""
        threads = count_threads() if self.division.chunks > 1 else 1
        scratch = pieces(tuple([threads * n for n in self.scratch]))
        if threads > 1:
            self.shared(*arrays, *scratch, get_team(threads).memory)
        else:
            self.native(*arrays, *scratch)


def divide(rows: int, lanes: int, work: int) -> Division:
    """The chunks of so many rows, or pieces of rows if there are few."""
    wanted = max(1, min(MOST, work // CHUNK))
    row_grain, lane_grain = ceil(rows / min(rows, wanted)), lanes
    if rows < wanted:
        lane_grain = min(lanes, ceil(lanes * rows / wanted / LANES) * LANES)
    pieces = ceil(lanes / lane_grain)
    return Division(rows, lanes, row_grain, lane_grain, pieces, pieces * ceil(rows / row_grain))
