"""`map`, collectives made of others, composites."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from agreement import agree
from lax.oracle import normal, program, same_value

import oxmlx as ox
from oxmlx.ops.convert import from_numpy

ROWS = normal(7, 3)


def norms(lax: Any, x: Any, **options: Any) -> Any:
    """A pytree in, a pytree out."""

    def f(row: Any) -> Any:
        a, b = row
        return {"dot": lax.dot(a, lax.sin(b)), "a": a}

    out = lax.map(f, (x, x), **options)
    return lax.mul(lax.broadcast_in_dim(out["dot"], x.shape, (0,)), out["a"])


@pytest.mark.parametrize(
    "size", [None, pytest.param(0, marks=pytest.mark.jax("0.8.2")), 1, 2, 3, 7, 10]
)
def test_map(size: int | None) -> None:
    agree(
        lambda x: norms(ox.lax, x, batch_size=size),
        lambda x: norms(jax.lax, x, batch_size=size),
        ROWS,
    )


def test_map_traces_once() -> None:
    calls: list[int] = []

    def f(x: Any) -> Any:
        calls.append(1)
        return x * 2

    y = ox.lax.map(f, from_numpy(np.arange(1000.0)))
    assert len(calls) == 1
    np.testing.assert_array_equal(y, 2 * np.arange(1000.0))


@pytest.mark.parametrize("library", [ox, jax], ids=["oxmlx", "jax"])
def test_cond_traces_true_fun_first(library: Any) -> None:
    order: list[bool] = []
    library.lax.cond(True, lambda x: order.append(True), lambda x: order.append(False), 1.0)
    assert order == [True, False]


def test_map_of_nothing() -> None:
    same_value(program("no rows", lambda lax, x: lax.map(lax.sin, x), np.zeros((0, 3))))
    same_value(
        program("no rows", lambda lax, x: lax.map(lax.sin, x, batch_size=2), np.zeros((0, 3)))
    )


X = normal(3, 3, 2)


@pytest.mark.parametrize(
    "f",
    [
        lambda lax, x: lax.pshuffle(x, "i", [2, 0, 1]),
        lambda lax, x: lax.pswapaxes(x, "i", 0),
        lambda lax, x: lax.pswapaxes(lax.transpose(x, (1, 0)), "i", 1),
    ],
)
def test_collectives(f: Any) -> None:
    agree(
        ox.vmap(lambda x: f(ox.lax, x), axis_name="i"),
        jax.vmap(lambda x: f(jax.lax, x), axis_name="i"),
        X,
    )


def test_pbroadcast() -> None:
    x = from_numpy(X)
    y, back = ox.vjp(ox.vmap(lambda x: ox.lax.pbroadcast(x, "i", 1), axis_name="i"), x)
    np.testing.assert_array_equal(y, np.stack([X[1]] * 3))
    want = np.zeros_like(X)
    want[1] = X.sum(0)
    np.testing.assert_allclose(back(x)[0], want, rtol=1e-14)
    flags = from_numpy(np.array([False, True]))
    assert ox.vmap(lambda x: ox.lax.pbroadcast(x, "i", 1), axis_name="i")(flags).dtype == bool


def test_a_composite_is_one_equation() -> None:
    f = ox.lax.composite(lambda x, *, scale: ox.lax.sin(x) * scale, "test.wave")
    x = from_numpy(ROWS)
    np.testing.assert_allclose(f(x, scale=2.0), 2 * np.sin(ROWS), rtol=1e-14)
    (eqn,) = ox.make_jaxpr(lambda x: f(x, scale=2.0))(x).eqns
    assert eqn.prim.label == "test.wave"
    agree(lambda x: f(x, scale=2.0), lambda x: 2 * jax.numpy.sin(x), ROWS)


@pytest.mark.jax("0.10.2")
def test_names_are_those_of_jax() -> None:
    """Nothing is public that JAX has not under the same name."""
    assert {name for name in ox.lax.__all__ if not hasattr(jax.lax, name)} == set()
