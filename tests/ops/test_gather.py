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
from oxmlx import numpy as onp
from oxmlx.dtypes import KEY_DTYPES
from oxmlx.errors import OutOfBoundsError
from oxmlx.ops import accumulate, gather
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.math import sin

RNG = np.random.default_rng(0)
INDICES = np.array([[2, 0], [-1, 5], [1, -4]], np.int32)


def i32(*values: Any) -> Any:
    return from_numpy(np.array(values, np.int32))


# Along one axis


@pytest.mark.parametrize("mode", ["fill", "clip", "wrap"])
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_take(mode: str, axis: int | None) -> None:
    x = RNG.normal(size=(3, 4, 2)).astype(np.float32)
    want = np.asarray(jnp.take(x, INDICES, axis, mode=mode))
    np.testing.assert_array_equal(gather.take(from_numpy(x), INDICES, axis, mode), want)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64])
def test_narrow_indices_reach_the_whole_axis(dtype: Any) -> None:
    x, i = from_numpy(np.arange(300.0)), from_numpy(np.array([100, 3], dtype))
    assert gather.take(x, i).tolist() == [100, 3]
    assert gather.take(x, i, mode="wrap").tolist() == [100, 3]
    if np.dtype(dtype).kind == "i":
        assert gather.take(x, from_numpy(np.array([-100], dtype))).tolist() == [200]


def test_derivatives_of_take() -> None:
    i = np.array([[2, 0, 2], [-1, 2, 1]], np.int32)
    agree(
        lambda x: gather.take(sin(x), i, 1),
        lambda x: jnp.take(jnp.sin(x), i, 1),
        RNG.normal(size=(2, 3, 2)),
    )


def test_outside_has_no_derivative() -> None:
    x, i = from_numpy(np.array([1.0, 2.0])), i32(0, 9, -9, 0)
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
    x = from_numpy(np.arange(6.0).reshape(2, 3))
    got = gather.take_along_axis(x, i32(5, 0, -1, 6), None, fill_value=7)
    assert got.tolist() == [5, 0, 5, 7]


ONE_AXIS: list[tuple[Any, Any, int | None]] = [
    ([[2, -1], [0, 1], [1, 1]], [[7.0], [8], [9]], 1),
    ([[2, -1, 0, 1]], [7.0], 0),
    ([5, 0, -1], [7.0, 8, 9], None),
]


@pytest.mark.parametrize(("i", "values", "axis"), ONE_AXIS)
def test_put_along_axis(i: Any, values: Any, axis: int | None) -> None:
    x = np.arange(12.0).reshape(3, 4)
    got = gather.put_along_axis(from_numpy(x), i32(*i), from_numpy(np.array(values)), axis)
    np.put_along_axis(x, np.array(i), np.array(values), axis)
    np.testing.assert_array_equal(got, x)


def test_derivatives_of_put_along_axis() -> None:
    i = np.array([[2, 0], [0, -1], [1, 3]])
    agree(
        lambda x, y: gather.put_along_axis(sin(x), i, sin(y), 1),
        lambda x, y: jnp.put_along_axis(jnp.sin(x), i, jnp.sin(y), 1, inplace=False),
        RNG.normal(size=(3, 4)),
        RNG.normal(size=(3, 2)),
    )


# What lies outside


FILLS: list[tuple[Any, Any]] = [
    (np.float32, np.nan),
    (ml_dtypes.bfloat16, np.nan),
    (np.complex64, complex(np.nan, 0)),
    (np.int8, -128),
    (np.int64, -(2**63)),
    (np.uint16, 65535),
    (bool, True),
]


@pytest.mark.parametrize(("dtype", "fill"), FILLS)
def test_what_is_read_outside_is_what_jax_fills(dtype: Any, fill: Any) -> None:
    x, i = np.zeros(2, dtype), np.array([3, 0], np.int32)
    got = np.asarray(gather.take(from_numpy(x), i))
    with jax.enable_x64(True):
        theirs = np.asarray(jnp.take(jnp.asarray(x), i))
    assert got.dtype == theirs.dtype
    if dtype == ml_dtypes.bfloat16:  # whose NaNs NumPy's comparison does not know
        got, theirs = got.astype(np.float32), theirs.astype(np.float32)
    np.testing.assert_array_equal(got, theirs)
    np.testing.assert_array_equal(got, np.array([fill, 0], got.dtype))


