"""Refusals of oxmlx.lax.shaping."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import AxisError, ShapeError
from oxmlx.ops.convert import from_numpy

X = from_numpy(np.ones((2, 3)))

REFUSALS = [
    Refusal(
        "extents that do not fit",
        lambda: ox.lax.broadcast_in_dim(X, (2, 4), (0, 1)),
        ShapeError,
        "lax.broadcast_in_dim: cannot repeat f64[2,3] to fill (2, 4) with its axes at (0, 1)\n"
        "  Wanted one place for each axis, and equal extents or 1.",
    ),
    Refusal(
        "a place too few",
        lambda: ox.lax.broadcast_in_dim(X, (2, 3), (0,)),
        ShapeError,
        "cannot repeat f64[2,3] to fill (2, 3) with its axes at (0,)",
    ),
    Refusal(
        "shapes that do not broadcast",
        lambda: ox.lax.broadcast_shapes((2,), (3,)),
        ShapeError,
        "lax.broadcast_shapes: shapes do not broadcast: (2,) and (3,)",
    ),
    Refusal(
        "an axis that is not 1",
        lambda: ox.lax.squeeze(X, (0,)),
        ShapeError,
        "lax.squeeze: axes (0,) of f64[2,3] are not all 1",
    ),
    Refusal(
        "a range backwards",
        lambda: ox.lax.collapse(X, 2, 1),
        AxisError,
        "lax.collapse: got axes 2 to 1 of f64[2,3]\n  Wanted a start that is not behind the stop.",
    ),
    Refusal(
        "an axis too few",
        lambda: ox.lax.transpose(X, (0,)),
        AxisError,
        "lax.transpose: permutation must name each of the 2 axes once, got (0,)",
    ),
    Refusal(
        "another number of elements",
        lambda: ox.lax.reshape(X, (5,)),
        ShapeError,
        "cannot make shape (5,) of f64[2,3], which has 6 elements",
    ),
]
