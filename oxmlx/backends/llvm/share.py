"""How the work of a kernel is cut into chunks, of which threads take one after another.

It depends on shapes alone, and chunks are rows or lanes, whose bits do not depend on one another:
results are the same for any number of threads.
"""

from __future__ import annotations

from collections import Counter
from math import ceil, prod
from typing import NamedTuple

from oxmlx.backends.llvm.render import Renderer
from oxmlx.ir.kernel import Load, Loop, Scalar
from oxmlx.ir.scalar import SCALARS

LONG = 150_000
"""Work from which on other Python threads may run meanwhile: some 5 microseconds."""
CHUNK = 150_000
"""Work that is worth claiming."""
MOST = 256
"""Chunks of a kernel: some for each thread, so that none waits long for the others at the end."""
LANES = 128
"""Neighbours that stay together: memory is read and written in lines, and vectors are whole."""
TRAFFIC = 4
"""The work of reading or writing an element, in vector adds."""


class Division(NamedTuple):
    """Chunk k: rows from k // pieces * row_grain on, and lanes from k % pieces * lane_grain on."""

    rows: int
    lanes: int
    row_grain: int
    lane_grain: int
    pieces: int
    chunks: int


def work_of(renderer: Renderer) -> int:
    """The work of a kernel, in adds of one element: reading and writing, and what it computes."""
    kernel, rows = renderer.kernel, renderer.rows
    points = prod(i.extent.value for i in kernel.grid)
    sweeps = [prod(i.extent.value for i in p.loops) for p in rows.passes]
    costs = sum(SCALARS[e.op].cost for e in kernel.nodes if isinstance(e, Scalar))
    inner = points * max(sweeps, default=1)
    loads = Counter(e.buffer for e in kernel.nodes if isinstance(e, Load))
    traffic = sum(min(prod(b.shape), inner * loads[b]) for b in kernel.inputs)
    return TRAFFIC * (traffic + sum(prod(b.shape) for b in kernel.outputs)) + inner * costs


def divide(renderer: Renderer) -> Division:
    """The chunks of a kernel: rows, or pieces of rows if there are few."""
    rows = prod(i.extent.value for i in renderer.outer)
    lanes = prod(i.extent.value for i in renderer.across) if renderer.across else 0
    wanted = min(MOST, work_of(renderer) // CHUNK)
    row_grain, lane_grain = rows, lanes
    if rows >= wanted > 1:
        row_grain = ceil(rows / wanted)
    elif wanted > 1 and may_cut(renderer):
        row_grain = 1
        lane_grain = ceil(lanes * rows / wanted / LANES) * LANES
    elif wanted > 1:
        row_grain = 1
    pieces = ceil(lanes / lane_grain) if lanes else 1
    return Division(rows, lanes, row_grain, lane_grain, pieces, pieces * ceil(rows / row_grain))


def may_cut(renderer: Renderer) -> bool:
    """May a row be cut into lanes? Not if there are loops that all of them share."""
    return bool(renderer.across) and all(
        renderer.across[0] in e.free for e in renderer.kernel.nodes if isinstance(e, Loop)
    )