def test_keys_are_gathered_and_scattered() -> None:
    data = np.arange(6, dtype=np.uint32).view(KEY_DTYPES["threefry"])
    keys, i = from_numpy(data), i32(2, 0, 5)
    np.testing.assert_array_equal(np.asarray(keys[i])[:2], data[[2, 0]])
    assert np.asarray(keys[i])[2] == np.array((2**32 - 1, 2**32 - 1), data.dtype)
    swapped = keys.at[i[:2]].set(keys[1:])
    np.testing.assert_array_equal(swapped, data[[2, 1, 1]])
    assert [np.asarray(k) for k in keys] == list(data)


def test_checked_indices_name_the_one_outside() -> None:
    x = from_numpy(np.zeros((3, 4)))
    with ox.config.context(check=True):
        assert x[i32(-3, 2)].shape == (2, 4)
        assert np.isnan(np.asarray(x.at[i32(3)].get(mode="fill"))).all()
        assert x.at[i32(3)].add(1, mode="drop").tolist() == x.tolist()
        with pytest.raises(OutOfBoundsError, match="index 4 is out of bounds for axis 1"):
            np.asarray(x[:, i32(0, 4)])
        with pytest.raises(OutOfBoundsError, match="index -4 is out of bounds for axis 0"):
            np.asarray(x.at[i32(-4)].set(1.0))


@pytest.mark.parametrize("jit", [False, True])
def test_checked_functions_of_indices_name_the_one_outside(jit: bool) -> None:
    x, bad = from_numpy(RNG.normal(size=(3, 4))), i32(0, 7)
    functions = [
        (lambda x, i, **kw: onp.take(x, i, axis=1, **kw), 1),
        (lambda x, i, **kw: onp.take(x, i + 5, **kw), 0),
        (lambda x, i, **kw: onp.take_along_axis(x, i[None], axis=1, **kw), 1),
        (lambda x, i, **kw: onp.put_along_axis(x, i[None], 1, 1, inplace=False, **kw), 1),
        (lambda x, i, **kw: onp.put(x, i + 5, onp.ones(2), inplace=False, **kw), 0),
    ]
    with ox.config.context(check=True):
        for f, axis in functions:
            run: Any = ox.jit(f) if jit else f
            assert np.isfinite(np.asarray(run(x, i32(0, 3)))).all()
            np.asarray(f(x, bad, mode="clip"))
            with pytest.raises(OutOfBoundsError, match=f"out of bounds for axis {axis}"):
                np.asarray(run(x, bad))


# Updates that meet


LOOKUP = np.array([[0, 3, 0], [1, 4, 0]], np.int32)


def test_the_gradient_of_an_embedding_accumulates() -> None:
    table, weights = RNG.normal(size=(5, 2)), RNG.normal(size=(2, 3, 2))
    _, back = ox.vjp(lambda w: w[i32(*LOOKUP)], from_numpy(table))
    want = np.zeros((5, 2))
    np.add.at(want, LOOKUP, weights)
    np.testing.assert_allclose(back(from_numpy(weights))[0], want, 1e-15)


@pytest.mark.parametrize("shape", [(2, 1), (0,), ()])
def test_shapes_of_an_embedding(shape: tuple[int, ...]) -> None:
    w, i = from_numpy(RNG.normal(size=(5, 3))), from_numpy(np.full(shape, 4, np.int32))
    out, back = ox.vjp(lambda w: w[i], w)
    assert out.shape == (*shape, 3)
    want = np.zeros((5, 3))
    want[4] = np.prod(shape)
    np.testing.assert_array_equal(back(from_numpy(np.ones(out.shape)))[0], want)


SCATTERS = {"set": "scatter", "add": "scatter_add", "min": "scatter_min", "max": "scatter_max"}
NUMBERS = jax.lax.ScatterDimensionNumbers((1,), (0,), (0,))


def scatter_like_jax(combine: str, theirs: str, rows: list[int], unique: bool) -> None:
    agree(
        lambda x, u: gather.scatter(
            sin(x), sin(u), [i32(*rows)], (0,), combine=combine, unique=unique
        ),
        lambda x, u: getattr(jax.lax, theirs)(
            jnp.sin(x),
            np.array(rows)[:, None],
            jnp.sin(u),
            NUMBERS,
            unique_indices=unique,
            mode="drop",
        ),
        RNG.normal(size=(4, 2)),
        RNG.normal(size=(len(rows), 2)),
    )


@pytest.mark.parametrize("combine", [*SCATTERS, "mul"])
def test_unique_updates(combine: str) -> None:
    scatter_like_jax(combine, SCATTERS.get(combine, "scatter_mul"), [3, 0, 9], True)


@pytest.mark.parametrize("combine", ["add", "min", "max"])
def test_updates_that_meet(combine: str) -> None:
    scatter_like_jax(combine, SCATTERS[combine], [3, 0, 3, 9, 3], False)


