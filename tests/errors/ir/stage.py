"""Refusals of oxmlx.ir.stage."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import CheckError, LeakedTracerError
from oxmlx.ir.stage import stage_closed

KEPT = []
ox.jit(lambda x: KEPT.append(x) or x)(1.0)
ONES = ox.numpy.ones(2) * 1

REFUSALS = [
    Refusal(
        "a leaked tracer",
        lambda: ox.jit(lambda x: x + KEPT[0])(1.0),
        LeakedTracerError,
        "has ended",
    ),
    Refusal(
        "a rule with an array of its own",
        lambda: stage_closed(lambda: [ONES], []),
        CheckError,
        "a rule may use nothing but its arguments",
    ),
]
