"""Refusals of oxmlx.numpy.inserting."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import DtypeError, OutOfBoundsError, ShapeError

V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "mask of another extent",
        lambda: onp.delete(V, np.array([True, False])),
        ShapeError,
        "delete: a mask of shape (2,) for an axis of 3 elements",
    ),
    Refusal(
        "fractional places",
        lambda: onp.delete(V, 1.5),
        DtypeError,
        "delete: places must be integers, got float64",
    ),
    Refusal(
        "place out of range",
        lambda: onp.insert(V, 4, 1.0),
        OutOfBoundsError,
        "insert: place 4 of an axis of 3 elements",
    ),
]
