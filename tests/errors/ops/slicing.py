"""Refusals of oxmlx.ops.slicing."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.errors import ArgumentError, AxisError, DtypeError, OverflowingLiteralError, ShapeError
from oxmlx.ir.trace import bind
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.slicing import Concatenate, concatenate, iota, pad, reverse, slice_

X = from_numpy(np.ones((3, 4), np.float32))
INTS = from_numpy(np.ones((3, 4), np.int8))

REFUSALS = [
    Refusal(
        "slice of too few axes",
        lambda: slice_(X, (1,), (2,)),
        ShapeError,
        "slice[starts=(1,) stops=(2,) strides=(1,)]: wanted a start, stop and stride for each "
        "axis of f32[3,4]",
    ),
    Refusal(
        "slice past the end",
        lambda: slice_(X, (0, 2), (3, 5)),
        ShapeError,
        "slice: got 2:5:1 for axis 1 of f32[3,4]\n  Wanted 0 <= start <= stop <= the extent",
    ),
    Refusal(
        "slice before the start",
        lambda: slice_(X, (-1, 0), (3, 4)),
        ShapeError,
        "got -1:3:1 for axis 0",
    ),
    Refusal(
        "slice backwards",
        lambda: slice_(X, (2, 0), (3, 4), (-1, 1)),
        ShapeError,
        "and a stride of at least 1",
    ),
    Refusal(
        "padding of too few axes",
        lambda: pad(X, 0, ((1, 1, 0),)),
        ShapeError,
        "pad: got config ((1, 1, 0),) for f32[3,4]\n  Wanted (low, high, interior >= 0)",
    ),
    Refusal(
        "negative padding between elements",
        lambda: pad(X, 0, ((1, 1, -1), (0, 0, 0))),
        ShapeError,
        "interior >= 0",
    ),
    Refusal(
        "padding with an array",
        lambda: pad(X, X, ((1, 1, 0), (0, 0, 0))),
        DtypeError,
        "pad: got f32[3,4] to pad f32[3,4] with",
    ),
    Refusal(
        "padding with another dtype",
        lambda: pad(X, INTS[0, 0], ((1, 1, 0), (0, 0, 0))),
        DtypeError,
        "got i8[] to pad f32[3,4] with\n  Wanted a rank-0 value of the same dtype.",
    ),
    Refusal(
        "padding with a greater number",
        lambda: pad(INTS, 300, ((1, 1, 0), (0, 0, 0))),
        OverflowingLiteralError,
        "pad: 300 does not fit i8",
    ),
    Refusal(
        "padding that cuts too much",
        lambda: pad(X, 0, ((-2, -2, 0), (0, 0, 0))),
        ShapeError,
        "cuts more off f32[3,4] than there is\n  The shape would be (-1, 4).",
    ),
    Refusal(
        "concatenating nothing",
        lambda: concatenate([], 0),
        ArgumentError,
        "concatenate: got no operand",
    ),
    Refusal(
        "concatenating along no axis",
        lambda: concatenate([X, X], 2),
        AxisError,
        "concatenate: axes must be distinct and lie in [0, 2), got (2,)",
    ),
    Refusal(
        "concatenating other extents",
        lambda: concatenate([X, X[:2]], 1),
        ShapeError,
        "operands must agree on every axis but 1, got f32[3,4] and f32[2,4]",
    ),
    Refusal(
        "concatenating other dtypes",
        lambda: bind(Concatenate(0), X, INTS),
        DtypeError,
        "operands must have one dtype, got f32[3,4] and i8[3,4]",
    ),
    Refusal(
        "reversing no axis",
        lambda: reverse(X, (1, 1)),
        AxisError,
        "reverse: axes must be distinct and lie in [0, 2), got (1, 1) for f32[3,4]",
    ),
    Refusal(
        "counting in bools",
        lambda: iota(np.dtype(bool), (3,), 0),
        DtypeError,
        "iota: got bool",
    ),
    Refusal(
        "counting along no axis",
        lambda: iota(np.dtype(np.int32), (3,), 1),
        AxisError,
        "iota: axes must be distinct and lie in [0, 1), got (1,)",
    ),
]
