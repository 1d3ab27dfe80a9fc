"""Slice, pad, concatenate, reverse and iota against jax.lax."""

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
from oxmlx.ops import slicing
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.math import sin

RNG = np.random.default_rng(0)

SLICES: list[tuple[tuple[int, ...], Any]] = [
    ((5,), ((1,), (4,))),
    ((7,), ((1,), (7,), (3,))),
    ((4, 6), ((1, 0), (3, 6), (1, 2))),
    ((4, 3, 2), ((0, 1, 1), (4, 1, 2))),
]
PADDINGS: list[tuple[tuple[int, ...], Any]] = [
    ((3,), ((1, 2, 0),)),
    ((4,), ((-1, -2, 0),)),
    ((3,), ((0, 1, 2),)),
    ((3, 2), ((-1, 2, 1), (1, -1, 3))),
    ((0, 2), ((1, 2, 3), (0, 0, 0))),
]


@pytest.mark.parametrize(("shape", "bounds"), SLICES)
def test_slice(shape: tuple[int, ...], bounds: Any) -> None:
    agree(
        lambda x: slicing.slice_(sin(x), *bounds),
        lambda x: jax.lax.slice(jnp.sin(x), *bounds),
        RNG.normal(size=shape),
    )


@pytest.mark.parametrize(("shape", "config"), PADDINGS)
def test_pad(shape: tuple[int, ...], config: Any) -> None:
    agree(
        lambda x, v: slicing.pad(sin(x), v, config),
        lambda x, v: jax.lax.pad(jnp.sin(x), v, config),
        RNG.normal(size=shape),
        np.array(0.7),
    )


def test_concatenate() -> None:
    agree(
        lambda x, y, z: slicing.concatenate([sin(x), y, x, z], 1),
        lambda x, y, z: jax.lax.concatenate([jnp.sin(x), y, x, z], 1),
        *(RNG.normal(size=(2, n)) for n in (3, 1, 0)),
    )


def test_reverse() -> None:
    agree(
        lambda x: slicing.reverse(sin(x), (0, 2)),
        lambda x: jax.lax.rev(jnp.sin(x), (0, 2)),
        RNG.normal(size=(2, 3, 4)),
    )


@given(st.data())
def test_any_padding_is_that_of_jax(data: st.DataObject) -> None:
    shape = data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=3))
    ints = st.integers(-3, 4)
    config = tuple(
        data.draw(
            st.tuples(ints, ints, st.integers(0, 2)).filter(
                lambda c, n=n: c[0] + c[1] + n + max(n - 1, 0) * c[2] >= 0
            )
        )
        for n in shape
    )
    x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    want = np.asarray(jax.lax.pad(x, np.float32(-1), config))
    np.testing.assert_array_equal(slicing.pad(from_numpy(x), -1, config), want)


@given(st.data())
def test_pad_puts_a_slice_back(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(0, 6), min_size=1, max_size=3)))
    bounds: list[tuple[int, int, int]] = []
    for n in shape:
        start, stop = sorted(data.draw(st.tuples(st.integers(0, n), st.integers(0, n))))
        bounds.append((start, stop, data.draw(st.integers(1, 4))))
    prim = slicing.Slice(*(tuple(b) for b in zip(*bounds, strict=True)))
    x = np.arange(1, np.prod(shape) + 1, dtype=np.float32).reshape(shape)
    part = x[tuple(slice(*b) for b in bounds)]
    back = slicing.pad(from_numpy(part), 0, prim.inverse(shape))
    np.testing.assert_array_equal(back, np.where(np.isin(x, part), x, 0))


@pytest.mark.parametrize("dtype", [np.int8, np.uint64, np.float32, np.float64, np.complex64])
def test_iota(dtype: Any) -> None:
    with jax.enable_x64(True):
        want = np.asarray(jax.lax.broadcasted_iota(dtype, (2, 3), 1))
    got = np.asarray(slicing.iota(np.dtype(dtype), (2, 3), 1))
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


def test_what_moves_nothing_is_no_equation() -> None:
    x = from_numpy(np.ones((2, 3), np.float32))
    assert slicing.slice_(x, (0, 0), (2, 3)) is x
    assert slicing.pad(x, 0, ((0, 0, 0), (0, 0, 0))) is x
    assert slicing.concatenate([x], 0) is x
    assert slicing.reverse(x, ()) is x


def test_concatenate_promotes_and_padding_does_not() -> None:
    half = from_numpy(np.ones(2, np.float16))
    assert slicing.concatenate([half, from_numpy(np.ones(1, np.float32))], 0).dtype == np.float32
    assert slicing.pad(half, 2, ((1, 0, 0),)).dtype == np.float16
    assert slicing.pad(half, float("inf"), ((1, 0, 0),)).tolist() == [float("inf"), 1, 1]
    brain = from_numpy(np.ones(2, ml_dtypes.bfloat16))
    assert slicing.pad(brain, 0.5, ((1, 0, 0),)).dtype == ml_dtypes.bfloat16


def test_the_padding_value_is_summed_without_cancellation() -> None:
    x, value = from_numpy(np.array([1e30, np.inf])), from_numpy(np.array(0.0))
    weights = from_numpy(np.array([1.0, 1e30, np.inf, 2.0]))
    _, back = ox.vjp(lambda v: slicing.pad(x, v, ((1, 1, 0),)), value)
    assert float(back(weights)[0]) == 3  # jax subtracts, and gets NaN


def test_moves_print_their_params() -> None:
    x = from_numpy(np.ones((3, 4), np.float32))
    f = lambda x: slicing.pad(slicing.slice_(x, (1, 0), (3, 4)), 0, ((0, 0, 0), (1, 0, 0)))  # noqa: E731
    text = str(ox.make_jaxpr(f)(x))
    assert "slice[starts=(1, 0) stops=(3, 4) strides=(1, 1)]" in text
    assert "pad[config=((0, 0, 0), (1, 0, 0))]" in text
