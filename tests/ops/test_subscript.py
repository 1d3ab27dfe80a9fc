"""x[index] and x.at[index] against NumPy's values and JAX's derivatives."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agreement import agree, close
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import oxmlx as ox
from oxmlx.ops.axes import reduce_sum
from oxmlx.ops.convert import as_value, from_numpy
from oxmlx.ops.math import sin

RNG = np.random.default_rng(0)
SHAPE = (2, 3, 4, 5)
ROWS, J = np.array([1, 0, 1]), np.array([[0], [-1]])
M, N = np.array([True, False]), RNG.random((3, 4)) > 0.5
ALL = slice(None)

STATIC: list[Any] = [
    *(0, -1, (0, 1), (1, 2, -3, 0), (0, ..., 2), (..., None), None, (None, 0), (), ...),
    *(ALL, slice(None, None, -1), slice(5, None, -2), slice(-1, -9, -1), slice(7, 9)),
    *((slice(1, 2), slice(None, None, 2)), (0, None, 1, slice(3, 1)), (ALL, None, ..., -1)),
    (ALL, slice(-2, None), slice(3, 0, -2), slice(1, 4)),
    *(np.int64(1), np.array(-1), (np.uint8(1), ALL)),
]
ADVANCED: list[Any] = [
    *(
        ROWS,
        J,
        (ROWS, ROWS),
        (ALL, ROWS),
        (ALL, ROWS, ROWS),
        (ROWS, ALL, ROWS),
        (ROWS, ..., ROWS),
        (0, ALL, ROWS),
        (0, ROWS),
    ),
    *(
        (ALL, 0, ROWS),
        (ROWS, 0),
        (ROWS, None, ROWS),
        (ALL, ROWS, ..., ROWS),
        (ROWS, ALL, 0),
        (ALL, J, ROWS),
    ),
    *(
        (ALL, ALL, J),
        (None, ROWS),
        (ROWS, None),
        (ALL, None, ROWS, 0),
        (ALL, ROWS, ROWS, ROWS),
        (ROWS, ROWS, ROWS, ROWS),
    ),
    *(
        (ALL, slice(None, None, -1), ROWS),
        (1, slice(0, 3, 2), ..., ROWS),
        (ROWS[:0],),
        (ALL, J[:0]),
    ),
    *(
        (ALL, ROWS, ROWS, ...),
        (ALL, ROWS, ..., ROWS, ALL),
        (ALL, ALL, ROWS, ..., ROWS),
    ),  # "..." still separates
    *(M, (M, 0), (M, ALL, ROWS[:1]), (ALL, N), (ALL, N, 0), (0, N), (0, N, ROWS[:1])),
    *(True, False, (True, 0), (ALL, True), (ALL, False, ROWS[:1]), (True, ROWS), np.True_, (M, M)),
    *((np.array(1), ALL, ROWS), (ALL, [0, 2]), (ALL, [True, False, True]), (J, [])),
]


def as_ours(index: Any) -> Any:
    """The same index with our arrays for NumPy's."""
    if isinstance(index, tuple):
        return tuple(map(as_ours, index))
    if isinstance(index, np.ndarray):
        return from_numpy(index.astype(np.int32) if index.dtype.kind == "i" else index)
    return index


@pytest.mark.parametrize("index", [*STATIC, *ADVANCED], ids=repr)
def test_values_are_those_of_numpy(index: Any) -> None:
    x = np.arange(np.prod(SHAPE), dtype=np.int32).reshape(SHAPE)
    try:
        want = x[index]
    except IndexError:
        with pytest.raises(IndexError):
            from_numpy(x)[index]
        return
    for ours in (index, as_ours(index)):
        got = np.asarray(from_numpy(x)[ours])
        assert got.shape == want.shape
        np.testing.assert_array_equal(got, want)


@given(st.data())
def test_any_index_is_that_of_numpy(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4))
    x = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    index = data.draw(
        st.one_of(
            hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True),
            hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2)),
            mixed(shape),
        )
    )
    np.testing.assert_array_equal(from_numpy(x)[index], x[index])


