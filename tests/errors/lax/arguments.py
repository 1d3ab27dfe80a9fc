"""Refusals of oxmlx.lax.arguments."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, AxisError, DtypeError, ShapeError
from oxmlx.ops.convert import from_numpy

F32 = from_numpy(np.ones(2, np.float32))
I32 = from_numpy(np.ones(2, np.int32))

REFUSALS = [
    Refusal(
        "two dtypes",
        lambda: ox.lax.add(F32, I32),
        DtypeError,
        "lax.add: operands must have one dtype, got f32[2] and i32[2]\n"
        "  Convert the operands, or use the function of ox.numpy, which promotes",
    ),
    Refusal("an int beside floats", lambda: ox.lax.mul(F32, 2), DtypeError, "got f32[2] and 2"),
    Refusal("a float beside integers", lambda: ox.lax.max(0.5, I32), DtypeError, "0.5 and i32[2]"),
    Refusal(
        "two shapes",
        lambda: ox.lax.sub(F32, from_numpy(np.ones((2, 2), np.float32))),
        ShapeError,
        "lax.sub: operands must have one shape, got f32[2] and f32[2,2]\n  Convert the operands",
    ),
    Refusal(
        "unequal extents",
        lambda: ox.lax.lt(F32, from_numpy(np.ones(3, np.float32))),
        ShapeError,
        "lax.lt: operands must have one shape, got f32[2] and f32[3]",
    ),
    Refusal(
        "rows of two shapes",
        lambda: ox.lax.stack([F32, from_numpy(np.ones(3, np.float32))]),
        ShapeError,
        "lax.stack: operands must have one shape, got f32[2] and f32[3]",
    ),
    Refusal(
        "half an axis",
        lambda: ox.lax.rev(F32, (0.5,)),
        ArgumentError,
        "lax.rev: axes must hold integers, got 0.5",
    ),
    Refusal(
        "a stride too many",
        lambda: ox.lax.slice(F32, (0,), (1,), (1, 1)),
        ArgumentError,
        "lax.slice: strides must hold 1 integers, got (1, 1)",
    ),
    Refusal(
        "a negative extent",
        lambda: ox.lax.full((2, -1), 0.0),
        ShapeError,
        "lax.full: extents must not be negative, got (2, -1)",
    ),
    Refusal(
        "an axis that is not there",
        lambda: ox.lax.cumsum(F32, 1),
        AxisError,
        "lax.cumsum: got axis 1 of an array of rank 1",
    ),
    Refusal(
        "an axis twice",
        lambda: ox.lax.reduce_sum(F32, (0, -1)),
        AxisError,
        "lax.reduce_sum: an axis is named twice in (0, -1)",
    ),
    Refusal(
        "a value of another dtype",
        lambda: ox.lax.pad(F32, I32[0], [(1, 1, 0)]),
        DtypeError,
        "lax.pad: the value must have the dtype of f32[2], got i32[]",
    ),
    Refusal(
        "a value with axes",
        lambda: ox.lax.pad(F32, F32, [(1, 1, 0)]),
        ShapeError,
        "lax.pad: the value must have rank 0, got f32[2]",
    ),
    Refusal(
        "starts that are a matrix",
        lambda: ox.lax.dynamic_slice(F32, from_numpy(np.zeros((1, 1), np.int32)), (1,)),
        ShapeError,
        "lax.dynamic_slice: starts must have one axis, got i32[1,1]",
    ),
]
