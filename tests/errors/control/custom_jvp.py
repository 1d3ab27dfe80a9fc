"""Refusals of oxmlx.control.custom_jvp."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import GradientError, ShapeError, TreeError

ONES = ox.numpy.ones(2)


def with_jvp(rule, fun=lambda x: x, **options):
    f = ox.custom_jvp(fun, **options)
    f.defjvp(rule)
    return f


REFUSALS = [
    Refusal("no jvp rule", lambda: ox.custom_jvp(abs)(1.0), GradientError, "abs has no rule"),
    Refusal(
        "a rule without tangents",
        lambda: ox.grad(with_jvp(lambda p, t: p[0]))(1.0),
        TreeError,
        "the rule must return (output, tangent)",
    ),
    Refusal(
        "a rule of another structure",
        lambda: ox.grad(with_jvp(lambda p, t: ((p[0],), (t[0],))))(1.0),
        TreeError,
        "the function returns PyTreeDef(*), its rule PyTreeDef((*,))",
    ),
    Refusal(
        "a rule of another type",
        lambda: ox.grad(with_jvp(lambda p, t: (p[0] * ONES, t[0] * ONES)))(1.0),
        ShapeError,
        "the function returns f32[], its rule returns f32[2]",
    ),
]
