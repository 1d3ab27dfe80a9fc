"""From a program to its plan: every pass, in order."""

from __future__ import annotations

from oxmlx.compile.fuse import Obstacle, fuse
from oxmlx.compile.inline import inline
from oxmlx.compile.rewrite import rewrite
from oxmlx.compile.schedule import schedule
from oxmlx.config import config
from oxmlx.ir.cse import cse
from oxmlx.ir.dce import dce
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.plan import Plan


def make_plan(jaxpr: Jaxpr, obstacle: Obstacle) -> Plan:
    """What a backend does for a program, if it has code for what has no `obstacle`."""
    program = cse(dce(inline(dce(jaxpr))))
    fused = fuse(program, obstacle)
    if not config.strict:
        fused = fused.map(rewrite)
    return schedule(program, fused)
