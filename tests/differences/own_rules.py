"""Functions with rules of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import oxmlx as ox
from differences.rows import row
from oxmlx.errors import ArgumentError, ConcretizationError, GradientError, ShapeError

onp = ox.numpy


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


def doubled(L: Any, kind: str, rule: Callable[..., Any]) -> Callable[..., Any]:
    """x -> 2 x, whose `rule` maps 2 x and 2 dx, or 2 ct, to what the rule is to return."""
    f = getattr(L, kind)(lambda x: 2 * x)
    if kind == "custom_vjp":
        f.defvjp(lambda x: (rule(2 * x, 0)[0], None), lambda _, ct: (rule(ct, 2 * ct)[1],))
    else:
        f.defjvp(lambda primals, tangents: rule(2 * primals[0], 2 * tangents[0]))
    return f


@row("dtypes of derivatives by rules")
def dtypes_of_derivatives() -> None:
    def narrow(y: Any, dy: Any) -> Any:
        return y, dy.astype("float16") if hasattr(dy, "dtype") else dy

    back = jax.grad(doubled(jax, "custom_vjp", narrow))(jnp.array(3.0))
    assert (back.dtype, back.item()) == ("float16", 2)
    with pytest.raises(TypeError, match="float16"):
        jax.jvp(doubled(jax, "custom_jvp", narrow), (jnp.array(3.0),), (jnp.array(1.0),))
    for kind in ("custom_vjp", "custom_jvp"):
        back = ox.grad(doubled(ox, kind, narrow))(onp.array(3.0))
        assert (back.dtype, back.item()) == ("float32", 2)


@row("dtypes of values by rules")
def dtypes_of_values() -> None:
    def narrow(y: Any, dy: Any) -> Any:
        return y.astype("float16"), dy.astype("float16") if hasattr(dy, "dtype") else dy

    for kind in ("custom_vjp", "custom_jvp"):
        assert jax.vjp(doubled(jax, kind, narrow), jnp.array(3.0))[0].dtype == jnp.float16
        with pytest.raises(ShapeError, match="the function returns f32"):
            ox.vjp(doubled(ox, kind, narrow), onp.array(3.0))


@row("nondiff_argnums of custom_jvp")
def nondiff() -> None:
    def slope(L: Any) -> Any:
        f = L.custom_jvp(lambda k, x: k * x, nondiff_argnums=(0,))
        f.defjvp(lambda k, primals, tangents: (k * primals[0], k * tangents[0]))
        return L.jit(lambda k: L.grad(lambda x: f(k, x))(1.0))(3.0)

    assert slope(jax) == 3
    with pytest.raises(ArgumentError, match="a nondiff argument is a traced value"):
        slope(ox)


@row("custom_vjp of psum in vmap")
def psum() -> None:
    def slopes(L: Any, np: Any, kind: str) -> Any:
        def total(x: Any) -> Any:
            return L.lax.psum(x, "i")

        f = getattr(L, kind)(total)
        if kind == "custom_vjp":
            f.defvjp(lambda x: (total(x), None), lambda _, ct: (10 * ct,))
        else:
            f.defjvp(lambda primals, tangents: (total(primals[0]), 10 * tangents[0]))
        totals = L.vmap(f, axis_name="i")
        return L.grad(lambda x: np.dot(totals(x), np.arange(3.0)))(np.ones(3)).tolist()

    assert slopes(jax, jnp, "custom_vjp") == [30, 30, 30]
    assert slopes(ox, onp, "custom_vjp") == [0, 10, 20]
    assert slopes(jax, jnp, "custom_jvp") == slopes(ox, onp, "custom_jvp") == [0, 10, 20]