def test_factors_that_meet() -> None:
    rows, u = [3, 0, 3, 9, 3], RNG.normal(size=(5, 2))
    agree(
        lambda x: gather.scatter(sin(x), from_numpy(u), [i32(*rows)], (0,), combine="mul"),
        lambda x: jax.lax.scatter_mul(jnp.sin(x), np.array(rows)[:, None], u, NUMBERS, mode="drop"),
        RNG.normal(size=(4, 2)),
        skip=["float32"],  # u is float64
    )


@pytest.mark.parametrize("combine", ["min", "max"])
def test_ties_share_the_derivative_as_in_jax(combine: str) -> None:
    rows = [0, 0, 1, 1, 2]
    x, u = np.array([[1.0], [2], [3], [4]]), np.array([[1.0], [1], [2], [5], [3]])
    for sign in (1, -1):
        agree(
            lambda x, u: gather.scatter(x, u, [i32(*rows)], (0,), combine=combine),
            lambda x, u: getattr(jax.lax, SCATTERS[combine])(
                x, np.array(rows)[:, None], u, NUMBERS
            ),
            sign * x,
            sign * u,
            skip=["vmap", "vmap of vjp"],  # whose batches have other ties
        )


def test_the_last_of_equal_places_is_set_and_has_the_derivative() -> None:
    i = i32([0, 2], [2, 0])
    x, u = from_numpy(np.zeros(3)), from_numpy(np.array([[1.0, 2], [3, 4]]))
    out, back = ox.vjp(lambda x, u: gather.scatter(x, u, [i], (0,)), x, u)
    assert out.tolist() == [4, 0, 3]
    dx, du = back(from_numpy(np.array([10.0, 20, 30])))
    assert dx.tolist() == [0, 20, 0]
    assert du.tolist() == [[0, 0], [30, 10]]


def test_order_does_not_depend_on_strides() -> None:
    i = np.asfortranarray(np.zeros((3, 4), np.int32))
    u = np.asfortranarray(np.arange(12.0).reshape(3, 4))
    out = gather.scatter(from_numpy(np.zeros(1)), from_numpy(u), [from_numpy(i)], (0,))
    assert out.tolist() == [11]


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_16_bit_floats_accumulate_in_f32(dtype: Any) -> None:
    x, u = from_numpy(np.zeros((2, 1), dtype)), from_numpy(np.ones((5000, 1), dtype))
    i = from_numpy(np.zeros(5000, np.int32))
    out = gather.scatter(x, u, [i], (0,), combine="add")
    assert np.asarray(out).astype(float).tolist() == [[float(dtype(5000))], [0]]


@given(
    st.integers(1, 60),
    st.integers(1, 80),
    st.sampled_from([1, 3, 40, 200]),
    st.sampled_from(["add", "mul", "min", "max"]),
)
def test_accumulating_is_ufunc_at_to_the_bit(n: int, rows: int, width: int, combine: str) -> None:
    rng = np.random.default_rng(n * rows)
    at = rng.integers(0, rows, n)
    out, new = (rng.normal(size=(k, width)).astype(np.float32) for k in (rows, n))
    want = out.copy()
    accumulate.COMBINE[combine].at(want, at, new)
    np.testing.assert_array_equal(accumulate.update_rows(combine, out, at, new), want)


def test_turns_take_every_row_once() -> None:
    turns = accumulate.turns_of(np.array([5, 2, 5, 5, 2, 0]))
    assert [t.tolist() for t in turns] == [[5, 1, 0], [4, 2], [3]]


# The adjoint


@pytest.mark.parametrize("mode", ["fill", "clip"])
def test_the_adjoint_of_one_place_a_row_is_no_scatter(mode: str) -> None:
    """So that it fuses: the gradient of a cross-entropy is one kernel."""
    x, i = RNG.normal(size=(5, 3)).astype(np.float32), i32([2], [-1], [0], [3], [-4])

    def f(x: Any) -> Any:
        y = onp.take_along_axis(x, i, 1, mode=mode)
        return onp.sum(onp.where(onp.isnan(y), 0.0, y) * onp.arange(1.0, 6.0)[:, None])

    names = {e.prim.name for e in ox.jit(ox.grad(f)).trace(x).jaxpr.eqns}
    assert "scatter" not in names and "select" in names
    want = np.zeros((5, 3), np.float32)
    places = [2, 2, 0] if mode == "fill" else [2, 2, 0, 2, 0]
    want[np.arange(len(places)), places] = np.arange(1, len(places) + 1)
    np.testing.assert_array_equal(ox.grad(f)(x), want)
