"""Folds, scans, order and windows, program by program against jax.lax."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from lax.oracle import Program, compared, normal, program, same_derivatives, same_value

import oxmlx as ox
from oxmlx.ops.convert import from_numpy
from oxmlx.testing import check_grads

V, M, T = normal(7), normal(3, 4), normal(2, 5, 3)
INTEGERS = np.array([[3, 1, 6], [7, 5, 12]], np.int32)
BOOLS = np.array([[True, False, True], [True, True, True]])


def logaddexp(lax: Any) -> Any:
    """An operation that no fold of the library is."""
    return lambda a, b: lax.log(lax.add(lax.exp(a), lax.exp(b)))


def moments(lax: Any, x: Any) -> Any:
    """Two arrays folded together: the sum, and the sum of products of a scan order."""

    def step(a: Any, b: Any) -> Any:
        return lax.add(a[0], b[0]), lax.mul(a[1], b[1])

    return lax.reduce((x, lax.sin(x)), (np.float64(0), np.float64(1.0)), step, (0,))


SMOOTH: list[Program] = [
    program("reduce_sum", lambda lax, x: lax.reduce_sum(x, (0, 2)), T),
    program("reduce_sum of no axes", lambda lax, x: lax.reduce_sum(x, ()), T),
    program("reduce_prod", lambda lax, x: lax.reduce_prod(x, [1]), T),
    program("reduce_max", lambda lax, x: lax.reduce_max(x, (1,)), T),
    program("reduce_min", lambda lax, x: lax.reduce_min(x, (0, 1)), T),
    program("reduce with add", lambda lax, x: lax.reduce(x, np.float64(0), lax.add, (1,)), T),
    program("reduce with a lambda", lambda lax, x: lax.reduce(
        x, np.float64(0), lambda a, b: b + a, (0, 1, 2)), T),
    program("reduce with mul", lambda lax, x: lax.reduce(x, np.float64(1.0), lax.mul, (0,)), M),
    program("reduce with max", lambda lax, x: lax.reduce(x, np.float64(-np.inf), lax.max, (1,)), M),
    program("reduce with min", lambda lax, x: lax.reduce(x, np.float64(np.inf), lax.min, (1,)), M),
    program("cumsum", lambda lax, x: lax.cumsum(x, 1), M),
    program("cumsum reversed", lambda lax, x: lax.cumsum(x, reverse=True), M),
    program("cumprod", lambda lax, x: lax.cumprod(x, 1), M),
    program("cummax", lambda lax, x: lax.cummax(x, 1, True), M),
    program("cummin", lambda lax, x: lax.cummin(x), M),
    program("cumlogsumexp", lambda lax, x: lax.cumlogsumexp(x, 1), M),
    program("sort", lambda lax, x: lax.sort(x), M),
    program("sort along the first axis", lambda lax, x: lax.sort(x, 0, is_stable=False), M),
    program("sort_key_val", lambda lax, x, y: lax.sort_key_val(x, y)[1], M, normal(3, 4)),
    program("top_k", lambda lax, x: lax.top_k(x, 2)[0], M),
    program("top_k along the first axis", lambda lax, x: lax.top_k(x, 2, axis=0)[0], M,
            since="0.8.1"),
    program("approx_max_k", lambda lax, x: lax.approx_max_k(x, 2)[0], M),
    program("approx_min_k", lambda lax, x: lax.approx_min_k(x, 2, 0)[0], M),
]  # fmt: skip

# JAX has no reverse mode for its general folds.
FORWARD_ONLY: list[Program] = [
    program("reduce from elsewhere", lambda lax, x: lax.reduce(
        x, np.float64(10), lax.add, (1,)), M),
    program("general reduce", lambda lax, x: lax.reduce(
        x, np.float64(-30), logaddexp(lax), (0, 1)), T),
    program("reduce of two", lambda lax, x: moments(lax, x)[1], M),
]  # fmt: skip

OTHERS: list[Program] = [
    program("reduce_sum of integers", lambda lax, x: lax.reduce_sum(x, (0,)), INTEGERS),
    program("reduce_max of integers", lambda lax, x: lax.reduce_max(x, (1,)), INTEGERS),
    program("reduce_max of bools", lambda lax, x: lax.reduce_max(x, (1,)), BOOLS),
    program("reduce_and", lambda lax, x: lax.reduce_and(x, (1,)), BOOLS),
    program("reduce_and of bits", lambda lax, x: lax.reduce_and(x, (1,)), INTEGERS),
    program("reduce_or", lambda lax, x: lax.reduce_or(x, (0,)), BOOLS),
    program("reduce_xor", lambda lax, x: lax.reduce_xor(x, (0, 1)), INTEGERS),
    *(program(f"{name} of nothing", lambda lax, x, name=name: getattr(lax, name)(x, (0,)),
              np.zeros((0, 2), dtype))
      for name in ("reduce_sum", "reduce_prod", "reduce_max", "reduce_min")
      for dtype in (np.float64, np.int32)),
    program("reduce of nothing", lambda lax, x: lax.reduce(
        x, np.float64(3.0), logaddexp(lax), (0,)), np.zeros((0, 2))),
    program("reduce of bits", lambda lax, x: lax.reduce(
        x, np.int32(-1), lax.bitwise_and, (1,)), INTEGERS),
    program("general reduce of integers", lambda lax, x: lax.reduce(
        x, np.int32(0), lambda a, b: a + b + a * b, (0, 1)), INTEGERS),
    program("both moments", moments, M),
    program("argmax", lambda lax, x: lax.argmax(x, 1, np.int32), INTEGERS),
    program("argmin", lambda lax, x: lax.argmin(x, 0, np.uint8), M),
    program("argmax of NaN", lambda lax, x: lax.argmax(x, 0, np.int64), [1.0, np.nan, 3.0, np.nan]),
    program("cumsum of integers", lambda lax, x: lax.cumsum(x, 1), INTEGERS),
    program("sort by two keys", lambda lax, x, y: lax.sort((x, y, y), dimension=0, num_keys=2),
            np.array([2, 1, 2, 1], np.int32), np.array([5.0, np.nan, 4.0, 1.0])),
    program("sort a list", lambda lax, x, y: lax.sort([x, y], num_keys=1),
            np.array([1, 0, 1, 0], np.int32), np.arange(4)),
    program("top_k and places", lambda lax, x: lax.top_k(x, 3), [1.0, 3.0, np.nan, 3.0]),
    program("approx_min_k and places", lambda lax, x: lax.approx_min_k(x, 2, 0), M),
]  # fmt: skip


def pool(lax: Any, x: Any, init: float, op: Any, *args: Any, **params: Any) -> Any:
    return lax.reduce_window(x, np.float64(init), op, *args, **params)


WINDOWS: list[Program] = [
    program("sum", lambda lax, x: pool(lax, x, 0, lax.add, (1, 2), (1, 2), "VALID"), M),
    program("max", lambda lax, x: pool(lax, x, -np.inf, lax.max, (2, 2), (1, 1), "SAME"), M),
    program("min", lambda lax, x: pool(lax, x, np.inf, lax.min, (2, 3), (1, 1), "SAME_LOWER"), M),
    program("sum, spread out", lambda lax, x: pool(
        lax, x, 0, lax.add, (2, 2), (1, 2), [(1, 0), (2, -1)], (2, 1), (1, 2)), M),
    program("sum of a rank of three", lambda lax, x: pool(lax, x, 0, lax.add, (1, 3, 2)), T,
            since="0.7.0"),
]  # fmt: skip
GENERAL: list[Program] = [
    program("max, spread out", lambda lax, x: pool(
        lax, x, -np.inf, lax.max, (2,), (2,), "SAME", (1,), (3,)), V),
    program("product", lambda lax, x: pool(lax, x, 1, lax.mul, (2, 2), (1, 2), "SAME"), M),
    program("sum from elsewhere", lambda lax, x: pool(
        lax, x, 3, lax.add, (2, 2), (1, 1), "VALID"), M),
    program("general", lambda lax, x: pool(
        lax, x, -30, logaddexp(lax), (3, 2), (1, 2), [(1, 1), (0, 2)], (1, 2), (1, 2)), M),
    program("general of one place", lambda lax, x: pool(
        lax, x, -30, logaddexp(lax), (3,), (1,), "VALID"), V[:3]),
]  # fmt: skip


@pytest.mark.parametrize(
    "p", compared(SMOOTH + FORWARD_ONLY + OTHERS + WINDOWS + GENERAL), ids=lambda p: p.name
)
def test_values(p: Program) -> None:
    same_value(p)


# The others are single primitives, whose derivatives tests/laws checks.
COMPOSED = ("reduce with", "sort_key_val", "top_k", "approx_min_k")


@pytest.mark.parametrize(
    "p",
    compared([p for p in SMOOTH if p.name.startswith(COMPOSED)] + WINDOWS),
    ids=lambda p: p.name,
)
def test_derivatives(p: Program) -> None:
    wide = p.name == "reduce with a lambda"  # its first number is a float64
    same_derivatives(p, skip=("float32",) if wide else ())


@pytest.mark.parametrize("p", FORWARD_ONLY + GENERAL, ids=lambda p: p.name)
def test_derivatives_of_general_folds(p: Program) -> None:
    """Against finite differences: JAX has no reverse mode for them."""
    check_grads(lambda *xs: p.f(ox.lax, *xs), list(map(from_numpy, p.operands)), order=2)


def test_a_fold_of_several_arrays_maps_and_compiles() -> None:
    x = from_numpy(normal(3, 4, 2))
    want = np.stack([np.asarray(moments(ox.lax, row)[1]) for row in x])
    got = ox.jit(ox.vmap(lambda x: moments(ox.lax, x)[1]))(x)
    np.testing.assert_allclose(got, want, rtol=1e-14)


def test_a_computation_may_close_over_what_is_differentiated() -> None:
    x, scale = from_numpy(V), from_numpy(np.array(0.3))

    def f(scale: Any, x: Any) -> Any:
        return ox.lax.reduce(x, 0.0, lambda a, b: a + b + scale * a * b, (0,))

    check_grads(f, [scale, x], order=2)
    want = (np.prod(1 + 0.3 * V) - 1) / 0.3
    np.testing.assert_allclose(float(f(scale, x)), want, rtol=1e-12)


def test_order_is_kept() -> None:
    """Matrix products do not commute."""
    parts = normal(5, 4)

    def product(a: Any, b: Any) -> Any:
        (p, q, r, s), (t, u, v, w) = a, b
        return p * t + q * v, p * u + q * w, r * t + s * v, r * u + s * w

    got = ox.lax.reduce(tuple(map(from_numpy, parts.T)), (1.0, 0.0, 0.0, 1.0), product, (0,))
    want = np.linalg.multi_dot(list(parts.reshape(5, 2, 2)))
    np.testing.assert_allclose(np.ravel(got), np.ravel(want), rtol=1e-12)


def test_windows_of_pairs() -> None:
    """The largest element of each window and its place, folded together."""
    x, places = np.array([3.0, 1.0, 4.0, 1.0, 5.0]), np.arange(5, dtype=np.int32)

    def later(lax: Any, a: Any, b: Any) -> Any:
        wins = lax.gt(a[0], b[0])
        return lax.select(wins, a[0], b[0]), lax.select(wins, a[1], b[1])

    def f(lax: Any, x: Any, i: Any) -> Any:
        start = lax.full((), -np.inf, np.float64), np.int32(-1)
        step = lambda a, b: later(lax, a, b)  # noqa: E731
        return lax.reduce_window((x, i), start, step, (2,), (1,), "VALID")

    same_value(program("pairs", f, x, places))


def test_padding_consists_of_the_initial_value() -> None:
    """As StableHLO says; XLA's CPU backend leaves such elements out instead."""
    x = from_numpy(np.array([1.0, 2.0]))
    got = ox.lax.reduce_window(x, 3.0, ox.lax.add, (2,), (1,), [(1, 1)])
    assert got.tolist() == [3 + 3 + 1, 3 + 1 + 2, 3 + 2 + 3]


def test_shapes_of_windows() -> None:
    for args in (((10, 4), (3, 1), (2, 1), [(0, 0), (1, 1)]),
                 ((7,), (2,), (3,), [(1, 2)], (2,), (3,))):  # fmt: skip
        want = jax.lax.reduce_window_shape_tuple(*args)
        assert ox.lax.reduce_window_shape_tuple(*args) == want
