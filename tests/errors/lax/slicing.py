"""Refusals of oxmlx.lax.slicing."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import OutOfBoundsError, ShapeError
from oxmlx.ops.convert import from_numpy

X = from_numpy(np.ones((2, 3)))

REFUSALS = [
    Refusal(
        "an index outside",
        lambda: ox.lax.index_in_dim(X, 3, 1),
        OutOfBoundsError,
        "lax.index_in_dim: index 3 is out of bounds for axis 1 of extent 3",
    ),
    Refusal(
        "an index array too few",
        lambda: ox.lax.index_take(X, [from_numpy(np.zeros(1, np.int32))], (0, 1)),
        ShapeError,
        "lax.index_take: got 1 arrays of indices for axes (0, 1)",
    ),
    Refusal(
        "a bound outside",
        lambda: ox.lax.slice_in_dim(X, 0, 4, axis=1),
        ShapeError,
        "slice: got 0:4:1 for axis 1 of f64[2,3]",
    ),
]
