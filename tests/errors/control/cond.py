from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, DtypeError, ShapeError, TreeError

cond, switch = ox.lax.cond, ox.lax.switch
ONES = ox.numpy.ones(3)

REFUSALS = [
    Refusal(
        "branches of two types",
        lambda: cond(True, lambda x: x, lambda x: x[0], ONES),
        ShapeError,
        "false_fun returns [f32[]], true_fun returns [f32[3]]",
    ),
    Refusal(
        "a predicate with axes",
        lambda: cond(ONES > 0, abs, abs, 1.0),
        ShapeError,
        "the predicate must be a scalar, got bool[3]",
    ),
    Refusal("no branches", lambda: switch(0, [], 1.0), ArgumentError, "at least one branch"),
    Refusal(
        "a float index", lambda: switch(1.0, [abs], 1.0), DtypeError, "an integer scalar, got f32[]"
    ),
    Refusal(
        "branches of two structures",
        lambda: cond(True, lambda x: (x,), lambda x: x, 1.0),
        TreeError,
        "false_fun returns PyTreeDef(*), true_fun returns PyTreeDef((*,))",
    ),
]
