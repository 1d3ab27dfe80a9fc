"""Refusals of oxmlx.ops.dot."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import AxisError, DtypeError, ShapeError
from oxmlx.ir.aval import Aval
from oxmlx.ops.dot import DotGeneral, dot_general

X, Y = ox.numpy.ones((2, 3)), ox.numpy.ones((4, 5))
F32, I32 = (Aval((3,), np.dtype(t)) for t in ("float32", "int32"))

REFUSALS = [
    Refusal(
        "an axis twice",
        lambda: dot_general(X, Y, ((0, 0), (0, 1))),
        AxisError,
        "axes (0, 0) must be distinct axes of f32[2,3]",
    ),
    Refusal(
        "extents",
        lambda: dot_general(X, Y, ((1,), (0,))),
        ShapeError,
        "contracted axes must have equal extents: f32[2,3] axes (1,), f32[4,5] axes (0,)",
    ),
    Refusal(
        "dtypes",
        lambda: DotGeneral(((0,), (0,))).abstract(F32, I32),
        DtypeError,
        "numbers of one dtype, got f32[3] and i32[3]",
    ),
    Refusal(
        "rank 0", lambda: X @ 2.0, ShapeError, "must have rank 1 or more, got f32[2,3] and f32[]"
    ),
    Refusal("matmul", lambda: X @ Y, ShapeError, "contracted extents must be equal, got f32[2,3]"),
]
