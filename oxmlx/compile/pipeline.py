"""From a program to its plan: every pass, in order."""

from __future__ import annotations

from collections.abc import Iterator

from oxmlx.compile.collapse import collapse
from oxmlx.compile.fuse import Fused, fuse
from oxmlx.compile.inline import inline
from oxmlx.compile.rewrite import rewrite
from oxmlx.compile.schedule import schedule
from oxmlx.config import config
from oxmlx.ir.cse import cse
from oxmlx.ir.dce import dce
from oxmlx.ir.jaxpr import Jaxpr, Var
from oxmlx.ir.plan import Obstacle, Plan

SEGMENT = 1024
"""Equations that are fused together. The rule compares values in pairs: a long program is cut."""


def make_plan(jaxpr: Jaxpr, obstacle: Obstacle | None) -> Plan:
    """What a backend does for a program, if it has code for what has no `obstacle`; a backend
    without one has no kernels at all."""
    program = cse(dce(inline(dce(jaxpr))))
    if obstacle is None:
        return schedule(program, [Fused(program.eqns, {}, {})])
    parts = (fuse(part, obstacle) for part in segments(program))
    plan = schedule(program, parts if config.strict else (p.map(rewrite) for p in parts))
    return plan.map(collapse)


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
