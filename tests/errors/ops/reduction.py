"""Refusals of oxmlx.ops.reduction."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.errors import AxisError, DtypeError, ShapeError
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.reduction import argmax, argmin, reduce_max, reduce_min, reduce_or, reduce_prod

F = from_numpy(np.zeros((2, 3), np.float32))
EMPTY = from_numpy(np.zeros((2, 0), np.float32))
BOOL = from_numpy(np.zeros(3, bool))
COMPLEX = from_numpy(np.zeros(3, np.complex64))

REFUSALS = [
    Refusal("an axis too many", lambda: reduce_prod(F, (2,)), AxisError, "got (2,) for f32[2,3]"),
    Refusal(
        "product of bools",
        lambda: reduce_prod(BOOL, (0,)),
        DtypeError,
        "reduce_prod: has no meaning for elements of bool, got bool[3]",
    ),
    Refusal("or of floats", lambda: reduce_or(F, (0,)), DtypeError, "elements of f32"),
    Refusal("extreme of complex", lambda: reduce_min(COMPLEX, (0,)), DtypeError, "got c64[3]"),
    Refusal(
        "extreme of nothing",
        lambda: reduce_max(EMPTY, (1,)),
        ShapeError,
        "reduce_max: axis 1 of f32[2,0] is empty",
    ),
    Refusal(
        "place in nothing",
        lambda: argmax(EMPTY, 1),
        ShapeError,
        "argmax: axis 1 of f32[2,0] is empty",
    ),
    Refusal("place of complex", lambda: argmin(COMPLEX, 0), DtypeError, "elements of c64"),
    Refusal("place along no axis", lambda: argmin(F, 2), AxisError, "got (2,) for f32[2,3]"),
    Refusal(
        "place as a float",
        lambda: argmax(F, 1, np.dtype(np.float32)),
        DtypeError,
        "argmax: f32 cannot count 3 elements",
    ),
    Refusal(
        "too many places for the dtype",
        lambda: argmax(from_numpy(np.zeros(129)), 0, np.dtype(np.int8)),
        DtypeError,
        "argmax: i8 cannot count 129 elements\n  Choose a wider integer dtype.",
    ),
]
