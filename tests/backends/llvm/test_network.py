"""Sorting networks: what sorts zeros and ones sorts everything (D. E. Knuth, TAOCP 3, 5.3.4)."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from oxmlx.backends.llvm.network import Network, halves
from oxmlx.backends.llvm.target import target


def sorter(kind: str, lanes: int) -> tuple[object, ctypes._CFuncPtr]:  # pyright: ignore
    """The code, and the function of an address, how many rows there are, and their logarithm."""
    b = Network(kind, lanes).function()
    bytes_ = int(kind[1:]) // 8
    text = f"""{b.text}

{chr(10).join(b.declared.values())}

define void @rows(ptr %records, i64 %rows, i64 %log) {{
entry:
  br label %head
head:
  %row = phi i64 [0, %entry], [%next, %head]
  %start = shl i64 %row, %log
  %offset = mul i64 %start, {bytes_}
  %at = getelementptr i8, ptr %records, i64 %offset
  call void @network(ptr %at, i64 %log)
  %next = add i64 %row, 1
  %more = icmp slt i64 %next, %rows
  br i1 %more, label %head, label %end
end:
  ret void
}}
"""
    engine = target().load(text)
    kinds = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64
    return engine, ctypes.CFUNCTYPE(None, *kinds)(engine.get_function_address("rows"))


def sort_rows(x: np.ndarray, lanes: int) -> np.ndarray:
    x = x.copy()
    engine, run = sorter(f"i{8 * x.itemsize}", lanes)
    run(x.ctypes.data, len(x), x.shape[1].bit_length() - 1)
    del engine
    return x


@pytest.mark.parametrize("log", [1, 2, 3, 4])
@pytest.mark.parametrize("lanes", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "uint64"])
def test_all_zeros_and_ones(dtype: str, lanes: int, log: int) -> None:
    n = 1 << log
    if n < 2 * lanes:
        return
    every = (np.arange(1 << n)[:, None] >> np.arange(n) & 1).astype(dtype)
    every[every == 1] = np.iinfo(dtype).max
    np.testing.assert_array_equal(sort_rows(every, lanes), np.sort(every, 1))


@pytest.mark.parametrize("log", [5, 8, 11])
@pytest.mark.parametrize("lanes", [1, 4, 8, 16])
def test_longer_rows(lanes: int, log: int) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2**64, (20, 1 << log), "uint64")
    x[10:] %= 7
    np.testing.assert_array_equal(sort_rows(x, lanes), np.sort(x, 1))


def test_integers_of_two_words() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2**64, (20, 32, 2), "uint64")
    x[10:, :, 1] %= 3
    memory = x.copy()
    _, run = kept = sorter("i128", 1)
    run(memory.ctypes.data, 20, 5)
    want = [sorted(row, key=lambda r: (r[1], r[0])) for row in x.tolist()]
    assert memory.tolist() == want and kept


def test_halves() -> None:
    assert halves(8) == [4, 2, 1] and halves(1) == []
