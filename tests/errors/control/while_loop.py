from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, GradientError, ShapeError, TreeError

loop = ox.lax.while_loop
ONES = ox.numpy.ones(3)

REFUSALS = [
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
    Refusal(
        "a fori_loop whose value gets another structure",
        lambda: ox.lax.fori_loop(0, 3, lambda i, c: (c, c), 1.0),
        TreeError,
        "fori_loop: the body must return a value like the one it takes: PyTreeDef(*), got",
    ),
    Refusal(
        "a traced fori_loop whose value gets another structure",
        lambda: ox.jit(lambda n: ox.lax.fori_loop(0, n, lambda i, c: (c, c), 1.0))(3),
        TreeError,
        "fori_loop: the body must return a value like the one it takes: PyTreeDef(*), got",
    ),
    Refusal(
        "a fori_loop whose value grows",
        lambda: ox.lax.fori_loop(0, 3, lambda i, c: {"a": c["a"] * ONES}, {"a": 1.0}),
        ShapeError,
        "fori_loop: the body takes a value of type f32[] at ['a'] and returns f32[3]",
    ),
    Refusal(
        "a fori_loop whose value changes its dtype",
        lambda: ox.lax.fori_loop(0, 3, lambda i, c: c.astype("int32"), ONES),
        ShapeError,
        "fori_loop: the body takes a value of type f32[3] and returns i32[3]\n  A value keeps its "
        "dtype: start from one of dtype int32, or return it with .astype('float32').",
    ),
    Refusal(
        "a traced fori_loop whose value grows",
        lambda: ox.jit(lambda n: ox.lax.fori_loop(0, n, lambda i, c: c * ONES, 1.0))(3),
        ShapeError,
        "fori_loop: the body takes a value of type f32[] and returns f32[3]",
    ),
    Refusal(
        "a fori_loop of a string",
        lambda: ox.lax.fori_loop(0, 3, lambda i, c: c, "x"),
        ArgumentError,
        "fori_loop: ",
    ),
    Refusal(
        "a fori_loop that returns a string",
        lambda: ox.lax.fori_loop(0, 3, lambda i, c: "x", 1.0),
        ArgumentError,
        "fori_loop: ",
    ),
    Refusal(
        "reverse mode through traced bounds",
        lambda: ox.jit(ox.grad(lambda x, n: ox.lax.fori_loop(0, n, lambda i, c: c * x, x)))(1.0, 2),
        GradientError,
        "a fori_loop with traced bounds",
    ),
]
