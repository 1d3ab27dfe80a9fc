"""Keys: integers in the order of the elements, and back to the elements."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from oxmlx.backends.llvm.builder import Builder, Value
from oxmlx.backends.llvm.keys import bits_of, flipped, from_key, is_ordered, key, load_bits
from oxmlx.backends.llvm.target import target
from oxmlx.dtypes import KEY_DTYPES

BF16 = np.dtype(ml_dtypes.bfloat16)
DTYPES: list[Any] = ["float16", BF16, "float32", "float64", "bool", "int8", "uint16", "int32"]
Change = Callable[[Builder, Value], Value]


def changed(x: np.ndarray, change: Change, lanes: int) -> np.ndarray:
    """The bits of an array, each vector changed by a text, as unsigned integers."""
    b, kind = Builder(), f"i{8 * x.itemsize}"
    with b.loop("0", "%n", lanes) as k:
        at = b.address(kind, "%x", k)
        y = change(b, load_bits(b, x.dtype, at, lanes))
        b.line(f"store {b.type_of(y)} {y.text}, ptr {at}, align 1")
    text = b.close("void @run(ptr %x, i64 %n)").text + "\n\n" + "\n".join(b.declared.values())
    engine = target().load(text + "\n")
    kinds = ctypes.c_void_p, ctypes.c_int64
    out = x.copy()
    ctypes.CFUNCTYPE(None, *kinds)(engine.get_function_address("run"))(out.ctypes.data, len(x))
    return out.view(f"u{x.itemsize}")


def elements(dtype: Any) -> np.ndarray:
    """All of up to 16 bits; of more, the special ones and their neighbours, and some others."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return np.arange(64).astype(dtype)
    if dtype.itemsize <= 2:
        return np.arange(1 << 8 * dtype.itemsize).astype(f"u{dtype.itemsize}").view(dtype)
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2**64, 960, "uint64").astype(f"u{dtype.itemsize}").view(dtype)
    if dtype.kind == "f":
        ends = np.array([0, np.inf, np.finfo(dtype).tiny, 1], dtype)
        near = np.concatenate([ends, *(np.nextafter(ends, dtype.type(s)) for s in (9, -9, 2))])
        x = np.concatenate([x, near, -near, np.full(32, np.nan, dtype)])
    return x


@pytest.mark.parametrize("lanes", [1, 8])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_keys_have_the_order_of_elements(dtype: Any, lanes: int) -> None:
    x = elements(dtype)
    got = changed(x, lambda b, v: key(b, v, x.dtype), lanes)
    with np.errstate(invalid="ignore"):  # signalling NaNs
        wide = x.astype("float64") if x.dtype.kind not in "bui" else x
    order, ranks = np.unique(wide, return_inverse=True)  # NaN is one, and the last
    assert np.array_equal(np.unique(got, return_inverse=True)[1], ranks) and len(order) > 1


@pytest.mark.parametrize("lanes", [1, 8])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_elements_come_back(dtype: Any, lanes: int) -> None:
    x = elements(dtype)

    def both(b: Builder, v: Value) -> Value:
        return from_key(b, key(b, v, x.dtype), x.dtype)

    got = changed(x, both, lanes)
    with np.errstate(invalid="ignore"):  # signalling NaNs
        hidden = (x != x) | (x == 0)
        back = got.view(x.dtype)
        assert ((back == x) | ((back != back) & (x != x))).all()
    np.testing.assert_array_equal(got[~hidden], x.view(got.dtype)[~hidden])


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_flipping_tells_zeros_apart_and_is_its_own_inverse(dtype: str) -> None:
    x = elements(dtype)
    once = changed(x, flipped, 8)
    again = changed(once.view(x.dtype), flipped, 8)
    np.testing.assert_array_equal(again, x.view(again.dtype))
    zeros = np.resize(np.array([0.0, -0.0], dtype), 8)
    rising = changed(zeros, flipped, 8).view(f"i{zeros.itemsize}")
    assert rising.tolist() == [0, -1] * 4


def test_what_is_ordered() -> None:
    assert all(is_ordered(np.dtype(d)) for d in DTYPES)
    assert not any(map(is_ordered, (np.dtype("complex64"), *KEY_DTYPES.values())))
    assert [bits_of(np.dtype(d)).name for d in ("float16", "bool", "uint32", "int8")] == [
        *("int16", "uint8", "uint32", "int8")
    ]