@st.composite
def mixed(draw: Any, shape: tuple[int, ...]) -> Any:
    """Arrays that broadcast together, among ints, slices, None and an ellipsis."""
    common = draw(hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3))
    items: list[Any] = []
    for n in shape:
        kind = draw(st.sampled_from("asi"))
        if kind == "a":
            own = tuple(draw(st.sampled_from((m, 1))) for m in common)
            items.append(draw(hnp.arrays(np.int64, own, elements=st.integers(-n, n - 1))))
        elif kind == "s":
            items.append(draw(st.slices(n)))
        else:
            items.append(draw(st.integers(-n, n - 1)))
    if draw(st.booleans()):
        start = draw(st.integers(0, len(items)))
        stop = draw(st.integers(start, len(items)))
        items[start:stop] = [...]
    for _ in range(draw(st.integers(0, 2))):
        items.insert(draw(st.integers(0, len(items))), None)
    return tuple(items)


DIFFERENTIATED: list[Any] = [
    *(1, (slice(None, None, -2), 0), (ALL, None, ..., -1), ROWS, (ALL, J, ROWS), (ROWS, ALL, ROWS)),
    *((0, slice(2, 0, -1), ROWS), (ALL, N), (M, ROWS), (ALL, ROWS, ..., ROWS)),
]


@pytest.mark.parametrize("index", DIFFERENTIATED, ids=repr)
def test_derivatives_are_those_of_jax(index: Any) -> None:
    agree(lambda x: sin(x)[index], lambda x: jnp.sin(x)[index], RNG.normal(size=SHAPE))


@pytest.mark.parametrize("index", STATIC, ids=repr)
def test_static_indices_take_no_gather(index: Any) -> None:
    x = from_numpy(np.zeros(SHAPE, np.float32))
    names = {e.prim.name for e in ox.make_jaxpr(lambda x: x[index])(x).eqns}
    assert names <= {"slice", "reshape", "reverse"}


@pytest.mark.parametrize("index", [ALL, ..., (), (ALL, ..., ALL), (slice(0, 9), ALL)])
def test_what_selects_everything_is_no_equation(index: Any) -> None:
    x = from_numpy(np.zeros(SHAPE))
    assert x[index] is x


def test_traced_scalars() -> None:
    x = RNG.normal(size=(3, 4))
    f = ox.jit(lambda x, i, j: (x[i], x[i, j], x[1:, j], x[i, None], x[-1, j]))
    got = f(from_numpy(x), 2, -1)
    for a, b in zip(got, (x[2], x[2, -1], x[1:, -1], x[2, None], x[-1, -1]), strict=True):
        np.testing.assert_array_equal(a, b)
    assert all(np.isnan(np.asarray(y)).all() for y in f(from_numpy(x), 3, 4))


def test_a_mapped_index() -> None:
    x, i = RNG.normal(size=(3, 4)), np.array([[0, 2], [-1, 1]], np.int32)
    got = ox.vmap(lambda i: from_numpy(x)[i])(from_numpy(i))
    np.testing.assert_array_equal(got, x[i])
    cube = RNG.normal(size=(3, 4, 2))
    got = ox.vmap(lambda x, i: x[i, 1:], in_axes=(2, 0))(from_numpy(cube), from_numpy(i[:, 1]))
    np.testing.assert_array_equal(got, [cube[2, 1:, 0], cube[1, 1:, 1]])


def test_iteration() -> None:
    x = np.arange(6.0).reshape(3, 2)
    assert [row.tolist() for row in from_numpy(x)] == x.tolist()
    (a, b), *_ = from_numpy(x)
    assert (float(a), float(b)) == (0, 1)
    assert ox.grad(lambda x: sum(r[0] * k for k, r in enumerate(x)))(from_numpy(x)).tolist() == [
        [0, 0],
        [1, 0],
        [2, 0],
    ]


# Updates

UFUNC: dict[str, Any] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "power": np.power,
    "min": np.minimum,
    "max": np.maximum,
}


@pytest.mark.parametrize("index", [*STATIC, *ADVANCED], ids=repr)
@pytest.mark.parametrize("method", ["set", "add", "divide", "max"])
def test_updates_are_those_of_numpy(method: str, index: Any) -> None:
    x = RNG.uniform(1, 2, SHAPE)
    try:
        values = RNG.uniform(1, 2, x[index].shape)
    except IndexError:
        with pytest.raises(IndexError):
            from_numpy(x).at[index].set(1)
        return
    want = x.copy()
    if method == "set":
        want[index] = values
    else:
        UFUNC[method].at(want, index, values)
    for ours in (index, as_ours(index)):
        got = getattr(from_numpy(x).at[ours], method)(from_numpy(values))
        np.testing.assert_allclose(got, want, 1e-14)


