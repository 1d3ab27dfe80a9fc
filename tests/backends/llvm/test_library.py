"""Library code made ready: chunks that cover the work, and threads that wait only for the short."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oxmlx as ox
from oxmlx.backends.llvm.builder import Builder
from oxmlx.backends.llvm.library import Task, divide
from oxmlx.backends.llvm.render import ENTRY
from oxmlx.backends.llvm.share import CHUNK, LANES, LONG, MOST


@given(st.integers(1, 2000), st.integers(1, 3000), st.integers(0, 400))
def test_chunks_cover_rows_and_lanes_once(rows: int, lanes: int, chunks: int) -> None:
    d = divide(rows, lanes, chunks * CHUNK)
    assert d.rows == rows and d.lanes == lanes and 1 <= d.chunks <= max(1, 2 * MOST)
    pieces = [(a, min(a + d.row_grain, rows)) for a in range(0, rows, d.row_grain)]
    parts = [(a, min(a + d.lane_grain, lanes)) for a in range(0, lanes, d.lane_grain)]
    assert d.pieces == len(parts) and d.chunks == len([*product(pieces, parts)])
    assert chunks > 1 or d.chunks == 1
    assert d.lane_grain == lanes or d.lane_grain % LANES == 0


def adding() -> str:
    """The text of out[row, lane] += n, by way of a number in memory of the thread."""
    b = Builder()
    out, own = (b.get("ptr", b.address("i64", "%args", str(k))) for k in range(2))
    n, lanes = (b.get("i64", b.address("i64", "%args", str(k))) for k in (2, 3))
    with b.loop("%first", "%last", 1) as row, b.loop("%from", "%to", 1) as lane:
        at = b.address("i64", out, b.arith("add", b.arith("mul", row, lanes), lane))
        b.put("i64", n, own)
        b.put("i64", b.arith("add", b.get("i64", at), b.get("i64", own)), at)
    return b.close(f"void @{ENTRY}(ptr %args, i64 %first, i64 %last, i64 %from, i64 %to)").text


@pytest.mark.parametrize("threads", [1, 2, 3, 4])
@pytest.mark.parametrize("shape", [(1, 1), (3, 4000), (1000, 7)])
def test_each_element_is_visited_once(shape: tuple[int, int], threads: int) -> None:
    task = Task(adding(), divide(*shape, 50 * CHUNK), (5, shape[1]), 50 * CHUNK, (8,))
    assert (task.division.chunks > 1) == (shape != (1, 1))
    out = np.full(shape, 2, np.int64)
    with ox.config.context(num_threads=threads):
        task.run(out)
    assert (out == 7).all()


def test_other_threads_wait_for_short_work_only(monkeypatch: pytest.MonkeyPatch) -> None:
    ways: list[str] = []
    make = Task.make_native

    def noted(self: Task, way: Any) -> Any:
        ways.append(way)
        return make(self, way)

    monkeypatch.setattr(Task, "make_native", noted)
    for work in (LONG - 1, LONG):
        Task(adding(), divide(3, 5, 1), (5, 5), work, (8,)).run(np.zeros((3, 5), np.int64))
    assert ways == ["hold", "release"]
