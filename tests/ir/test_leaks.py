"""Tracers that outlive their trace: whatever is done with one says so, and which line made it."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx.errors import ConcretizationError, LeakedTracerError

Fn = Callable[[Any], Any]

MAKERS: dict[str, Callable[[Fn], Any]] = {
    "jit": lambda keep: ox.jit(keep)(1.0),
    "grad": lambda keep: ox.grad(keep)(1.0),
    "jvp": lambda keep: ox.jvp(keep, (1.0,), (1.0,)),
    "vmap": lambda keep: ox.vmap(keep)(ox.numpy.ones(1)),
    "scan": lambda keep: ox.lax.scan(lambda c, x: (keep(c), None), 1.0, None, 1),
    "grad of jit": lambda keep: ox.grad(ox.jit(keep))(1.0),
    "make_jaxpr": lambda keep: ox.make_jaxpr(keep)(1.0),
}

READERS: dict[str, Fn] = {
    "float": float,
    "int": int,
    "complex": complex,
    "bool": bool,
    "item": lambda x: x.item(),
    "tolist": lambda x: x.tolist(),
    "asarray": np.asarray,
    "pickle": pickle.dumps,
    "eval": lambda x: ox.eval([x]),
    "block_until_ready": ox.block_until_ready,
    "device_put": ox.device_put,
    "device_get": ox.device_get,
    "save": lambda x: ox.io.save_npz("/dev/null/x", {"x": x}),
    "add": lambda x: x + 1,
    "jit": lambda x: ox.jit(lambda y: y)(x),
    "grad": lambda x: ox.grad(lambda y: y)(x),
    "value_and_grad": lambda x: ox.value_and_grad(lambda y: 2 * y)(x),
    "jvp": lambda x: ox.jvp(lambda y: y, (x,), (1.0,)),
    "jvp tangent": lambda x: ox.jvp(lambda y: y, (1.0,), (x,)),
    "vjp": lambda x: ox.vjp(lambda y: y, x),
    "cotangent": lambda x: ox.vjp(lambda y: y, 1.0)[1](x),
    "linearize": lambda x: ox.linearize(lambda y: y, x),
    "jacfwd": lambda x: ox.jacfwd(lambda y: y)(x),
    "jacrev": lambda x: ox.jacrev(lambda y: y)(x),
    "checkpoint": lambda x: ox.checkpoint(lambda y: y)(x),
    "vmap": lambda x: ox.vmap(lambda y, z: y, in_axes=(0, None))(ox.numpy.ones(2), x),
    "closure of grad": lambda x: ox.grad(lambda y: x)(1.0),
    "closure of jit": lambda x: ox.jit(lambda y: x)(1.0),
    "closure of vmap": lambda x: ox.vmap(lambda y: x)(ox.numpy.ones(2)),
    "cond": lambda x: ox.lax.cond(True, lambda y: y, lambda y: -y, x),
    "scan": lambda x: ox.lax.scan(lambda c, _: (c, None), x, None, 1),
}


def leak(make: str) -> Any:
    kept: list[Any] = []

    def keep(x: Any) -> Any:
        kept.append(x * 2.0)
        return x

    MAKERS[make](keep)
    return kept[0]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("make", MAKERS)
def test_a_leak_is_explained_wherever_it_is_used(make: str, read: str) -> None:
    x = leak(make)
    with pytest.raises(LeakedTracerError, match=r"(?s)that has ended.*entered at .*test_leaks\.py"):
        READERS[read](x)


def test_the_line_that_made_it_is_named() -> None:
    with pytest.raises(LeakedTracerError, match=r"value was made at .*test_leaks\.py:\d+ \(keep\)"):
        float(leak("jit"))


@pytest.mark.parametrize("around", [ox.jit, ox.grad, lambda f: lambda x: ox.jvp(f, (x,), (x,))])
def test_a_value_of_an_outer_trace_is_no_leak(around: Callable[[Fn], Fn]) -> None:
    def f(x: Any) -> Any:
        ox.eval(x)
        return ox.grad(lambda y: x * y + ox.vmap(lambda z: z * x)(y * ox.numpy.ones(2)).sum())(x)

    assert float(ox.jit(f)(2.0)) == 6.0
    around(f)(2.0)


def test_a_value_of_the_running_trace_is_not_known_yet_and_that_is_no_leak() -> None:
    with pytest.raises(ConcretizationError):
        ox.jit(float)(1.0)
    with pytest.raises(ConcretizationError):
        ox.jit(lambda x: ox.grad(lambda y: float(x) * y)(x))(1.0)


def test_a_leak_can_still_be_looked_at() -> None:
    x = leak("jit")
    assert (repr(x), x.shape, copy.copy(x) is x) == ("Traced<f32[]>", (), True)
