"""Refusals of oxmlx.lax.conversion."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import DtypeError, ShapeError
from oxmlx.ops.convert import from_numpy

REFUSALS = [
    Refusal(
        "bits of bools",
        lambda: ox.lax.bitcast_convert_type(from_numpy(np.ones(2, bool)), np.uint8),
        DtypeError,
        "lax.bitcast_convert_type: got bool[2], which has no bits to read as u8",
    ),
    Refusal(
        "bits as complex numbers",
        lambda: ox.lax.bitcast_convert_type(from_numpy(np.ones(2)), np.complex64),
        DtypeError,
        "got f64[2], which has no bits to read as c64",
    ),
    Refusal(
        "three halves",
        lambda: ox.lax.bitcast_convert_type(from_numpy(np.ones((2, 3), np.float32)), np.int64),
        ShapeError,
        "the last axis of f32[2,3] must have extent 2 for i64",
    ),
]
