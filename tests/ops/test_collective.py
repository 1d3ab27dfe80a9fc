"""Collectives against jax, under every order of transformations."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oxmlx as ox
from oxmlx.ops import collective as ours
from oxmlx.ops.axes import reduce_sum
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.math import sin

pytestmark = pytest.mark.x64

N = 4
RING = [(0, 1), (1, 2), (2, 3), (3, 0)]
MIXED = [(2, 0), (0, 3), (3, 1), (1, 2)]

# name, ours, theirs: functions of x: f64[4, 8]
OPS: list[tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = [
    ("psum", lambda x: ours.psum(x, "i"), lambda x: jax.lax.psum(x, "i")),
    ("pmean", lambda x: ours.pmean(x, "i"), lambda x: jax.lax.pmean(x, "i")),
    ("pmax", lambda x: ours.pmax(x, "i"), lambda x: jax.lax.pmax(x, "i")),
    ("pmin", lambda x: ours.pmin(x, "i"), lambda x: jax.lax.pmin(x, "i")),
    ("gather", lambda x: ours.all_gather(x, "i"), lambda x: jax.lax.all_gather(x, "i")),
    (
        "gather last",
        lambda x: ours.all_gather(x, "i", axis=-1),
        lambda x: jax.lax.all_gather(x, "i", axis=x.ndim),
    ),
    (
        "gather tiled",
        lambda x: ours.all_gather(x, "i", axis=1, tiled=True),
        lambda x: jax.lax.all_gather(x, "i", axis=1, tiled=True),
    ),
    ("scatter", lambda x: ours.psum_scatter(x, "i"), lambda x: jax.lax.psum_scatter(x, "i")),
    (
        "scatter tiled",
        lambda x: ours.psum_scatter(x, "i", scatter_dimension=1, tiled=True),
        lambda x: jax.lax.psum_scatter(x, "i", scatter_dimension=1, tiled=True),
    ),
    (
        "exchange",
        lambda x: ours.all_to_all(x, "i", 0, 1),
        lambda x: jax.lax.all_to_all(x, "i", 0, 1),
    ),
    (
        "exchange tiled",
        lambda x: ours.all_to_all(x, "i", 1, 0, tiled=True),
        lambda x: jax.lax.all_to_all(x, "i", 1, 0, tiled=True),
    ),
    ("ring", lambda x: ours.ppermute(x, "i", RING), lambda x: jax.lax.ppermute(x, "i", RING)),
    ("permute", lambda x: ours.ppermute(x, "i", MIXED), lambda x: jax.lax.ppermute(x, "i", MIXED)),
    (
        "index",
        lambda x: x * ours.axis_index("i"),
        lambda x: x * jax.lax.axis_index("i"),
    ),
]
each_op = pytest.mark.parametrize(
    ("mine", "theirs"), [(m, t) for _, m, t in OPS], ids=[n for n, _, _ in OPS]
)
linear = [o for o in OPS if o[0] not in ("pmax", "pmin")]
each_linear = pytest.mark.parametrize(
    ("mine", "theirs"), [(m, t) for _, m, t in linear], ids=[n for n, _, _ in linear]
)

X = np.random.default_rng(0).normal(size=(N, N, 8))


def arr(x: Any) -> Any:
    return from_numpy(np.array(x))


def same(ours: Any, theirs: Any, tolerance: float = 1e-14) -> None:
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


@each_op
def test_value(mine: Any, theirs: Any) -> None:
    want = jax.vmap(theirs, axis_name="i")(X)
    same(ox.vmap(mine, axis_name="i")(arr(X)), want)
    same(ox.jit(ox.vmap(mine, axis_name="i"))(arr(X)), want)
    same(ox.vmap(ox.jit(mine), axis_name="i")(arr(X)), want)


@each_op
@pytest.mark.parametrize("axis", [1, 2])
def test_the_axis_may_be_anywhere(mine: Any, theirs: Any, axis: int) -> None:
    x = np.moveaxis(X, 0, axis)
    want = jax.vmap(theirs, in_axes=axis, axis_name="i")(x)
    same(ox.vmap(mine, in_axes=axis, axis_name="i")(arr(x)), want)


@each_op
def test_value_that_is_not_mapped(mine: Any, theirs: Any) -> None:
    want = jax.vmap(theirs, axis_name="i")(np.broadcast_to(X[0], X.shape))
    got = ox.vmap(mine, in_axes=None, axis_size=N, axis_name="i")(arr(X[0]))
    same(got, want)


@each_op
def test_vmaps_around_and_inside(mine: Any, theirs: Any) -> None:
    """One more axis is a stack of maps, whichever vmap is outside."""
    xs = np.random.default_rng(1).normal(size=(3, N, N, 8))
    named = ox.vmap(mine, axis_name="i")
    rows = [np.asarray(named(arr(x))) for x in xs]
    same(ox.vmap(named)(arr(xs)), np.stack(rows))
    last = ox.vmap(ox.vmap(mine, in_axes=2, out_axes=-1), axis_name="i")
    same(last(arr(np.moveaxis(xs, 0, 3))), np.stack(rows, -1))


def loss(x: Any) -> Any:
    """A scalar whose derivative differs from element to element."""
    y = x * x * (1.0 + x)
    return reduce_sum(y, tuple(range(y.ndim))) if isinstance(y, ox.Array) else y.sum()


@each_linear
def test_gradient_outside_and_inside_of_the_vmap(mine: Any, theirs: Any) -> None:
    """Inside, an element has the gradient of all losses together: psum is its own adjoint."""
    want = jax.grad(lambda x: loss(jax.vmap(theirs, axis_name="i")(x)))(X)
    same(ox.grad(lambda x: loss(ox.vmap(mine, axis_name="i")(x)))(arr(X)), want, 1e-12)
    same(ox.vmap(ox.grad(lambda x: loss(mine(x))), axis_name="i")(arr(X)), want, 1e-12)
    jitted = ox.jit(ox.grad(lambda x: loss(ox.jit(mine)(x))))
    same(ox.vmap(jitted, axis_name="i")(arr(X)), want, 1e-12)


def test_gradient_of_psum_inside_is_that_of_jax() -> None:
    want = jax.vmap(jax.grad(lambda x: loss(jax.lax.psum(x, "i"))), axis_name="i")(X)
    same(ox.vmap(ox.grad(lambda x: loss(ours.psum(x, "i"))), axis_name="i")(arr(X)), want, 1e-12)


@pytest.mark.parametrize("name", ["pmax", "pmin"])
def test_gradient_of_an_extreme_is_that_of_the_reduction(name: str) -> None:
    x = np.array([[3.0, 1.0], [3.0, 2.0], [0.0, 2.0]])
    w = np.array([[1.0, 2.0], [3.0, 5.0], [7.0, 11.0]])
    p, reduce = getattr(ours, name), {"pmax": jnp.max, "pmin": jnp.min}[name]
    got = ox.grad(
        lambda x: reduce_sum(ox.vmap(lambda v, w: p(v, "i") * w, axis_name="i")(x, arr(w)), (0, 1))
    )(arr(x))
    same(got, jax.grad(lambda x: jnp.sum(reduce(x, 0) * w))(x))
    inside = ox.vmap(ox.grad(lambda v: p(v, "i")), axis_name="i")(arr(x[:, 0]))
    same(inside, jax.grad(lambda v: reduce(v) * 3)(x[:, 0]))  # the loss of each element counts


@each_op
def test_in_the_body_of_a_loop(mine: Any, theirs: Any) -> None:
    def loop(f: Any, scan: Any) -> Any:
        return lambda x: scan(lambda c, v: (c + 1.0, f(v) * c), 0.0, x)[1]

    xs = np.random.default_rng(2).normal(size=(N, 3, N, 8))
    want = jax.vmap(loop(theirs, jax.lax.scan), axis_name="i")(xs)
    from_scan = ox.vmap(loop(mine, ox.lax.scan), axis_name="i")(arr(xs))
    same(from_scan, want)


def test_several_names_and_a_tree() -> None:
    x = np.arange(6.0).reshape(2, 3)

    def nest(vmap: Any, f: Any) -> Any:
        return vmap(vmap(f, axis_name="j"), axis_name="i")

    for name in ("psum", "pmean"):
        mine, theirs = getattr(ours, name), getattr(jax.lax, name)
        want = nest(jax.vmap, lambda v, p=theirs: p({"a": v, "b": (v * v,)}, ("i", "j")))(x)
        got = nest(ox.vmap, lambda v, p=mine: p({"a": v, "b": (v * v,)}, ("i", "j")))(arr(x))
        same(got["a"], want["a"])
        same(got["b"][0], want["b"][0])
    same(nest(ox.vmap, lambda v: ours.pmax(v, ("j", "i")))(arr(x)), np.full((2, 3), 5.0))
    same(
        nest(ox.vmap, lambda v: ours.axis_index(("i", "j")))(arr(x)),
        nest(jax.vmap, lambda v: jax.lax.axis_index(("i", "j")))(x),
    )
    gathered = np.asarray(nest(ox.vmap, lambda v: ours.all_gather(v, ("i", "j")))(arr(x)))
    np.testing.assert_array_equal(gathered, np.broadcast_to(np.arange(6.0), (2, 3, 6)))
    gathered = np.asarray(nest(ox.vmap, lambda v: ours.all_gather(v, ("j", "i")))(arr(x)))
    np.testing.assert_array_equal(gathered, np.broadcast_to(x.T.reshape(-1), (2, 3, 6)))


def test_a_number_stays_a_number() -> None:
    sizes: list[Any] = []

    def f(x: Any) -> Any:
        sizes.extend([ours.psum(1, "i"), ours.psum(2.5, ("i",)), ours.axis_size("i")])
        return x

    ox.vmap(f, axis_name="i")(arr(np.ones(3)))
    assert sizes == [3, 7.5, 3] and [type(n) for n in sizes] == [int, float, int]


@pytest.mark.parametrize("dtype", ["bool", "int32", "uint8", "float16", "bfloat16", "complex64"])
def test_dtypes(dtype: str) -> None:
    x = jnp.asarray([[1, 0, 1], [1, 1, 0]]).astype(dtype)
    value = arr(np.asarray(x))
    for mine, theirs in (
        (ours.psum, jax.lax.psum),
        (ours.all_gather, jax.lax.all_gather),
        *([] if dtype == "complex64" else [(ours.pmax, jax.lax.pmax)]),
    ):
        got = ox.vmap(lambda v, f=mine: f(v, "i"), axis_name="i")(value)
        same(got, jax.vmap(lambda v, f=theirs: f(v, "i"), axis_name="i")(x))
    assert ox.vmap(lambda v: ours.pmean(v, "i"), axis_name="i")(value).dtype in (
        *(np.dtype(np.float32), value.dtype),
    )


@given(st.permutations(range(5)), st.integers(0, 5))
def test_partial_permutations(order: list[int], count: int) -> None:
    perm = list(enumerate(order))[:count]
    x = np.arange(1.0, 6.0)
    want = np.zeros(5)
    for s, t in perm:
        want[t] = x[s]
    f = ox.vmap(lambda v: ours.ppermute(v, "i", perm), axis_name="i")
    np.testing.assert_array_equal(np.asarray(f(arr(x))), want)
    ct = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    (back,) = ox.vjp(f, arr(x))[1](arr(ct))
    assert np.vdot(ct, want) == np.vdot(np.asarray(back), x)


def test_the_inner_of_two_equal_names_counts() -> None:
    f = ox.vmap(ox.vmap(lambda x: ours.psum(x, "i"), axis_name="i"), axis_name="i")
    np.testing.assert_array_equal(np.asarray(f(arr(np.ones((2, 3))))), np.full((2, 3), 3.0))


def test_jit_traces_again_under_another_axis() -> None:
    f = ox.jit(lambda x: x / ours.psum(1, "i"))
    for n in (2, 4):
        got = ox.vmap(f, axis_name="i")(arr(np.ones(n)))
        np.testing.assert_array_equal(np.asarray(got), np.full(n, 1 / n))
    assert f.traces == 2


def test_axis_of_no_elements() -> None:
    x = arr(np.zeros((0, 3)))
    assert ox.vmap(lambda v: ours.ppermute(v, "i", []), axis_name="i")(x).shape == (0, 3)
    assert ox.vmap(lambda v: ours.all_gather(v, "i"), axis_name="i")(x).shape == (0, 0, 3)


def test_a_program_says_the_name() -> None:
    texts: list[str] = []

    def f(x: Any) -> Any:
        texts.append(str(ox.make_jaxpr(lambda v: sin(ours.psum(v, "i")))(x)))
        return x

    ox.vmap(f, axis_name="i")(arr(np.ones(3)))
    assert "psum[axis_name=i axis_size=3]" in texts[0]


@pytest.mark.parametrize("order", [*itertools.permutations(["jit", "vmap", "jvp"])], ids=str)
def test_every_order_of_three_transformations(order: tuple[str, ...]) -> None:
    """jit, a vmap without a name, and jvp, inside the vmap that has it."""
    x = np.random.default_rng(3).normal(size=(3, 2))

    def transformed(lib: Any, psum: Any) -> Any:
        def jvp(f: Any) -> Any:
            return lambda v: lib.jvp(f, (v,), (v * v,))[1]

        def f(v: Any) -> Any:
            return psum(v * v, "i") * v

        for name in order:
            f = {"jit": lib.jit, "vmap": lib.vmap, "jvp": jvp}[name](f)
        return lib.vmap(f, axis_name="i")

    same(transformed(ox, ours.psum)(arr(x)), transformed(jax, jax.lax.psum)(x), 1e-12)
