"""Slopes at kinks and infinities, derivatives that JAX lacks, rules of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import oxmlx as ox
from differences.rows import row
from oxmlx.errors import ConcretizationError, GradientError

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


def branching(L: Any, np: Any) -> Callable[..., Any]:
    """A function with a rule of its own, that asks for the value of its argument."""

    @L.custom_vjp
    def f(x: Any) -> Any:
        return np.sin(x) if x > 0 else x

    f.defvjp(lambda x: (f(x), x), lambda x, ct: (2 * ct,))
    return f


@row("Python's if in functions with rules of their own")
def control_flow_in_custom_rules() -> None:
    assert jax.grad(branching(jax, jnp))(1.0) == 2
    assert branching(ox, onp)(1.0).item() == onp.sin(1.0).item()
    with pytest.raises(ConcretizationError, match=r"ox.lax.cond"):
        ox.grad(branching(ox, onp))(1.0)


def closing(L: Any, kind: str, y: Any) -> Callable[..., Any]:
    """A function with a rule of its own, that uses `y` from outside."""
    f = getattr(L, kind)(lambda x: x * y)
    if kind == "custom_vjp":
        f.defvjp(lambda x: (x * y, y), lambda y, ct: (ct * y,))
    else:
        f.defjvp(lambda primals, tangents: (primals[0] * y, tangents[0] * y))
    return f


@row("closures of functions with rules of their own")
def closures_of_custom_rules() -> None:
    for kind in ("custom_vjp", "custom_jvp"):
        with pytest.raises(jax.errors.UnexpectedTracerError):
            jax.grad(lambda y, kind=kind: closing(jax, kind, y)(2.0))(3.0)
        with pytest.raises(GradientError, match="closes over a value that is being differentiated"):
            ox.grad(lambda y, kind=kind: closing(ox, kind, y)(2.0))(3.0)
        # what is not differentiated may be closed over
        assert ox.jit(lambda y, kind=kind: ox.grad(closing(ox, kind, y))(2.0))(3.0).item() == 3
