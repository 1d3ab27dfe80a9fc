"""Slopes at kinks and infinities, derivatives that JAX lacks or loses."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import oxmlx as ox
from differences.rows import row
from oxmlx.errors import ArgumentError, ConcretizationError, GradientError

onp = ox.numpy


@row("slope of abs at 0")
def abs_at_zero() -> None:
    assert jax.grad(jnp.abs)(0.0) == 1
    assert ox.grad(onp.abs)(0.0) == 0


@row("slope of sign for complex numbers")
def complex_sign() -> None:
    z, dz = 3 + 4j, 1 + 0j
    assert jax.jvp(jnp.sign, (z,), (dz,))[1] == 0
    slope = ox.jvp(onp.sign, (onp.array(z),), (onp.array(dz),))[1].item()
    h = 1e-6
    difference = ((z + h * dz) / abs(z + h * dz) - z / abs(z)) / h
    assert abs(slope - difference) < 1e-6


@row("slope of x ** 0 at 0")
def zeroth_power() -> None:
    for zero, theirs in ((0.0, jnp.array(0.0)), (onp.array(0.0), jnp.array(0.0))):
        assert np.isnan(jax.grad(lambda x, n=theirs: x**n)(0.0))
        assert ox.grad(lambda x, n=zero: x**n)(0.0) == 0


@row("slopes of hypot at (0, 0)")
def hypot_at_zero() -> None:
    assert [g.item() for g in jax.grad(jnp.hypot, (0, 1))(0.0, 0.0)] == [0.5, 0.5]
    assert [g.item() for g in ox.grad(onp.hypot, (0, 1))(0.0, 0.0)] == [0, 0]


@row("slopes of logaddexp at infinities")
def logaddexp() -> None:
    for x, theirs in ((-np.inf, [np.nan, np.nan]), (np.inf, [1, 1])):
        got = [g.item() for g in jax.grad(jnp.logaddexp, (0, 1))(x, x)]
        np.testing.assert_array_equal(got, theirs)
        assert sum(g.item() for g in ox.grad(onp.logaddexp, (0, 1))(x, x)) == 1


@row("slopes of clamp with low > high")
def clamp() -> None:
    def slopes(L: Any, x: float) -> list[float]:
        return [g.item() for g in L.grad(L.lax.clamp, (0, 2))(2.0, x, 1.0)]

    for x, theirs in ((0.0, [0, 0]), (1.5, [0, 1]), (3.0, [0, 1])):
        assert jax.lax.clamp(2.0, x, 1.0) == ox.lax.clamp(2.0, x, 1.0) == 1
        assert (slopes(jax, x), slopes(ox, x)) == (theirs, [0, 1])


@row("cumlogsumexp after -inf")
def cumlogsumexp() -> None:
    x = [-np.inf, -np.inf, 1.0]

    def last(L: Any, np: Any) -> Any:
        return L.grad(lambda x: L.lax.cumlogsumexp(x)[-1])(np.array(x))

    assert np.isnan(last(jax, jnp)[:2]).all()
    assert last(ox, onp).tolist() == [0, 0, 1]


@row("derivatives that JAX has not")
def missing() -> None:
    def pooled(L: Any, np: Any) -> Any:
        window = {"window_dimensions": (2,), "window_strides": (1,), "padding": "VALID"}
        window["window_dilation"] = (2,)
        pool = lambda x: np.sum(L.lax.reduce_window(x, -np.inf, L.lax.max, **window))  # noqa: E731
        return L.grad(pool)(np.arange(5.0))

    with pytest.raises(NotImplementedError):
        pooled(jax, jnp)
    assert pooled(ox, onp).tolist() == [0, 0, 1, 1, 1]
    with pytest.raises(NotImplementedError):
        jax.grad(jax.lax.zeta)(2.0, 1.0)
    assert ox.grad(ox.lax.zeta)(2.0, 1.0).item() == pytest.approx(-0.9375482)

    def largest(L: Any, np: Any) -> Any:
        return L.vmap(L.grad(lambda x: L.lax.pmax(x * x, "i")), axis_name="i")(np.arange(3.0))

    with pytest.raises(NotImplementedError):
        largest(jax, jnp)
    assert largest(ox, onp).tolist() == [0, 0, 12]


@row("symbolic zeros in rules of one's own")
def symbolic_zeros() -> None:
    seen: list[str] = []

    def gradient(L: Any) -> Any:
        def rule(primals: Any, tangents: Any) -> Any:
            seen.append(type(tangents[1]).__name__)
            return primals[0], tangents[0]

        f = L.custom_jvp(lambda x, y: x)
        f.defjvp(rule, symbolic_zeros=True)
        return L.grad(f)(1.0, 2.0)

    assert gradient(jax) == 1 and seen == ["SymbolicZero"]
    with pytest.raises(ArgumentError, match="zeros as arrays"):
        gradient(ox)
    with pytest.raises(ArgumentError, match="zeros as arrays"):
        ox.custom_vjp(lambda x: x).defvjp(abs, abs, symbolic_zeros=True)


@row("tangents and cotangents that are Python numbers")
def plain_tangents() -> None:
    with pytest.raises(TypeError):
        jax.jvp(jnp.sin, (0.0,), (1,))
    with pytest.raises(ValueError, match="int32"):
        jax.vjp(jnp.sin, 0.0)[1](1)
    assert ox.jvp(onp.sin, (0.0,), (1,))[1].item() == 1
    assert ox.vjp(onp.sin, 0.0)[1](1)[0].item() == 1
    with pytest.raises(GradientError, match="dtype"):
        ox.vjp(onp.sin, onp.zeros(2))[1](onp.ones(2, "int32"))


@row("x.item() and int(x) under grad")
def numbers_under_grad() -> None:
    for number in (lambda x: x.item(), int):
        square = lambda x, number=number: x * number(x)  # noqa: E731
        assert jax.grad(square)(jnp.array(3.0)) == 3
        with pytest.raises(ConcretizationError, match="would lose its derivative"):
            ox.grad(square)(onp.array(3.0))
    for library in (jax, ox):
        with pytest.raises(TypeError):
            library.grad(lambda x: x * float(x))(3.0)
