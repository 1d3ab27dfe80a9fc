"""Refusals of oxmlx.ops.sort."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.dtypes import KEY_DTYPES
from oxmlx.errors import ArgumentError, AxisError, DtypeError, ShapeError
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.sort import sort, top_k

F = from_numpy(np.zeros((2, 3), np.float32))
G = from_numpy(np.zeros((3, 2), np.float32))
KEYS = from_numpy(np.zeros(3, KEY_DTYPES["threefry"]))
COMPLEX = from_numpy(np.zeros(3, np.complex64))

REFUSALS = [
    Refusal("no key", lambda: sort([F], 0, 0), ArgumentError, "num_keys must lie in [1, 1], got 0"),
    Refusal("more keys than operands", lambda: sort([F, F], 0, 3), ArgumentError, "[1, 2], got 3"),
    Refusal("an axis too many", lambda: sort([F], 2), AxisError, "got (2,) for f32[2,3]"),
    Refusal(
        "two shapes", lambda: sort([F, G], 0), ShapeError, "one shape, got f32[2,3] and f32[3,2]"
    ),
    Refusal(
        "keys of random numbers", lambda: sort([KEYS], 0), DtypeError, "elements of key<threefry>"
    ),
    Refusal("their largest", lambda: top_k(KEYS, 1, 0), DtypeError, "top_k: has no order"),
    Refusal("the largest complex", lambda: top_k(COMPLEX, 1, 0), DtypeError, "complex c64[3]"),
    Refusal(
        "more than there are",
        lambda: top_k(F, 4, 1),
        ShapeError,
        "k must lie in [0, 3], got 4 for axis 1 of f32[2,3]",
    ),
    Refusal("fewer than none", lambda: top_k(F, -1, 1), ShapeError, "got -1"),
    Refusal("no such axis", lambda: top_k(F, 1, 2), AxisError, "top_k: axes"),
]
