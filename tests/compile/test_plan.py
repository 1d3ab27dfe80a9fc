"""Plans: what is launched and what runs on the host, in which order, and what is freed when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
import oxmlx.numpy as np_
from oxmlx import lax
from oxmlx.backends.llvm.backend import Cpu
from oxmlx.compile import pipeline
from oxmlx.compile.inline import inline
from oxmlx.compile.pipeline import make_plan
from oxmlx.ir.aval import Aval
from oxmlx.ir.evaluate import evaluate_jaxpr
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.plan import Block, Branch, Free, Launch, Plan, Repeat, RepeatWhile
from oxmlx.ir.stage import stage

F32 = np.dtype("float32")


def jaxpr_of(f: Callable[..., Any], *shapes: tuple[int, ...]) -> Jaxpr:
    def flat(*xs: Any) -> list[Any]:
        return ox.tree.leaves(f(*xs))

    return stage(flat, [Aval(shape, F32) for shape in shapes])[0]


def no_contractions(prim: Any, body: Any) -> str:
    return "a contraction" if prim.kind == "fold" and prim.reuses else ""


def plan(f: Callable[..., Any], *shapes: tuple[int, ...]) -> Plan:
    return make_plan(jaxpr_of(f, *shapes), no_contractions)


def mlp(w: Any, v: Any, x: Any) -> Any:
    return np_.mean((np_.tanh(x @ w) @ v) ** 2)


def test_a_training_step(golden: Callable[[str, str], None]) -> None:
    def step(w: Any, v: Any, x: Any) -> Any:
        grads = ox.grad(mlp, argnums=(0, 1))(w, v, x)
        return [p - 0.1 * g for p, g in zip((w, v), grads, strict=True)]

    golden("plan_mlp_step.txt", f"{plan(step, (8, 16), (16, 1), (4, 8))}\n")


def test_calls_are_written_out() -> None:
    inner = ox.jit(lambda x: x * 2)
    jaxpr = jaxpr_of(ox.jit(lambda x: inner(inner(x)) + 1), (3,))
    assert [e.prim.name for e in jaxpr.eqns] == ["call"]
    assert [e.prim.name for e in inline(jaxpr).eqns] == ["mul", "mul", "add"]
    assert len(make_plan(jaxpr, no_contractions).kernels) == 1


def test_custom_rules_are_written_out() -> None:
    f = ox.custom_jvp(lambda x: np_.sin(x) * 2)
    f.defjvp(lambda x, dx: (f(*x), np_.cos(x[0]) * 2 * dx[0]))
    assert len(plan(lambda x: f(x) + 1, (3,)).kernels) == 1
    assert plan(lambda x: f(x) + 1, (3,)).host_steps == []


def test_a_checkpoint_stays_behind_its_barrier() -> None:
    p = plan(lambda x: ox.checkpoint(np_.sin)(x) + 1, (3,))
    assert [type(step) for step in p.steps if not isinstance(step, Free)] == [Block, Launch]
    assert [len(inner.kernels) for inner in p.inner] == [1]
    assert p.host_steps == []


def test_loops_and_branches_hold_plans() -> None:
    def f(x: Any) -> Any:
        x = lax.fori_loop(0, 3, lambda i, y: y * 2, x)
        x = lax.while_loop(lambda y: y[0] < 9, lambda y: y + 1, x)
        return lax.cond(x[1] > 2, np_.sin, np_.cos, x)

    p = plan(f, (3,))
    control = [s for s in p.steps if isinstance(s, (Repeat, RepeatWhile, Branch))]
    assert [type(s) for s in control] == [Repeat, RepeatWhile, Branch]
    assert len(p.inner) == 1 + 2 + 2
    assert all(e.prim.kind == "move" for e in p.host_steps)
    lines = [line.strip().split(" = ")[-1] for line in str(p).splitlines()]
    assert [line.split()[0] for line in lines if line[:3] in ("rep", "whi", "bra")] == [
        "repeat",
        "while",
        "branch",
    ]


def test_everything_is_freed_once_and_after_its_last_use() -> None:
    p = plan(ox.grad(mlp), (8, 16), (16, 1), (4, 8))
    alive = set(p.inputs)
    for step in p.steps:
        if isinstance(step, Free):
            assert alive.issuperset(step.variables)
            alive -= set(step.variables)
        else:
            assert alive.issuperset(a for a in step.inputs if not hasattr(a, "value"))
            alive |= set(step.outputs)
    assert {v for v in alive if v not in p.inputs} == set(p.outputs)


def test_a_long_program_is_fused_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    segment = 1024

    def chain(x: Any) -> Any:
        y = x
        for k in range(segment + 5):
            y = np_.sin(y) + x * k
        return y

    jaxpr = jaxpr_of(chain, (3,))
    monkeypatch.setattr(pipeline, "SEGMENT", segment)
    p = make_plan(jaxpr, no_contractions)
    assert p.host_steps == []
    assert len(p.kernels) >= 3 * segment // 256
    x = np.linspace(0, 1, 3, dtype=np.float32)
    want = evaluate_jaxpr(jaxpr, [x])[0]
    np.testing.assert_allclose(Cpu().load(p)([x])[0], want, rtol=1e-5)


def test_a_backend_without_kernels_fuses_nothing() -> None:
    p = make_plan(jaxpr_of(mlp, (8, 16), (16, 1), (4, 8)), None)
    assert p.kernels == []
    assert {e.prim.name for e in p.host_steps} > {"dot_general", "tanh"}
