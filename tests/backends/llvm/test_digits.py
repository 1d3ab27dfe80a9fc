"""Sorting by digits: stable, by the upper bits alone, whatever the digits are."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oxmlx.backends.llvm.digits import Digits
from oxmlx.backends.llvm.target import target


def sort(x: np.ndarray, low: int, width: int) -> tuple[np.ndarray, bool]:
    """In order, and whether that is where it was."""
    bits = 8 * x.itemsize
    digits = Digits(f"i{bits}", low, bits - low, width)
    b = digits.function()
    start = f"ptr %records, ptr %spare, i64 %n) {{\nentry:\n  %end = call ptr @{digits.name}"
    text = [b.text, *b.declared.values(), f"define ptr @run({start}(ptr %records, ptr %spare, "]
    text[-1] += "i64 %n)\n  ret ptr %end\n}\n"
    engine = target().load("\n\n".join(text))
    pointer = ctypes.c_void_p
    run = ctypes.CFUNCTYPE(pointer, pointer, pointer, ctypes.c_int64)(
        engine.get_function_address("run")
    )
    memory = {v.ctypes.data: v for v in (x.copy(), np.zeros_like(x))}
    end = run(*memory, len(x))
    assert end in memory
    return memory[end], end == next(iter(memory))


widths = st.sampled_from([8, 11, 3])
kinds = st.sampled_from([("uint8", 0), ("uint16", 0), ("uint32", 0), ("uint64", 0), ("uint64", 32)])


@settings(max_examples=200)
@given(widths, kinds, st.integers(1, 300), st.integers(0, 64), st.integers(0, 64))
def test_it_is_a_stable_sort(
    width: int, kind: tuple[str, int], n: int, left: int, right: int
) -> None:
    """Of numbers in which some digits are all the same."""
    dtype, low = kind
    x = np.random.default_rng(n).integers(0, 2**64, n, "uint64")
    x = (x >> np.uint64(min(left, 63)) << np.uint64(right // 2)).astype(dtype)
    order = np.argsort(x >> np.array(low, dtype), kind="stable")
    np.testing.assert_array_equal(sort(x, low, width)[0], x[order])


@pytest.mark.parametrize("width", [8, 11])
def test_digits_that_are_the_same_move_nothing(width: int) -> None:
    x = np.random.default_rng(0).integers(0, 2**64, 500, "uint64")
    same = x & np.uint64(0xFFFFFFFF) | np.uint64(5 << 32)
    got, is_first = sort(same, 32, width)
    assert is_first and (got == same).all()
    got, is_first = sort(same ^ (x & np.uint64(1 << 40)), 32, width)
    assert not is_first and (got >> np.uint64(40)).tolist() == sorted(
        (x >> np.uint64(40) & 1).tolist()
    )
