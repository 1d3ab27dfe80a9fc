"""Losses of whole models against JAX: values, and every way to differentiate and batch them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from metal_batch import compile_calls
from model_losses import MODELS, Tree

import oxmlx as ox

TOLERANCE = {"float64": 1e-10, "float32": 1e-5}


def inner(a: Tree, b: Tree) -> Any:
    """⟨a, b⟩"""
    pairs = zip(ox.tree.leaves(a), ox.tree.leaves(b), strict=True)
    return sum((x * y).sum() for x, y in pairs)


def one(L: Any, batches: Tree) -> Tree:
    """The first of a batch."""
    return L.tree.map(lambda x: x[0], batches)


def measures(f: Callable[..., Any]) -> dict[str, Callable[[Tree, Tree, Tree], Any]]:
    """What our transformations make of a loss f(p, batch): functions of parameters, a direction,
    and three batches."""

    def grad(p: Tree, xs: Tree) -> Tree:
        return ox.grad(f)(p, one(ox, xs))

    return {
        "value": lambda p, v, xs: f(p, one(ox, xs)),
        "gradient": lambda p, v, xs: grad(p, xs),
        "jvp": lambda p, v, xs: ox.jvp(lambda p: f(p, one(ox, xs)), (p,), (v,)),
        "vmap": lambda p, v, xs: ox.vmap(f, (None, 0))(p, xs),
        "vmap of gradient": lambda p, v, xs: ox.vmap(ox.grad(f), (None, 0))(p, xs),
        "vmap of jvp": lambda p, v, xs: ox.vmap(
            lambda batch: ox.jvp(lambda p: f(p, batch), (p,), (v,))[1]
        )(xs),
        "gradient of checkpoint": lambda p, v, xs: ox.grad(ox.checkpoint(f))(p, one(ox, xs)),
        "jvp of gradient": lambda p, v, xs: ox.jvp(lambda p: grad(p, xs), (p,), (v,))[1],
        "gradient of jvp": lambda p, v, xs: ox.grad(
            lambda p: ox.jvp(lambda p: f(p, one(ox, xs)), (p,), (v,))[1]
        )(p),
        "gradient of gradient": lambda p, v, xs: ox.grad(lambda p: inner(grad(p, xs), v))(p),
    }


def data(model: str) -> tuple[Tree, Tree, Tree]:
    """Parameters, a direction, and three batches, in float64."""
    p, batches = MODELS[model][1]()
    rng = np.random.default_rng(99)
    return p, jax.tree.map(lambda x: rng.standard_normal(x.shape), p), batches


@lru_cache
def expected(model: str) -> dict[str, Any]:
    """What these are by JAX in float64: it computes each value once."""
    f = partial(MODELS[model][0], jax, jnp)

    def every(p: Tree, v: Tree, xs: Tree) -> Any:
        first = one(jax, xs)
        ys, gs = jax.vmap(jax.value_and_grad(f), (None, 0))(p, xs)
        dys = jax.vmap(lambda batch: jax.jvp(lambda p: f(p, batch), (p,), (v,))[1])(xs)
        return ys, gs, dys, jax.jvp(lambda p: jax.grad(f)(p, first), (p,), (v,))[1]

    with jax.enable_x64(True):
        args = data(model)
        quick = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
        out = jax.jit(every).lower(*args).compile(quick)(*args)
    ys, gs, dys, hv = jax.tree.map(np.asarray, out)
    return {
        **{"value": ys[0], "gradient": one(jax, gs), "jvp": (ys[0], dys[0])},
        **{"vmap": ys, "vmap of gradient": gs, "vmap of jvp": dys},
        **{"gradient of checkpoint": one(jax, gs), "jvp of gradient": hv},
        **{"gradient of jvp": hv, "gradient of gradient": hv},
    }


def arrays(dtype: str, x: Tree) -> Tree:
    """Our arrays of numbers, integers as int32."""
    return ox.tree.map(lambda a: ox.array(a, dtype=dtype if a.dtype.kind == "f" else "int32"), x)


RUNS = [
    *(
        (model, *how)
        for model in MODELS
        for how in (("cpu", "float64", ""), ("cpu", "float32", "jit"))
    ),
    ("mlp", "cpu", "float64", "jit"),
    pytest.param("mlp", "metal", "float32", "jit", marks=pytest.mark.clang),
]


@pytest.mark.parametrize(("model", "device", "dtype", "jit"), RUNS, indirect=["device"])
def test_as_jax(model: str, device: str, dtype: str, jit: str) -> None:
    f = partial(MODELS[model][0], ox, ox.numpy)
    p, v, batches = (arrays(dtype, x) for x in data(model))
    want, fs = dict(expected(model)), measures(f)
    if jit:
        fs = {name: ox.jit(measure) for name, measure in fs.items()}
        compile_calls(*((measure, (p, v, batches)) for measure in fs.values()))
    for name, measure in fs.items():
        got = measure(p, v, batches)
        close(f"{name} of {model}", got, want.pop(name), dtype)
    assert not want


def close(what: str, got: Tree, want: Tree, dtype: str) -> None:
    """Equal up to rounding at the scale of each leaf."""
    assert str(ox.tree.structure(got)) == str(jax.tree.structure(want)), what
    tolerance = TOLERANCE[dtype]
    for x, y in zip(ox.tree.leaves(got), jax.tree.leaves(want), strict=True):
        assert (x.shape, x.dtype.name) == (y.shape, dtype), what
        scale = np.max(np.abs(y))
        assert scale > 0, f"{what}: zero proves nothing"
        np.testing.assert_allclose(x, y, tolerance, tolerance * scale, err_msg=what)