@pytest.mark.parametrize("method", UFUNC)
@pytest.mark.parametrize("index", [2, slice(4, 0, -2), ROWS, (ROWS[:1], 0), N[:, :1].ravel()])
def test_every_update_of_every_kind_of_index(method: str, index: Any) -> None:
    x = RNG.uniform(1, 2, (3, 2))
    want = x.copy()
    UFUNC[method].at(want, index, 1.5)
    got = getattr(from_numpy(x).at[as_ours(index)], method)(1.5)
    np.testing.assert_allclose(got, want, 1e-14)
    assert got.dtype == x.dtype


UPDATES: list[tuple[str, Any]] = [
    *[(m, (slice(2, None, -1), 1)) for m in ("set", "divide", "max")],
    *[(m, (ALL, slice(1, 3))) for m in ("add", "power")],
    *[(m, np.array([2, 0])) for m in ("set", "subtract", "multiply", "divide", "power", "min")],
    *[("add", ROWS), ("max", ROWS), ("multiply", N[:, :3])],
]


@pytest.mark.parametrize(("method", "index"), UPDATES, ids=repr)
def test_derivatives_of_updates_are_those_of_jax(method: str, index: Any) -> None:
    shape = np.empty((3, 3))[index].shape
    unique = {} if method in ("add", "max") else {"unique_indices": True}
    agree(
        lambda x, y: getattr(x.at[index], method)(y, **unique),
        lambda x, y: getattr(jnp.asarray(x).at[index], method)(y, **unique),
        RNG.uniform(1, 2, (3, 3)),
        RNG.uniform(1, 2, shape),
    )


@pytest.mark.parametrize("method", ["set", "add", "multiply", "min", "divide"])
@pytest.mark.parametrize("place", [(2, 1), (-1, 0), (3, 0), (0, -4)])
def test_updates_at_traced_scalars(method: str, place: tuple[int, int]) -> None:
    """Which drop what lies outside, and scatter nothing."""
    x, y = RNG.uniform(1, 2, (3, 2, 3)), RNG.uniform(1, 2, 2)

    def write(x: Any, y: Any, i: Any, j: Any) -> Any:
        return getattr(x.at[i, :, j], method)(y)

    want = jax.jit(write)(x.astype(np.float32), y.astype(np.float32), *place)
    args = (from_numpy(x.astype(np.float32)), from_numpy(y.astype(np.float32)))
    np.testing.assert_array_equal(ox.jit(write)(*args, *place), want)
    names = {e.prim.name for e in ox.make_jaxpr(write)(*args, *place).eqns}
    assert "dynamic_update_slice" in names
    assert "scatter" not in names


def test_mapped_and_differentiated_updates_at_traced_scalars() -> None:
    x, y = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 5))
    i = np.array([0, 2, -1, 1], np.int32)

    def measure(lib: Any, x: Any, y: Any, i: Any) -> Any:
        f = lambda x, y, i: x.at[i].set(y).at[i].multiply(y)  # noqa: E731
        write = lib.vmap(lib.vmap(f, (None, 0, None)))
        out, back = lib.vjp(lambda x, y: write(x, y, i), x, y)
        return out, back(out)

    with jax.enable_x64(True):
        want = jax.tree.leaves(measure(jax, *map(jnp.asarray, (x, y, i))))
    got = ox.tree.leaves(measure(ox, *map(from_numpy, (x, y, i))))
    for a, b in zip(got, want, strict=True):
        close("mapped update", np.asarray(a), np.asarray(b), 1e-12)


MODES: list[tuple[str, dict[str, Any]]] = [
    ("get", {"mode": "fill", "fill_value": 7}),
    ("get", {"mode": "fill"}),
    ("get", {"mode": "clip"}),
    ("add", {"mode": "drop"}),
    ("add", {"mode": "clip"}),
    ("set", {"mode": "fill"}),
]
PLACES: list[Any] = [1, 4, -5, np.array([0, 9]), np.array([-9, 0]), np.array([[-1], [1]])]


