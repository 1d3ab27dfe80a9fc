"""Losses of whole models against JAX: values, and every way to differentiate and batch them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from model_losses import MODELS, Tree

import oxmlx as ox

TOLERANCE = {"float64": 1e-10, "float32": 1e-5}


def inner(L: Any, a: Tree, b: Tree) -> Any:
    """⟨a, b⟩"""
    pairs = zip(L.tree.leaves(a), L.tree.leaves(b), strict=True)
    return sum((x * y).sum() for x, y in pairs)


def measures(L: Any, f: Callable[..., Any]) -> dict[str, Callable[[Tree, Tree, Tree], Any]]:
    """What the transformations of a library make of a loss f(p, batch): functions of parameters, a
    direction, and three batches."""

    def one(batches: Tree) -> Tree:
        return L.tree.map(lambda x: x[0], batches)

    def grad(p: Tree, batches: Tree) -> Tree:
        return L.grad(f)(p, one(batches))

    return {
        "value": lambda p, v, xs: f(p, one(xs)),
        "gradient": lambda p, v, xs: grad(p, xs),
        "jvp": lambda p, v, xs: L.jvp(lambda p: f(p, one(xs)), (p,), (v,)),
        "vmap": lambda p, v, xs: L.vmap(f, (None, 0))(p, xs),
        "vmap of gradient": lambda p, v, xs: L.vmap(L.grad(f), (None, 0))(p, xs),
        "vmap of jvp": lambda p, v, xs: L.vmap(
            lambda batch: L.jvp(lambda p: f(p, batch), (p,), (v,))[1]
        )(xs),
        "gradient of checkpoint": lambda p, v, xs: L.grad(L.checkpoint(f))(p, one(xs)),
        "jvp of gradient": lambda p, v, xs: L.jvp(lambda p: grad(p, xs), (p,), (v,))[1],
        "gradient of jvp": lambda p, v, xs: L.grad(
            lambda p: L.jvp(lambda p: f(p, one(xs)), (p,), (v,))[1]
        )(p),
        "gradient of gradient": lambda p, v, xs: L.grad(lambda p: inner(L, grad(p, xs), v))(p),
    }


NAMES = list(measures(ox, lambda p, x: p))


def data(model: str) -> tuple[Tree, Tree, Tree]:
    """Parameters, a direction, and three batches, in float64."""
    p, batches = MODELS[model][1]()
    rng = np.random.default_rng(99)
    return p, jax.tree.map(lambda x: rng.standard_normal(x.shape), p), batches


@lru_cache
def expected(model: str) -> dict[str, Any]:
    """What JAX makes of a loss in float64."""
    f = partial(MODELS[model][0], jax, jnp)
    with jax.enable_x64(True):
        every = jax.jit(lambda *args: {k: m(*args) for k, m in measures(jax, f).items()})
        return jax.tree.map(np.asarray, every(*data(model)))


def arrays(dtype: str, x: Tree) -> Tree:
    """Our arrays of numbers, integers as int32."""
    return ox.tree.map(lambda a: ox.array(a, dtype=dtype if a.dtype.kind == "f" else "int32"), x)


@pytest.mark.parametrize("jit", [False, True], ids=["eager", "jit"])
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("model", MODELS)
def test_as_jax(model: str, dtype: str, jit: bool) -> None:
    f = partial(MODELS[model][0], ox, ox.numpy)
    p, v, batches = (arrays(dtype, x) for x in data(model))
    for name, measure in measures(ox, f).items():
        got = (ox.jit(measure) if jit else measure)(p, v, batches)
        close(f"{name} of {model}", got, expected(model)[name], dtype)


def close(what: str, got: Tree, want: Tree, dtype: str) -> None:
    """Equal up to rounding at the scale of each leaf."""
    assert str(ox.tree.structure(got)) == str(jax.tree.structure(want)), what
    tolerance = TOLERANCE[dtype]
    for x, y in zip(ox.tree.leaves(got), jax.tree.leaves(want), strict=True):
        assert (x.shape, x.dtype.name) == (y.shape, dtype), what
        scale = np.max(np.abs(y))
        assert scale > 0, f"{what}: zero proves nothing"
        np.testing.assert_allclose(x, y, tolerance, tolerance * scale, err_msg=what)
