"""Scheduling: kernels and equations in order, with the last use of every buffer."""

from __future__ import annotations

from collections.abc import Iterable

from oxmlx.compile.fuse import Fused
from oxmlx.ir.jaxpr import Jaxpr, Var
from oxmlx.ir.kernel import Kernel
from oxmlx.ir.plan import Free, Host, Launch, Plan, Step


def schedule(jaxpr: Jaxpr, parts: Iterable[Fused]) -> Plan:
    """The plan of a program from its fused parts: each step is followed by what it used last."""
    steps = [step for fused in parts for step in steps_of(fused)]
    live = {a for a in jaxpr.outputs if isinstance(a, Var)}
    out: list[Step] = []
    for step in reversed(steps):
        used = dict.fromkeys((*reads(step), *writes(step)))
        dead = tuple(v for v in used if v not in live)
        live.update(dead)
        out += [Free(dead), step] if dead else [step]
    return Plan(jaxpr.inputs, tuple(reversed(out)), jaxpr.outputs)


def steps_of(fused: Fused) -> list[Step]:
    """Kernels with variables for their buffers, and equations for the host."""
    variable = {b: v for v, b in fused.buffers.items()}
    steps: list[Step] = []
    for step in fused.steps:
        if isinstance(step, Kernel):
            inputs = tuple(variable[b] for b in step.inputs)
            steps.append(Launch(step, inputs, tuple(variable[b] for b in step.outputs)))
        else:
            steps.append(Host(step, fused.reasons.get(step, "")))
    return steps


def reads(step: Step) -> list[Var]:
    """The variables a step reads."""
    match step:
        case Launch(inputs=inputs):
            return list(inputs)
        case Host(eqn):
            return [a for a in eqn.inputs if isinstance(a, Var)]
        case Free():
            return []


def writes(step: Step) -> tuple[Var, ...]:
    """The variables a step makes."""
    match step:
        case Launch(outputs=outputs):
            return outputs
        case Host(eqn):
            return eqn.outputs
        case Free():
            return ()
