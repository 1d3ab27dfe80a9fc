"""Indices outside, what an update accepts, positions."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import oxmlx as ox
from differences.rows import row
from oxmlx.errors import DtypeError, OutOfBoundsError

onp = ox.numpy


@row("static index outside")
def static_index() -> None:
    assert jnp.arange(3)[7] == 2
    assert jnp.arange(3)[-7] == 0
    assert jnp.arange(3).at[7].set(9).tolist() == [0, 1, 2]
    for f in (lambda x: x[7], lambda x: x[-7], lambda x: x.at[7].set(9), lambda x: x.at[7].get()):
        with pytest.raises(OutOfBoundsError):
            f(onp.arange(3))
    assert onp.arange(3).at[7].get(mode="clip") == 2


@row("dynamic index outside")
def dynamic_index() -> None:
    at = [7, -7, 1]
    for f in (lambda x, i: x[i], jax.jit(lambda x, i: x[i])):
        assert f(jnp.arange(3.0), jnp.array(at)).tolist() == [2, 0, 1]
    for f in (lambda x, i: x[i], ox.jit(lambda x, i: x[i])):
        np.testing.assert_array_equal(f(onp.arange(3.0), onp.array(at)), [np.nan, np.nan, 1])
        assert f(onp.arange(3), onp.array(7)) == -(2**31)
        assert f(onp.arange(3, dtype="uint8"), onp.array(7)) == 255
    assert jax.grad(lambda x: x[jnp.array(7)])(jnp.arange(3.0)).tolist() == [0, 0, 1]
    assert ox.grad(lambda x: x[onp.array(7)])(onp.arange(3.0)).tolist() == [0, 0, 0]


@row("negative index in a narrow dtype")
def narrow_index() -> None:
    assert jnp.arange(300)[jnp.array(-1, "int8")] == (300 - 1) % 256
    assert onp.arange(300)[onp.array(-1, dtype="int8")] == 299


@row("what x.at[i] takes")
def values_of_updates() -> None:
    x, y = jnp.array([1, 2], "int8"), onp.array([1, 2], dtype="int8")
    assert x.at[0].set(2.7).tolist() == [2, 2]
    assert x.at[0].add(300).tolist() == [45, 2]
    assert x.at[0].divide(2).dtype == jnp.float32
    with pytest.raises(DtypeError):
        y.at[0].set(2.7)
    with pytest.raises(OverflowError):
        y.at[0].add(300)
    with pytest.raises(DtypeError):
        y.at[0].divide(2)


@row("x.at[i].apply at repeated indices")
def apply() -> None:
    assert jnp.ones(2).at[jnp.array([0, 0])].apply(lambda x: 2 * x).tolist() == [4, 1]
    assert onp.ones(2).at[onp.array([0, 0])].apply(lambda x: 2 * x).tolist() == [2, 1]
    with pytest.raises(NotImplementedError):
        jax.grad(lambda x: jnp.sum(x.at[0].apply(jnp.sin)))(jnp.zeros(2))
    assert ox.grad(lambda x: onp.sum(x.at[0].apply(onp.sin)))(onp.zeros(2)).tolist() == [1, 1]


@row("x.at[mask] while tracing")
def traced_mask() -> None:
    with pytest.raises(IndexError):
        jax.jit(lambda x: x.at[x > 0].set(5))(jnp.array([-1, 1]))
    assert ox.jit(lambda x: x.at[x > 0].set(5))(onp.array([-1, 1])).tolist() == [-1, 5]


@row("positions in a narrow dtype")
def narrow_positions() -> None:
    x = np.arange(300.0, dtype=np.float32)
    assert jax.lax.argmax(jnp.array(x), 0, jnp.int8) == 43
    with pytest.raises(DtypeError, match="i8 cannot count 300 elements"):
        ox.lax.argmax(onp.array(x), 0, "int8")


@row("top_k of zeros and NaN")
def top_k() -> None:
    zeros = np.array([-0.0, 0.0, -0.0, 0.0], np.float32)
    nans = np.array([np.nan, -np.nan, -np.inf, np.nan], np.float32)
    for x, theirs in ((zeros, [1, 3, 0, 2]), (nans, [0, 3, 2, 1])):
        assert jax.lax.top_k(x, 4)[1].tolist() == theirs
        order = jnp.argsort(x, descending=True).tolist()
        assert ox.lax.top_k(onp.array(x), 4)[1].tolist() == order != theirs
        assert onp.argsort(onp.array(x), descending=True).tolist() == order


@row("equal elements in descending order")
def descending() -> None:
    zeros = [-0.0, 0.0, 0.0]

    def signs(np_: Any) -> list[bool]:
        return np.signbit(np_.sort(np_.array(zeros), descending=True)).tolist()

    def order(np_: Any, **stable: bool) -> list[int]:
        return np_.argsort(np_.array(zeros), descending=True, **stable).tolist()

    assert (signs(jnp), signs(onp)) == ([False, False, True], [True, False, False])
    assert (order(jnp, stable=False), order(onp, stable=False)) == ([2, 1, 0], [0, 1, 2])
    assert order(jnp) == order(onp) == [0, 1, 2]
