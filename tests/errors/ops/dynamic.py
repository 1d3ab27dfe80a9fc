"""Refusals of oxmlx.ops.dynamic."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.errors import ArgumentError, DtypeError, ShapeError
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.dynamic import dynamic_slice, dynamic_update_slice

X = from_numpy(np.ones((3, 4), np.float32))
HALF = from_numpy(np.ones((1, 1), np.float16))

REFUSALS = [
    Refusal(
        "block that is too long",
        lambda: dynamic_slice(X, [0, 0], [2, 5]),
        ShapeError,
        "dynamic_slice[sizes=(2, 5)]: a block of shape (2, 5) does not fit into f32[3,4]",
    ),
    Refusal(
        "update of fewer axes",
        lambda: dynamic_update_slice(X, X[0], [0, 0]),
        ShapeError,
        "dynamic_update_slice: a block of shape (4,) does not fit into f32[3,4]",
    ),
    Refusal(
        "too few starts",
        lambda: dynamic_slice(X, [0], [1, 1]),
        ArgumentError,
        "dynamic_slice: got 1 starts for shape (3, 4)\n  Wanted one start for each axis.",
    ),
    Refusal(
        "start that is a float",
        lambda: dynamic_slice(X, [0, 1.5], [1, 1]),
        DtypeError,
        "got starts i32[], f32[] for f32[3,4]\n  Wanted an integer of rank 0 for each axis.",
    ),
    Refusal(
        "start that is a row",
        lambda: dynamic_update_slice(X, X, [0, np.array([1])]),
        DtypeError,
        "dynamic_update_slice: got starts i32[], i32[1] for f32[3,4]",
    ),
    Refusal(
        "update of another dtype",
        lambda: dynamic_update_slice(X, HALF, [0, 0]),
        DtypeError,
        "dynamic_update_slice: got an update f16[1,1] for f32[3,4]",
    ),
]
