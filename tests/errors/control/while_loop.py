from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, GradientError, ShapeError, TreeError

loop = ox.lax.while_loop
ONES = ox.numpy.ones(3)

REFUSALS = [
    Refusal(
        "a carry that grows",
        lambda: loop(lambda c: True, lambda c: c * ONES, ox.numpy.float32(1.0)),
        ShapeError,
        "the body takes a carry of type f32[] and returns f32[3]",
    ),
    Refusal(
        "reverse mode",
        lambda: ox.grad(lambda x: loop(lambda c: c < 9, lambda c: c * 2.0, x))(1.0),
        GradientError,
        "reverse-mode differentiation needs the number of steps in advance",
    ),
    Refusal(
        "a carry of another structure",
        lambda: loop(lambda c: True, lambda c: (c, c), 1.0),
        TreeError,
        "a carry like the one it takes: PyTreeDef(*), got PyTreeDef((*, *))",
    ),
    Refusal(
        "a condition that is a number",
        lambda: loop(lambda c: c, lambda c: c, 1.0),
        ShapeError,
        "the condition must return a bool scalar, got [f32[]]",
    ),
    Refusal(
        "a traced bound that is a float",
        lambda: ox.jit(lambda n: ox.lax.fori_loop(0, n, lambda i, c: c, 1.0))(2.0),
        ArgumentError,
        "bounds must be integer scalars, got f32[]",
    ),
]
