"""Blocks of results: used again when nobody reads them, and never before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from oxmlx.backends.llvm import memory
from oxmlx.backends.llvm.memory import MOST, SMALL, maker

F32 = np.dtype(np.float32)
SHAPE = (3, SMALL)


@pytest.fixture(autouse=True)
def no_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory.blocks, "free", {})
    monkeypatch.setattr(memory.blocks, "kept", 0)


def empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray:
    return maker(shape, dtype)()


def address(x: np.ndarray) -> int:
    return x.ctypes.data


def test_a_block_is_used_again() -> None:
    x = empty(SHAPE, F32)
    first = address(x)
    del x
    y = empty(SHAPE, F32)
    assert address(y) == first
    assert address(empty(SHAPE, F32)) != first


def test_blocks_are_aligned() -> None:
    xs = [empty((SMALL + k,), np.dtype(np.uint8)) for k in range(5)]
    assert all(address(x) % 64 == 0 for x in xs)


@pytest.mark.parametrize(
    "look",
    [lambda x: x[1:], lambda x: x.T, lambda x: x.view(np.int32), lambda x: x.reshape(-1)[::2]],
)
def test_a_view_keeps_its_block(look: object) -> None:
    assert callable(look)
    x = empty(SHAPE, F32)
    x[...] = 7
    view, first = look(x), address(x)
    del x
    others = [empty(SHAPE, F32) for _ in range(3)]
    for other in others:
        other[...] = 0
    assert first not in map(address, others)
    assert (view.view(np.float32) == 7).all()


def test_an_export_keeps_its_block() -> None:
    x = empty(SHAPE, F32)
    x[...] = 7
    exports = [memoryview(x), np.from_dlpack(x), np.asarray(memoryview(x))]
    del x
    empty(SHAPE, F32)[...] = 0
    other = empty(SHAPE, F32)
    other[...] = 0
    assert all((np.asarray(e) == 7).all() for e in exports)


def test_the_last_view_gives_the_block_back() -> None:
    x = empty(SHAPE, F32)
    view, first = x[1:].T.view(np.int32), address(x)
    del x
    assert memory.blocks.kept == 0
    del view
    assert address(empty(SHAPE, F32)) == first


def test_no_more_than_the_bound_is_kept() -> None:
    size = MOST // 4
    xs = [empty((size,), np.dtype(np.uint8)) for _ in range(6)]
    del xs
    assert memory.blocks.kept == MOST


def test_small_results_are_numpys() -> None:
    assert empty((3,), F32).base is None


def test_threads_never_share_a_block() -> None:
    def work(k: int) -> bool:
        for _ in range(300):
            x = empty(SHAPE, np.dtype(np.int32))
            x[0, ::4096] = k
            if not (x[0, ::4096] == k).all():
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