def same_as_jax(index: Any, method: str, options: dict[str, Any]) -> None:
    x = np.arange(8, dtype=np.float32).reshape(4, 2)
    args = () if method == "get" else (2.0,)
    want = getattr(jnp.asarray(x).at[jnp.asarray(index)], method)(*args, **options)
    got = getattr(from_numpy(x).at[as_ours(index)], method)(*args, **options)
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize(("method", "options"), MODES)
@pytest.mark.parametrize("index", PLACES, ids=repr)
def test_modes_are_those_of_jax(method: str, options: Any, index: Any) -> None:
    same_as_jax(index, method, options)


@pytest.mark.parametrize("index", [1, -4, np.array([[-1], [1]])], ids=repr)
@pytest.mark.parametrize("method", ["get", "set", "add"])
def test_a_kept_promise(method: str, index: Any) -> None:
    options = {"mode": "promise_in_bounds", "indices_are_sorted": False, "unique_indices": True}
    same_as_jax(index, method, options)


MASKED: list[tuple[Any, Any]] = [
    (np.array([[True, False, True], [False, False, True]]), 5.0),
    (np.array([True, False]), 5.0),
    (np.array([True, False]), np.array([1.0, 2, 3])),
]


@pytest.mark.parametrize(("mask", "values"), MASKED)
@pytest.mark.parametrize("method", ["set", *UFUNC])
def test_a_traced_mask_can_be_written_under(method: str, mask: Any, values: Any) -> None:
    x = RNG.uniform(1, 2, (2, 3))
    want = x.copy()
    if method == "set":
        want[mask] = values
    else:
        UFUNC[method].at(want, mask, values)
    write = ox.jit(lambda x, mask: getattr(x.at[mask], method)(values))
    with ox.config.context(check=True):
        got = write(from_numpy(x), from_numpy(mask))
    np.testing.assert_allclose(got, want, 1e-6)


def test_a_mask_that_a_derivative_does_not_reach_is_known() -> None:
    x = np.array([1.0, -2, 3])
    dx = ox.grad(lambda x: reduce_sum(x[x > 0] ** 2, (0,)))(from_numpy(x))
    assert dx.tolist() == [2, 0, 6]


def test_apply() -> None:
    x = from_numpy(np.array([[1.0, 4], [9, 16]]))
    assert x.at[0].apply(lambda v: -v).tolist() == [[-1, -4], [9, 16]]
    assert x.at[np.array([1, 1, 9])].apply(lambda v: -v).tolist() == [[1, 4], [-9, -16]]
    assert x.at[np.array([[True, False], [False, False]])].apply(lambda v: v * 3).tolist() == [
        [3, 4],
        [9, 16],
    ]


WEAK: list[tuple[Any, Any]] = [
    (np.int8, 3),
    (np.float16, 0.1),
    (np.float64, 0.1),
    (np.float64, np.float32(3)),
    (np.float32, [1, 2]),
    (bool, True),
    (np.complex64, 1),
    (np.float64, from_numpy(np.array(2.0, np.float32))),
]


@pytest.mark.parametrize(("dtype", "value"), WEAK)
@pytest.mark.parametrize("index", [ALL, 1, ROWS, slice(None, None, 2)], ids=repr)
def test_values_become_the_dtype_of_the_array(dtype: Any, value: Any, index: Any) -> None:
    x = from_numpy(np.zeros((2, 2), dtype))
    out = x.at[index].set(value)
    assert (out.dtype, out.weak_type) == (x.dtype, False)
    want = np.zeros((2, 2), dtype)
    want[index] = np.asarray(value).astype(dtype)
    np.testing.assert_array_equal(out, want)


def test_a_number_stays_exact() -> None:
    x = from_numpy(np.zeros(2, np.float64))
    assert x.at[1].set(0.1).tolist() == [0, 0.1]
    big = from_numpy(np.zeros(2, np.int64)).at[ROWS].set(2**40)
    assert big.tolist() == [2**40, 2**40]


def test_weak_arrays_stay_weak() -> None:
    x = as_value(3.0, "test")
    assert x.weak_type
    assert x[None].weak_type
    assert x[None].at[0].set(2.0).weak_type
