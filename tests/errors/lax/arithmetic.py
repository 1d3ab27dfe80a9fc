"""Refusals of oxmlx.lax.arithmetic."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import DtypeError
from oxmlx.ops.convert import from_numpy

REFUSALS = [
    Refusal(
        "a power of integers",
        lambda: ox.lax.pow(from_numpy(np.ones(2, np.int32)), 2.0),
        DtypeError,
        "lax.pow: the base must be floating or complex, got i32[2]",
    ),
    Refusal(
        "half the bits of floats",
        lambda: ox.lax.mulhi(1.0, 2.0),
        DtypeError,
        "lax.mulhi: wants integers, got f32[]",
    ),
]
