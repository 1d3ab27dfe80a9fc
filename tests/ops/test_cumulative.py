"""Scans against JAX, and against what rounding and infinities should do."""

from __future__ import annotations

from typing import Any

import jax
import ml_dtypes
import numpy as np
import pytest
from agreement import agree

import oxmlx as ox
from oxmlx.ops import cumulative
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.cumulative import associative_scan, cummax, cumprod, cumsum
from oxmlx.ops.elementwise import add, mul

RNG = np.random.default_rng(0)
NAMES = ["cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp"]
SHAPES: list[tuple[tuple[int, ...], int]] = [
    ((2, 7), 1), ((6, 3), 0), ((2, 1, 3), 1), ((0, 3), 0),
]  # fmt: skip


def check(name: str, axis: int, reverse: bool, x: np.ndarray, rtol: float = 1e-10) -> None:
    ours, theirs = getattr(cumulative, name), getattr(jax.lax, name)
    agree(lambda x: ours(x, axis, reverse), lambda x: theirs(x, axis, reverse), x, rtol=rtol)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(("shape", "axis"), SHAPES, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_agrees_with_jax(name: str, shape: tuple[int, ...], axis: int, reverse: bool) -> None:
    check(name, axis, reverse, RNG.normal(size=shape))


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
def test_of_complex_numbers(name: str, reverse: bool) -> None:
    check(name, 1, reverse, RNG.normal(size=(2, 5)) + 1j * RNG.normal(size=(2, 5)))


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("name", ["cummax", "cummin"])
def test_ties_share_as_in_jax(name: str, reverse: bool) -> None:
    check(name, 1, reverse, np.array([[1.0, 1, 0, 1, 1, 2, 2], [3, 3, 3, 3, 3, 3, 3]]))


def test_zeros_do_not_spoil_the_derivative_of_a_product() -> None:
    check("cumprod", 1, False, np.array([[2.0, 0, 3, 4], [0, 2, 0, 5]]))
    _, pull = ox.vjp(lambda x: cumprod(x, 0), from_numpy(np.array([2.0, 0.0, 3.0])))
    (jacobian,) = ox.vmap(pull)(from_numpy(np.eye(3)))
    np.testing.assert_array_equal(np.asarray(jacobian), [[1, 0, 0], [0, 2, 0], [0, 6, 0]])


def test_logsumexp_of_infinities() -> None:
    x = np.array([-np.inf, -np.inf, 0, 1, np.inf, 2])
    y, pull = ox.vjp(lambda x: cumulative.cumlogsumexp(x, 0), from_numpy(x))
    want = [-np.inf, -np.inf, 0, np.logaddexp(0, 1), np.inf, np.inf]
    np.testing.assert_allclose(np.asarray(y), want)
    (ct,) = pull(from_numpy(np.array([0.0, 0, 1, 1, 0, 0])))  # JAX: NaN where x is -inf
    low = 1 / (1 + np.e)
    np.testing.assert_allclose(np.asarray(ct), [0, 0, 1 + low, 1 - low, 0, 0], rtol=1e-12)


def test_logsumexp_of_large_numbers() -> None:
    x = np.array([1e4, 0.0, 1e4, -1e4])
    check("cumlogsumexp", 0, False, x)
    check("cumlogsumexp", 0, True, x)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_million_f32_are_summed_accurately(reverse: bool) -> None:
    y = np.asarray(cumsum(from_numpy(np.full(1_000_000, 0.1, np.float32)), 0, reverse))
    assert abs(float(y[0 if reverse else -1]) - 100_000) < 1


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_sixteen_bits_are_rounded_once(dtype: Any) -> None:
    x = RNG.uniform(0, 1, 999).astype(dtype)
    want = np.cumsum(x.astype(np.float64)).astype(np.float32).astype(dtype)
    got = np.asarray(cumsum(from_numpy(x), 0))
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64])
def test_integers_wrap_and_keep_their_dtype(dtype: Any) -> None:
    x = np.full((40,), 7, dtype)
    for f, ufunc in ((cumsum, np.add), (cumprod, np.multiply)):
        got = np.asarray(f(from_numpy(x), 0))
        np.testing.assert_array_equal(got, ufunc.accumulate(x, dtype=dtype))
        assert got.dtype == x.dtype


def test_nan_wins_and_stays() -> None:
    x = from_numpy(np.array([1.0, np.nan, 3.0]))
    np.testing.assert_array_equal(np.asarray(cummax(x, 0)), [1, np.nan, np.nan])
    np.testing.assert_array_equal(np.asarray(cummax(x, 0, True)), [np.nan, np.nan, 3])


@pytest.mark.parametrize("n", range(10))
def test_a_scan_of_affine_maps_is_a_recurrence(n: int) -> None:
    """An operation that does not commute, so that the order shows."""
    a, b = RNG.normal(size=(2, n, 3))

    def after(f: Any, g: Any) -> Any:
        return mul(g[0], f[0]), add(mul(g[0], f[1]), g[1])

    t, want = np.zeros(3), np.zeros((n, 3))
    for k in range(n):
        t = a[k] * t + b[k]
        want[k] = t
    _, got = associative_scan(after, (from_numpy(a), from_numpy(b)), 0)
    np.testing.assert_allclose(np.asarray(got), want, rtol=1e-12, atol=1e-12)
    flipped = from_numpy(a[::-1].copy()), from_numpy(b[::-1].copy())
    _, back = associative_scan(after, flipped, 0, True)
    np.testing.assert_array_equal(np.asarray(back), np.asarray(got)[::-1])
