"""Short steps that follow one another are one native call, and compute what they compute apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx.api.executable import plan_of
from oxmlx.backends import runner
from oxmlx.backends.base import backend_of
from oxmlx.backends.llvm import shelf
from oxmlx.backends.llvm.launch import make_launcher
from oxmlx.backends.llvm.sequence import Calls, join
from oxmlx.ir.device import as_device
from oxmlx.ir.plan import Free

jnp = ox.numpy


def mlp_step(p: Any, x: Any, y: Any) -> Any:
    def loss(p: Any) -> Any:
        z = jnp.tanh(x @ p["w"] + p["b"]) @ p["v"]
        return jnp.mean((z - y) ** 2)

    value, g = ox.value_and_grad(loss)(p)
    return value, ox.tree.map(lambda w, d: w - 0.1 * d, p, g)


def arguments() -> Any:
    rng = np.random.default_rng(0)
    shapes = {"w": (5, 7), "b": (7,), "v": (7, 3)}
    p = {k: rng.normal(size=s).astype(np.float32) for k, s in shapes.items()}
    return p, *(rng.normal(size=s).astype(np.float32) for s in ((4, 5), (4, 3)))


def steps_of(f: Any, *args: Any) -> tuple[Any, Any]:
    """The steps of a program, made ready one by one, and its plan."""
    jaxpr = ox.jit(f).trace(*args).jaxpr.jaxpr
    plan = plan_of(jaxpr, backend_of(as_device("cpu")), strict=False)
    seen: list[Any] = []

    def spy(steps: Any, outputs: Any) -> Any:
        seen.extend(steps)
        return steps

    makers = runner.Makers(make_launcher, library=shelf.fetch, join=spy)
    runner.Runner(plan, makers)
    return seen, plan


def test_a_short_program_is_one_call() -> None:
    steps, plan = steps_of(mlp_step, *arguments())
    assert len([s for s in steps if not isinstance(s, Free)]) > 5
    calls = [s for s in join(steps, plan.outputs) if not isinstance(s, Free)]
    assert [type(s.call) for s in calls] == [Calls]
    assert set(calls[0].outputs) == set(plan.outputs)


def test_it_is_its_meaning() -> None:
    args = arguments()
    with ox.default_device("reference"):
        want = ox.jit(mlp_step)(*ox.tree.map(ox.array, args))
    got = ox.jit(mlp_step)(*ox.tree.map(ox.array, args))
    for x, y in zip(ox.tree.leaves(got), ox.tree.leaves(want), strict=True):
        np.testing.assert_allclose(x, np.asarray(y), rtol=1e-5, atol=1e-6)


def test_what_the_host_does_stands_between() -> None:
    def f(x: Any) -> Any:
        y = jnp.sort(jnp.tanh(x) + jnp.max(x))
        return jnp.exp(y).sum() * jnp.cumsum(y), y

    x = np.linspace(1, -1, 9, dtype=np.float32)
    steps, plan = steps_of(f, x)
    joined = join(steps, plan.outputs)
    made = {v for s in joined if not isinstance(s, Free) for v in s.outputs}
    assert made >= set(plan.outputs)
    got, want = ox.jit(f)(x), f(ox.device_put(x, "reference"))
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, np.asarray(b), rtol=1e-6)


@pytest.mark.parametrize("view", [lambda x: x.T, lambda x: x[::-1], lambda x: x[:, ::2]])
def test_operands_may_lie_in_any_way(view: Any) -> None:
    x = ox.array(view(np.arange(48, dtype=np.float32).reshape(6, 8)))
    f = ox.jit(lambda x: (jnp.sin(x) @ jnp.ones((x.shape[1], 4)), jnp.exp(-x).sum(0)))
    for got, want in zip(f(view(x)), f(ox.device_put(view(x), "reference")), strict=True):
        np.testing.assert_allclose(got, np.asarray(want), rtol=1e-5, atol=1e-5)


def test_memory_of_what_nobody_reads_any_more_serves_again() -> None:
    def f(w: Any, x: Any) -> Any:
        for _ in range(5):
            x = jnp.tanh(x @ w)
        return x @ w, w + 1

    w, x = np.eye(5, dtype=np.float32), np.ones((4, 5), np.float32)
    steps, plan = steps_of(f, w, x)
    assert sum(len(s.over) for s in steps if not isinstance(s, Free)) == 5
    (whole,) = (s for s in join(steps, plan.outputs) if not isinstance(s, Free))
    table, given = whole.call.table, dict(zip(plan.inputs, (w, x), strict=True))
    assert [*table.places.values()] == [x.nbytes] * 2, "a product, and the next one"
    assert len(table.makers) == 2, "results"
    want = x
    for _ in range(5):
        want = np.tanh(want)
    for _ in range(2):
        made = dict(zip(whole.outputs, whole.call([given[v] for v in whole.inputs]), strict=True))
        y, v = (made[a] for a in plan.outputs)
        np.testing.assert_allclose(y, want, rtol=1e-6)
        np.testing.assert_array_equal(v, w + 1)
    np.testing.assert_array_equal(w, np.eye(5))
