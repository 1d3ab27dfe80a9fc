"""Composites: one named equation under every transformation, plain code when eager."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from agreement import agree

import oxmlx as ox
from oxmlx.control.composite import composite

onp = ox.numpy
calls: list[Any] = []


@composite("scaled_sin")
def scaled_sin(x: Any, rest: Any, *, scale: float) -> Any:
    calls.append(scale)
    y = onp.sin(x) * scale
    return {"y": y if rest is None else y * rest["w"], "x": x}


def labels(f: Any, *args: Any) -> list[str]:
    return [getattr(e.prim, "label", str(e.prim)) for e in ox.make_jaxpr(f)(*args).eqns]


def test_it_is_one_equation_and_plain_code_when_eager() -> None:
    x = onp.ones(3)
    assert labels(lambda x: scaled_sin(x, None, scale=2.0)["y"], x) == ["scaled_sin"]
    out = scaled_sin(x, {"w": 3.0}, scale=2.0)
    np.testing.assert_allclose(out["y"], 6 * np.sin(np.ones(3)), rtol=1e-6)
    assert out["x"] is x


def test_every_transformation_agrees_with_jax() -> None:
    x, w = np.random.default_rng(0).normal(size=(2, 4))
    agree(
        lambda x, w: scaled_sin(x, {"w": w}, scale=0.5)["y"],
        lambda x, w: jnp.sin(x) * 0.5 * w,
        *(x, w),
    )


def test_its_transpose_keeps_the_name() -> None:
    f = lambda x: onp.sum(scaled_sin(x, None, scale=2.0)["y"] * onp.arange(3.0))  # noqa: E731
    assert labels(ox.grad(f), onp.ones(3)).count("scaled_sin") == 2
    assert labels(ox.vmap(f), onp.ones((2, 3)))[0] == "scaled_sin"


def test_a_body_is_traced_once_for_each_type() -> None:
    f = ox.make_jaxpr(lambda x, s: scaled_sin(x, None, scale=s)["y"], static_argnums=1)
    calls.clear()
    for _ in range(3):
        f(onp.ones(5), 1.5)
    assert len(calls) == 1
    f(onp.ones(6), 1.5)
    f(onp.ones(6), 2.5)
    f(onp.ones(6), 2)
    f(onp.ones(6), 2.0)
    assert calls == [1.5, 1.5, 2.5, 2, 2.0]


def test_it_may_close_over_arrays_and_tracers() -> None:
    table = onp.arange(3.0)

    @composite("shifted")
    def shifted(x: Any) -> Any:
        return x + table

    assert ox.jit(shifted)(onp.ones(3)).tolist() == [1, 2, 3]

    def f(z: Any, x: Any) -> Any:
        @composite("closing")
        def closing(x: Any) -> Any:
            return x * z

        return onp.sum(closing(x) * onp.arange(1.0, 4.0))

    got = ox.grad(f)(2.0, onp.array([1.0, 2.0, 3.0]))
    assert float(got) == 14 == float(jax.grad(lambda z: (z * np.array([1.0, 4.0, 9.0])).sum())(2.0))
