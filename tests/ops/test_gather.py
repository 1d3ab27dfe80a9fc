"""Gather, scatter and the functions over them against NumPy and JAX."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from agreement import agree
from hypothesis import given
from hypothesis import strategies as st

import oxmlx as ox
from oxmlx.dtypes import KEY_DTYPES
from oxmlx.ops import accumulate, gather
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.math import sin

RNG = np.random.default_rng(0)
INDICES = np.array([[2, 0], [-1, 5], [1, -4]], np.int32)


@pytest.mark.parametrize("mode", ["fill", "clip", "wrap"])
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_take(mode: str, axis: int | None) -> None:
    x = RNG.normal(size=(3, 4, 2))
    want = np.asarray(jnp.take(x.astype(np.float32), INDICES, axis, mode=mode))
    got = gather.take(from_numpy(x.astype(np.float32)), INDICES, axis, mode)
    np.testing.assert_array_equal(got, want)


def test_derivatives_of_take() -> None:
    i = np.array([[2, 0, 2], [-1, 2, 1]], np.int32)
    agree(
        lambda x: gather.take(sin(x), i, 1),
        lambda x: jnp.take(jnp.sin(x), i, 1),
        RNG.normal(size=(2, 3, 2)),
    )


def test_outside_has_no_derivative() -> None:
    i = np.array([0, 9, -9, 0], np.int32)
    x = from_numpy(np.array([1.0, 2.0]))
    y, back = ox.vjp(lambda x: gather.take(x, i), x)
    np.testing.assert_array_equal(y, [1, np.nan, np.nan, 1])
    assert back(from_numpy(np.array([1.0, 10, 100, 1000])))[0].tolist() == [1001, 0]
    _, dy = ox.jvp(lambda x: gather.take(x, i), (x,), (x,))
    assert dy.tolist() == [1, 0, 0, 1]


ALONG: list[tuple[tuple[int, ...], tuple[int, ...], int]] = [
    ((4,), (3,), 0),
    ((3, 4), (3, 2), 1),
    ((3, 4), (1, 5), -1),
    ((1, 4), (3, 5), 1),
    ((3, 4, 2), (5, 4, 1), 0),
    ((3, 4, 2), (3, 1, 2), 1),
]


@pytest.mark.parametrize(("shape", "where", "axis"), ALONG)
def test_take_along_axis(shape: Any, where: Any, axis: int) -> None:
    i = RNG.integers(-shape[axis], shape[axis], where)
    agree(
        lambda x: gather.take_along_axis(sin(x), i, axis),
        lambda x: jnp.take_along_axis(jnp.sin(x), i, axis),
        RNG.normal(size=shape),
    )


def test_take_along_the_flattened_array() -> None:
    x, i = np.arange(6.0).reshape(2, 3), np.array([5, 0, -1, 6])
    got = gather.take_along_axis(from_numpy(x), i, None, fill_value=7)
    np.testing.assert_array_equal(got, [5, 0, 5, 7])


@pytest.mark.parametrize("axis", [0, 1, None])
def test_put_along_axis(axis: int | None) -> None:
    x, values = np.arange(12.0).reshape(3, 4), np.array([[70.0], [80.0], [90.0]])
    i = np.array([[2, -1], [0, 1], [1, 1]]) if axis is not None else np.array([5, 0, -1])
    values = values if axis is not None else values[:, 0]
    want = x.copy()
    np.put_along_axis(want, i if axis != 0 else i[:, :], values, axis) if axis != 0 else None
    if axis == 0:
        i = np.array([[2, -1, 0, 1]])
        values = np.array([7.0])
        np.put_along_axis(want, i, values, axis)
    got = gather.put_along_axis(from_numpy(x), i, from_numpy(values), axis)
    np.testing.assert_array_equal(got, want)
