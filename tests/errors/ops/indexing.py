"""Refusals of oxmlx.ops.indexing."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import (
    ArgumentError,
    AxisError,
    DtypeError,
    GradientError,
    OutOfBoundsError,
    ShapeError,
)
from oxmlx.ir.trace import bind
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.gather import gather, scatter
from oxmlx.ops.indexing import Gather

X = from_numpy(np.ones((3, 4), np.float32))
FLAGS = X > 0
I = from_numpy(np.array([0, 2], np.int32))  # noqa: E741
ROWS = X[:2]

REFUSALS = [
    Refusal(
        "fill of another dtype",
        lambda: bind(Gather((0,), 0, np.float16(0)), X, I),
        DtypeError,
        "gather: got a fill of f16 for f32[3,4]",
    ),
    Refusal(
        "unknown combination",
        lambda: scatter(X, ROWS, [I], (0,), combine="mean"),
        ArgumentError,
        "scatter: got combine 'mean'\n  There are set, add, mul, min, max.",
    ),
    Refusal(
        "updates that do not fit",
        lambda: scatter(X, X, [I], (0,)),
        ShapeError,
        "scatter: updates must have shape (2, 4), got f32[3,4] for f32[3,4]",
    ),
    Refusal(
        "updates of another dtype",
        lambda: scatter(X, FLAGS[:2], [I], (0,)),
        DtypeError,
        "scatter: got updates bool[2,4] for f32[3,4]\n  Wanted one dtype.",
    ),
    Refusal(
        "sum of bools",
        lambda: scatter(FLAGS, FLAGS[:2], [I], (0,), combine="add"),
        DtypeError,
        "add: wants two operands of one dtype (uint, int, float, complex), got bool, bool",
    ),
    Refusal(
        "derivative along factors that may meet",
        lambda: ox.jvp(lambda u: X.at[I].multiply(u), (ROWS,), (ROWS,)),
        GradientError,
        "factors may meet in one element, so there is no derivative along them\n"
        "  Pass unique_indices=True if they never do.",
    ),
    Refusal(
        "too few indices",
        lambda: gather(X, [I], (0, 1)),
        ArgumentError,
        "gather: got 1 indices for axes (0, 1) after 0 batch axes",
    ),
    Refusal(
        "index of a batch axis",
        lambda: scatter(X, ROWS, [I], (0,), batch=1),
        ArgumentError,
        "scatter: got 1 indices for axes (0,) after 1 batch axes",
    ),
    Refusal(
        "axis that is not there",
        lambda: gather(X, [I], (2,)),
        AxisError,
        "gather: axes must be distinct and lie in [0, 2), got (2,) for f32[3,4]",
    ),
    Refusal(
        "floats as indices",
        lambda: gather(X, [X[0]], (0,)),
        DtypeError,
        "gather: indices must be integers, got f32[4]",
    ),
    Refusal(
        "indices of two shapes",
        lambda: gather(X, [I, I[:1]], (0, 1)),
        ShapeError,
        "gather: indices must have one shape that starts with (), got i32[2] and i32[1]",
    ),
    Refusal(
        "indices of another batch",
        lambda: gather(X, [I], (1,), batch=1),
        ShapeError,
        "indices must have one shape that starts with (3,), got i32[2]",
    ),
    Refusal(
        "nearest element of nothing",
        lambda: gather(X[:0], [I], (0,), mode="clip"),
        OutOfBoundsError,
        "gather: axis 0 of f32[0,4] is empty, so no element is the nearest",
    ),
    Refusal(
        "update of the nearest element of nothing",
        lambda: scatter(X[:0], ROWS, [I], (0,), mode="clip"),
        OutOfBoundsError,
        "scatter: axis 0 of f32[0,4] is empty",
    ),
]
