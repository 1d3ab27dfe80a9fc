"""Sums in float32 are as accurate as the dtype allows, along whichever axes and in any layout."""

from __future__ import annotations

import numpy as np
import pytest

import oxmlx as ox
from oxmlx.ops.axes import BLOCK, SHORT, ReduceSum, add_up
from oxmlx.ops.dot import dense

onp = ox.numpy


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((10**6, 2), (0,)),
        ((2, 10**6), (1,)),
        ((10**6, 2), (0, 1)),
        ((1000, 1000, 3), (0, 1)),
        ((1000, 3, 1000), (0, 2)),
        ((BLOCK * SHORT + 1, 3), (0,)),
        ((SHORT + 1, 3), (0,)),
    ],
)
def test_long_sums(shape: tuple[int, ...], axes: tuple[int, ...], order: str) -> None:
    """One after another, a million numbers of one size are off by a percent."""
    x = np.random.default_rng(0).uniform(1e4, 1e4 + 1, shape).astype(np.float32)
    exact = x.sum(axis=axes, dtype=np.float64)
    got = add_up(np.asarray(x, order=order), axes)  # type: ignore[call-overload]
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, exact, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", "complex64", "int32"])
@pytest.mark.parametrize("shape", [(0, 3), (300, 0), (300, 2), (3, 300)])
@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1)])
def test_every_dtype(dtype: str, shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
    x = np.asarray((onp.arange(float(np.prod(shape))) % 7).reshape(shape).astype(dtype))
    got = ReduceSum(axes).impl(x)
    wide = np.complex128 if dtype[0] == "c" else np.float64
    want = np.sum(x.astype(wide), axis=axes).astype(x.dtype)
    np.testing.assert_array_equal(got, want)
    assert got.dtype == x.dtype


def test_a_product_with_a_broadcast_or_reversed_operand_is_blas() -> None:
    x = np.random.default_rng(0).uniform(1e4, 1e4 + 1, 10**6).astype(np.float32)
    exact = x.sum(dtype=np.float64)
    ones = onp.broadcast_to(onp.array(1.0), (10**6,))
    for a in (onp.array(x), onp.array(x)[::-1]):
        assert abs(float(onp.dot(a, ones)) / exact - 1) < 1e-3
    view = np.broadcast_to(x[:1], (4, 1))
    assert dense(view).flags.c_contiguous and dense(x) is x
