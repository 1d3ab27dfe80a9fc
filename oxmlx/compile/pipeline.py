"""From a program to its plan: every pass, in order."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from oxmlx.compile.amend import amending, readers_first
from oxmlx.compile.collapse import collapse
from oxmlx.compile.fuse import Fused, fuse
from oxmlx.compile.group import group
from oxmlx.compile.inline import inline
from oxmlx.compile.merge import merge
from oxmlx.compile.places import place
from oxmlx.compile.rewrite import rewrite
from oxmlx.compile.schedule import instead, schedule, steps_of
from oxmlx.ir.cse import cse
from oxmlx.ir.dce import dce
from oxmlx.ir.jaxpr import Jaxpr, Var
from oxmlx.ir.plan import Launch, Obstacle, Plan, Shelf, Work

SEGMENT = 1 << 14
"""Equations that are fused together. The rule compares values in pairs: a long program is cut. An
update of a tree goes through all arrays once for each of its operations: it had better not be."""


def make_plan(
    jaxpr: Jaxpr,
    obstacle: Obstacle | None,
    strict: bool = False,
    most_arrays: int = 0,
    shelf: Shelf = lambda eqn: "",
    given: Collection[int] = (),
    repeated: bool = False,
) -> Plan:
    """What a backend does for a program.

    Args:
        jaxpr: the program.
        obstacle: why the backend has no code for something; `None` if it has no kernels at all.
        strict: keep the bits that the equations have one by one.
        most_arrays: how many one command to the backend may take; 0 if that is one kernel.
        shelf: what its library has for equations without a kernel.
        given: which inputs the caller has done with.
        repeated: whether it is the body of a loop.
    """
    program = cse(dce(inline(dce(jaxpr))))
    if obstacle is None:
        return schedule(program, steps_of(Fused(program.eqns, {}, {})), given)
    free = [program.inputs[k] for k in given]
    steps: list[Work] = []
    for part in segments(program):
        fused = fuse(part, obstacle, strict, {*amending(part, shelf, free, repeated)})
        own = steps_of(fused if strict else fused.map(rewrite))
        own = [s.map(collapse) if isinstance(s, Launch) else s for s in own]
        steps += own if strict else merge(own)

    def plan_of(body: Jaxpr, given: Collection[int] = (), repeated: bool = repeated) -> Plan:
        own = given if repeated else ()  # Python holds what it hands on
        return make_plan(body, obstacle, strict, most_arrays, shelf, own, repeated)

    steps = [instead(step, shelf, plan_of) for step in readers_first(steps)]
    steps = place(steps, program, given)
    return schedule(program, group(steps, most_arrays) if most_arrays else steps, given)


def segments(jaxpr: Jaxpr) -> Iterator[Jaxpr]:
    """The program in parts of bounded length, each with the values that later ones want."""
    if len(jaxpr.eqns) <= SEGMENT:
        yield jaxpr
        return
    last = {a: k for k, e in enumerate(jaxpr.eqns) for a in e.inputs if isinstance(a, Var)}
    last |= {a: len(jaxpr.eqns) + SEGMENT for a in jaxpr.outputs if isinstance(a, Var)}
    for start in range(0, len(jaxpr.eqns), SEGMENT):
        eqns = jaxpr.eqns[start : start + SEGMENT]
        made = {v for e in eqns for v in e.outputs}
        taken = dict.fromkeys(a for e in eqns for a in e.inputs if isinstance(a, Var))
        wanted = [v for e in eqns for v in e.outputs if last.get(v, 0) >= start + SEGMENT]
        yield Jaxpr([v for v in taken if v not in made], eqns, wanted)
