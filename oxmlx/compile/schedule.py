"""Scheduling: kernels and equations in order, with the last use of every buffer."""

from __future__ import annotations

from oxmlx.compile.fuse import Fused
from oxmlx.ir.jaxpr import Jaxpr, Var
from oxmlx.ir.kernel import Kernel
from oxmlx.ir.plan import Free, Host, Launch, Plan, Step


def schedule(jaxpr: Jaxpr, fused: Fused) -> Plan:
    """The plan of a fused program: its steps as they come, each followed by what it used last."""
    variable = {b: v for v, b in fused.buffers.items()}
    steps: list[Step] = []
    for step in fused.steps:
        if isinstance(step, Kernel):
            inputs = tuple(variable[b] for b in step.inputs)
            steps.append(Launch(step, inputs, tuple(variable[b] for b in step.outputs)))
        else:
            steps.append(Host(step, fused.reasons[step]))
    live = {a for a in jaxpr.outputs if isinstance(a, Var)}
    out: list[Step] = []
    for step in reversed(steps):
        used = dict.fromkeys((*reads(step), *writes(step)))
        dead = tuple(v for v in used if v not in live)
        live.update(dead)
        out += [Free(dead), step] if dead else [step]
    return Plan(jaxpr.inputs, tuple(reversed(out)), jaxpr.outputs)


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
