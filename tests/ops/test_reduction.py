"""Reductions against JAX."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from agreement import agree

import oxmlx as ox
from oxmlx.ops import reduction
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.reduction import argmax, argmin, reduce_max, reduce_min, reduce_prod

RNG = np.random.default_rng(0)
SHAPES: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((5,), (0,)), ((2, 3), (0, 1)), ((4, 3), (0,)), ((2, 7), (1,)), ((2, 3, 4), (2, 0)),
    ((2, 1, 3), (1,)), ((0, 3), (1,)), ((2, 3), ()),
]  # fmt: skip
NAN = np.nan


@pytest.mark.parametrize(("shape", "axes"), SHAPES, ids=str)
@pytest.mark.parametrize("name", ["prod", "max", "min"])
def test_agrees_with_jax(name: str, shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
    ours, theirs = getattr(reduction, f"reduce_{name}"), getattr(jnp, name)
    agree(lambda x: ours(x, axes), lambda x: theirs(x, axes), RNG.normal(size=shape))


def test_products_of_complex_numbers() -> None:
    x = RNG.normal(size=(3, 4)) + 1j * RNG.normal(size=(3, 4))
    agree(lambda x: reduce_prod(x, (1,)), lambda x: jnp.prod(x, 1), x)


@pytest.mark.parametrize("zeros", [[1], [0, 2], [0, 1, 2, 3, 4]], ids=str)
def test_zeros_do_not_spoil_the_derivatives_of_a_product(zeros: list[int]) -> None:
    x = RNG.normal(size=5)
    x[zeros] = 0
    agree(lambda x: reduce_prod(x, (0,)), jnp.prod, x)


def test_a_gradient_of_a_product_with_one_zero() -> None:
    g = ox.grad(lambda x: reduce_prod(x, (0,)))(from_numpy(np.array([0.0, 2.0, 3.0])))
    np.testing.assert_array_equal(np.asarray(g), [6, 0, 0])


@pytest.mark.parametrize("shape", [(0,), (0, 3)])
def test_an_empty_product_is_one(shape: tuple[int, ...]) -> None:
    agree(lambda x: reduce_prod(x, (0,)), lambda x: jnp.prod(x, 0), np.zeros(shape))


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_sixteen_bit_products_are_rounded_once(dtype: Any) -> None:
    x = RNG.uniform(0.9, 1.1, 100).astype(dtype)
    got = np.asarray(reduce_prod(from_numpy(x), (0,)))
    want = np.prod(x.astype(np.float64)).astype(np.float32).astype(dtype)
    assert got.dtype == want.dtype
    assert got == want


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
@pytest.mark.parametrize("f", [reduce_max, reduce_min])
def test_sixteen_bit_extremes_are_exact_and_propagate_nan(dtype: Any, f: Any) -> None:
    x = RNG.normal(size=(3, 50)).astype(dtype)
    x[1, 7] = np.nan
    got = np.asarray(f(from_numpy(x), (1,)))
    assert got.dtype == x.dtype
    want = getattr(np, "max" if f is reduce_max else "min")(x.astype(np.float64), 1)
    np.testing.assert_array_equal(got.astype(np.float64), want)


@pytest.mark.parametrize("f", [reduce_max, reduce_min])
def test_ties_share_the_gradient(f: Any) -> None:
    theirs = jnp.max if f is reduce_max else jnp.min
    x = np.array([[2.0, 2, 1, 1], [3, 3, 3, 3], [1, 2, 2, 2]])
    agree(lambda x: f(x, (1,)), lambda x: theirs(x, 1), x)


@pytest.mark.parametrize(
    "x",
    [
        np.array([[1, NAN, 3, NAN], [-np.inf, 2, np.inf, 2], [0.0, -0.0, 0.0, -0.0]]),
        np.array([[5, 7, 7, 5], [1, 1, 1, 1]], np.uint8),
        np.array([[False, True, True], [True, True, False]]),
        np.array([[1, NAN, NAN]], np.float16),
        np.array([[1, NAN, NAN]], ml_dtypes.bfloat16),
        np.zeros((0, 3)),
    ],
    ids=lambda x: x.dtype.name,
)
@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_places_are_those_of_jax(name: str, x: np.ndarray) -> None:
    """The first of equals, the first NaN before numbers."""
    ours, theirs = getattr(reduction, name), getattr(jax.lax, name)
    with jax.enable_x64(True):
        want = np.asarray(theirs(x, 1, np.dtype(np.int32)))
    got = ours(from_numpy(x), 1)
    assert got.dtype == np.int32
    np.testing.assert_array_equal(np.asarray(got), want)
    over_rows = ox.vmap(lambda row: ours(row, 0, np.dtype(np.int8)))(from_numpy(x))
    assert over_rows.dtype == np.int8
    np.testing.assert_array_equal(np.asarray(over_rows), want)


@pytest.mark.parametrize("f", [argmax, argmin])
def test_a_place_has_no_derivative(f: Any) -> None:
    x = from_numpy(RNG.normal(size=4))
    g = ox.grad(lambda x: reduce_prod(x, (0,)) * f(x, 0).astype("float64"))(x)
    want = np.asarray(ox.grad(lambda x: reduce_prod(x, (0,)))(x)) * int(f(x, 0))
    np.testing.assert_allclose(np.asarray(g), want, rtol=1e-12)
