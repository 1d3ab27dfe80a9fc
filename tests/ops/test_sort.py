"""Sorting against JAX."""

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

from oxmlx.dtypes import KEY_DTYPES
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.sort import argsort, sort, top_k

RNG = np.random.default_rng(0)
NAN = np.nan
SPECIAL = np.array([1.0, NAN, -0.0, 0.0, 2.0, -NAN, 1.0, -np.inf, np.inf, 1.0, -0.0])
SHAPES: list[Any] = [
    ((7,), 0), ((2, 5), 1), ((4, 3), 0), ((2, 3, 2), 1), ((3, 1), 1),
    *(pytest.param((0, 3), axis, marks=pytest.mark.jax("0.8.1")) for axis in (0, 1)),
]  # fmt: skip


def numbers(xs: Any) -> list[np.ndarray]:
    return [np.asarray(x) for x in xs]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(("shape", "axis"), SHAPES, ids=str)
def test_agrees_with_jax(shape: tuple[int, ...], axis: int, descending: bool) -> None:
    agree(
        lambda x: sort([x], axis, descending=descending)[0],
        lambda x: jnp.sort(x, axis, descending=descending),
        RNG.normal(size=shape),
    )


@pytest.mark.parametrize("which", [0, 1, 2])
def test_operands_move_along(which: int) -> None:
    x, y, z = RNG.normal(size=(3, 2, 5))
    x = np.round(x)
    agree(
        lambda x, y, z: sort([x, y, z], 1, num_keys=2)[which],
        lambda x, y, z: jax.lax.sort((x, y, z), dimension=1, num_keys=2)[which],
        x, y, z,
    )  # fmt: skip


@pytest.mark.parametrize("num_keys", [1, 2, 3])
def test_several_keys_are_lexicographic(num_keys: int) -> None:
    xs = [RNG.integers(0, 3, (4, 20)).astype(d) for d in (np.int32, np.float32, np.uint8)]
    want = jax.lax.sort(tuple(xs), dimension=1, num_keys=num_keys)
    got = sort(list(map(from_numpy, xs)), 1, num_keys)
    for a, b in zip(numbers(got), want, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
@pytest.mark.parametrize("descending", [False, True])
def test_special_numbers_are_ordered_as_in_jax(dtype: str, descending: bool) -> None:
    x = SPECIAL.astype(np.dtype(dtype))
    with jax.enable_x64(True):
        want = np.asarray(jnp.argsort(jnp.asarray(x), descending=descending))
    got = argsort(from_numpy(x), 0, descending=descending)
    assert got.dtype == np.int32
    np.testing.assert_array_equal(np.asarray(got), want)
    ordered = np.asarray(sort([from_numpy(x)], 0, descending=descending)[0])
    np.testing.assert_array_equal(ordered.astype(float), x[want].astype(float))


def test_stable_or_not_a_lone_operand_has_the_same_values() -> None:
    x = from_numpy(SPECIAL)
    loose, stable = (np.asarray(sort([x], 0, stable=s)[0]) for s in (False, True))
    np.testing.assert_array_equal(loose, stable)


def test_complex_numbers_are_ordered_by_their_parts() -> None:
    z = np.array([2 + 0j, 1 + NAN * 1j, NAN + 0j, 1 + 5j, 1 - 5j, complex(NAN, NAN), 1 + 5j])
    with jax.enable_x64(True):
        want = jax.lax.sort((z, np.arange(7)))[1]
    places = sort([from_numpy(z), from_numpy(np.arange(7))], 0)[1]
    np.testing.assert_array_equal(np.asarray(places), want)


def test_keys_of_random_numbers_move_along() -> None:
    words = RNG.integers(0, 99, (4, 2)).astype(np.uint32)
    keys = words.view(KEY_DTYPES["threefry"])[:, 0]
    order = np.array([2, 0, 3, 1], np.int32)
    moved = sort([from_numpy(order), from_numpy(keys)], 0)[1]
    np.testing.assert_array_equal(np.asarray(moved), keys[np.argsort(order)])


@given(st.lists(st.integers(-3, 3), max_size=20), st.booleans())
def test_argsort_is_stable(xs: list[int], descending: bool) -> None:
    x = np.array(xs, np.int32)
    order = np.asarray(argsort(from_numpy(x), 0, descending=descending)).tolist()
    assert order == sorted(range(len(xs)), key=lambda k: -xs[k] if descending else xs[k])


@pytest.mark.parametrize("k", [0, 1, 3, 4])
@pytest.mark.parametrize(("shape", "axis"), [((4,), 0), ((2, 5), 1), ((4, 2, 3), 0)], ids=str)
def test_top_k_agrees_with_jax(shape: tuple[int, ...], axis: int, k: int) -> None:
    x = RNG.normal(size=shape)
    agree(
        lambda x: top_k(x, k, axis)[0],
        lambda x: jnp.moveaxis(jax.lax.top_k(jnp.moveaxis(x, axis, -1), k)[0], -1, axis),
        x,
    )
    places = top_k(from_numpy(x), k, axis)[1]
    assert places.dtype == np.int32
    with jax.enable_x64(True):
        want = jax.lax.top_k(np.moveaxis(x, axis, -1), k)[1]
    np.testing.assert_array_equal(np.asarray(places), np.moveaxis(want, -1, axis))


@pytest.mark.parametrize("dtype", [np.float32, np.float16, ml_dtypes.bfloat16])
def test_top_k_of_special_numbers(dtype: Any) -> None:
    """NaN first, of whatever sign; of equals the first, and zeros are equal."""
    values, places = top_k(from_numpy(SPECIAL.astype(dtype)), 11, 0)
    np.testing.assert_array_equal(np.asarray(places), [1, 5, 8, 4, 0, 6, 9, 2, 3, 10, 7])
    want = [NAN, NAN, np.inf, 2, 1, 1, 1, 0, 0, 0, -np.inf]
    np.testing.assert_array_equal(np.asarray(values).astype(float), want)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=20), st.data())
def test_top_k_is_the_beginning_of_a_descending_sort(xs: list[int], data: Any) -> None:
    k = data.draw(st.integers(0, len(xs)))
    x = from_numpy(np.array(xs, np.int32))
    values, places = numbers(top_k(x, k, 0))
    order = np.asarray(argsort(x, 0, descending=True))[:k]
    np.testing.assert_array_equal(places, order)
    np.testing.assert_array_equal(values, np.array(xs, np.int32)[order])
