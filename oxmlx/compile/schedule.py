"""Scheduling: kernels and equations in order, with the last use of every buffer."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from oxmlx.compile.fuse import Fused
from oxmlx.ir.jaxpr import Jaxpr, Var
from oxmlx.ir.kernel import Kernel
from oxmlx.ir.plan import Free, Host, Launch, Library, Plan, PlanOf, Shelf, Step, Work


def schedule(jaxpr: Jaxpr, steps: Sequence[Work], given: Collection[int] = ()) -> Plan:
    """The plan of a program from its steps: each is followed by what it used last.

    Args:
        given: which inputs the caller has done with.
    """
    live = {a for a in jaxpr.outputs if isinstance(a, Var)}
    out: list[Step] = []
    for step in reversed(steps):
        used = dict.fromkeys((*reads(step), *step.outputs))
        dead = tuple(v for v in used if v not in live)
        live.update(dead)
        out += [Free(dead), step] if dead else [step]
    own = frozenset(jaxpr.inputs[k] for k in given)
    return Plan(jaxpr.inputs, tuple(reversed(out)), jaxpr.outputs, own)


def steps_of(fused: Fused) -> list[Launch | Host]:
    """Kernels with variables for their buffers, and equations for the host."""
    variable = {b: v for v, b in fused.buffers.items()}
    steps: list[Launch | Host] = []
    for step in fused.steps:
        if isinstance(step, Kernel):
            inputs = tuple(variable[b] for b in step.inputs)
            steps.append(Launch(step, inputs, tuple(variable[b] for b in step.outputs)))
        else:
            steps.append(Host(step, fused.reasons.get(step, "")))
    return steps


def instead(step: Work, shelf: Shelf, plan_of: PlanOf) -> Work:
    """A step of the host by the library, if that has it, or as a loop or branch of plans."""
    if not isinstance(step, Host):
        return step
    if name := shelf(step.eqn):
        return Library(name, step.eqn)
    return step.eqn.prim.schedule(step.eqn, plan_of) or step


def part_by(steps: Sequence[Work], made: Collection[Var]) -> tuple[list[Work], list[Work]]:
    """The steps that need not wait for some variables, and those that do; effects keep their
    order."""
    waiting, before, after = {*made}, list[Work](), list[Work]()
    effects = False
    for step in steps:
        effect = isinstance(step, Host) and bool(step.eqn.prim.effects)
        if not waiting.isdisjoint(reads(step)) or (effect and effects):
            waiting.update(step.outputs)
            after.append(step)
            effects |= effect
        else:
            before.append(step)
    return before, after


def reads(step: Work) -> list[Var]:
    """The variables a step reads."""
    return [a for a in step.inputs if isinstance(a, Var)]
