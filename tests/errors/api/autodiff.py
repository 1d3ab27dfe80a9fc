from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, GradientError, TreeError

ONES = ox.numpy.ones(2)

REFUSALS = [
    Refusal(
        "argnames not passed",
        lambda: ox.grad(abs, argnames="y")(1.0),
        ArgumentError,
        "argnames ['y'] were not passed by keyword",
    ),
    Refusal(
        "loss is a tuple",
        lambda: ox.grad(lambda x: (x, x))(1.0),
        GradientError,
        "must return a scalar array, got tuple",
    ),
    Refusal("loss is an array", lambda: ox.grad(abs)(ONES), GradientError, "a scalar, got f32[2]"),
    Refusal(
        "loss is a bool",
        lambda: ox.grad(lambda x: x > 0)(1.0),
        GradientError,
        "a floating number, got bool[]",
    ),
    Refusal(
        "loss is complex",
        lambda: ox.grad(lambda z: z)(1j),
        GradientError,
        "a real number, got c64[]",
    ),
    Refusal(
        "cotangents of another structure",
        lambda: ox.vjp(abs, 1.0)[1]([1.0]),
        TreeError,
        "must have the output's structure PyTreeDef(*), got PyTreeDef([*])",
    ),
    Refusal(
        "tangents of another structure",
        lambda: ox.linearize(abs, 1.0)[1](1.0, 1.0),
        TreeError,
        "must have the structure PyTreeDef((*,)), got PyTreeDef((*, *))",
    ),
    Refusal(
        "no pair for has_aux",
        lambda: ox.grad(abs, has_aux=True)(1.0),
        GradientError,
        "needs a pair (output, aux)",
    ),
    Refusal("primals no tuple", lambda: ox.jvp(abs, 1.0, 1.0), ArgumentError, "must be tuples"),
    Refusal(
        "primals and tangents differ",
        lambda: ox.jvp(abs, (1.0,), ([1.0],)),
        TreeError,
        "primals have the structure PyTreeDef((*,)), tangents PyTreeDef(([*],))",
    ),
]
