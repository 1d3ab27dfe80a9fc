"""Refusals of oxmlx.lax.creation."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ShapeError
from oxmlx.ops.convert import from_numpy

REFUSALS = [
    Refusal(
        "a value with axes",
        lambda: ox.lax.full((2,), from_numpy(np.ones(2))),
        ShapeError,
        "lax.full: the value must have rank 0, got f64[2]",
    ),
]
