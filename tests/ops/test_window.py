"""Windows against lax.reduce_window, and against their definition."""

from __future__ import annotations

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agreement import agree

import oxmlx as ox
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.window import reduce_window

THEIRS = {
    "sum": (0.0, jax.lax.add),
    "max": (-np.inf, jax.lax.max),
    "min": (np.inf, jax.lax.min),
}
RNG = np.random.default_rng(0)
# shape, window, strides, padding, base dilation, window dilation
GEOMETRIES: list[tuple[Any, ...]] = [
    ((7,), (3,), (2,), ((1, 2),), (1,), (1,)),
    ((5, 6), (2, 3), (1, 2), ((0, 1), (2, 0)), (1, 1), (2, 1)),
    ((4, 5), (3, 2), (2, 1), ((2, 1), (0, 3)), (3, 2), (1, 2)),
    ((6, 5), (2, 2), (1, 1), ((-1, 0), (1, -2)), (1, 2), (1, 1)),
    ((2, 5, 5, 3), (1, 2, 2, 1), (1, 2, 2, 1), ((0, 0),) * 4, (1,) * 4, (1,) * 4),
    ((3, 4), (1, 1), (1, 1), ((0, 0),) * 2, (1, 1), (1, 1)),
    ((2, 3), (1, 4), (1, 1), ((0, 0),) * 2, (1, 1), (1, 1)),
    ((0, 3), (2, 2), (1, 1), ((1, 1), (0, 0)), (1, 1), (1, 1)),
]


def definition(x: Any, kind: str, geometry: tuple[Any, ...]) -> Any:
    """The windows one element after another; JAX has no vjp of a dilated max."""
    _, window, strides, padding, base, step = geometry
    config = [(low, high, b - 1) for (low, high), b in zip(padding, base, strict=True)]
    room = jax.lax.pad(x, jnp.asarray(THEIRS[kind][0], x.dtype), config)
    reach = [(n - 1) * d + 1 for n, d in zip(window, step, strict=True)]
    places = [max(0, (n - r) // s + 1) for n, r, s in zip(room.shape, reach, strides, strict=True)]
    if 0 in places:
        return jnp.zeros(places, x.dtype)
    shown = jnp.stack(
        [
            room[tuple(slice(q * d, q * d + (p - 1) * s + 1, s) for q, d, p, s in each)]
            for qs in itertools.product(*map(range, window))
            for each in [list(zip(qs, step, places, strides, strict=True))]
        ]
    )
    if kind == "sum":
        return shown.sum(0)
    chosen = (jnp.argmax if kind == "max" else jnp.argmin)(shown, 0)
    return jnp.take_along_axis(shown, chosen[None], 0)[0]


@pytest.mark.parametrize("kind", THEIRS)
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_transformations_are_those_of_the_definition(kind: str, geometry: tuple[Any, ...]) -> None:
    x = RNG.permutation(np.prod(geometry[0], dtype=int)).reshape(geometry[0]) / 4.0
    agree(
        lambda x: reduce_window(x, kind, *geometry[1:]),
        lambda x: definition(x, kind, geometry),
        x,
    )


@pytest.mark.parametrize("kind", THEIRS)
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "int32", "float16", "bfloat16"])
def test_values_are_those_of_jax(kind: str, geometry: tuple[Any, ...], dtype: str) -> None:
    x = np.asarray(RNG.integers(-9, 9, geometry[0]), np.dtype(dtype))
    init, combine = THEIRS[kind]
    if dtype == "int32" and kind != "sum":
        init = np.iinfo(np.int32).min if kind == "max" else np.iinfo(np.int32).max
    want = jax.lax.reduce_window(x, np.asarray(init, x.dtype)[()], combine, *geometry[1:])
    got = reduce_window(from_numpy(x), kind, *geometry[1:])
    np.testing.assert_array_equal(np.asarray(got), np.asarray(want))
    assert got.dtype == want.dtype


@pytest.mark.parametrize("kind", ["max", "min"])
def test_of_equal_elements_the_first_has_the_gradient(kind: str) -> None:
    x = np.array([[1.0, 1, 1, 2, 2], [1, 1, 2, 2, 0], [1, 2, 2, 2, 2]], np.float32)
    geometry = (2, 2), (1, 1), ((1, 0), (0, 1))

    def theirs(x: Any) -> Any:
        return jax.lax.reduce_window(x, *THEIRS[kind], *geometry)

    y, want = jax.vjp(theirs, x)
    ct = RNG.normal(size=y.shape).astype(np.float32)
    pulled = ox.vjp(lambda x: reduce_window(x, kind, *geometry), from_numpy(x))[1](from_numpy(ct))
    np.testing.assert_allclose(np.asarray(pulled[0]), np.asarray(want(ct)[0]), rtol=1e-6)


def test_infinities_and_nan() -> None:
    x = np.array([-np.inf, -np.inf, np.nan, 1.0, 0.0])
    arguments = (2,), (1,), ((1, 0),)
    y, pull = ox.vjp(lambda x: reduce_window(x, "max", *arguments), from_numpy(x))
    np.testing.assert_array_equal(np.asarray(y), [-np.inf, -np.inf, np.nan, np.nan, 1])
    ct = np.array([1.0, 2, 4, 8, 16])
    np.testing.assert_array_equal(np.asarray(pull(from_numpy(ct))[0]), [3, 0, 12, 16, 0])


def test_a_window_in_pure_padding_has_no_gradient() -> None:
    x = from_numpy(np.array([1.0, 2.0]))
    y, pull = ox.vjp(lambda x: reduce_window(x, "max", (1,), (1,), ((1, 1),)), x)
    np.testing.assert_array_equal(np.asarray(y), [-np.inf, 1, 2, -np.inf])
    np.testing.assert_array_equal(np.asarray(pull(y * 0 + 1)[0]), [1, 1])


def test_long_windows_of_f32_are_summed_accurately() -> None:
    x = from_numpy(np.full(100_000, 0.1, np.float32))
    y = np.asarray(reduce_window(x, "sum", (99_999,), (1,), ((0, 0),)))
    np.testing.assert_allclose(y, 9999.9, rtol=2e-7)
