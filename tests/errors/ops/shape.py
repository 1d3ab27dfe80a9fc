"""Refusals of oxmlx.ops.shape."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import AxisError, ShapeError
from oxmlx.ops.shape import broadcast_to, reshape, transpose

X = ox.numpy.ones((2, 3))

REFUSALS = [
    Refusal("perm", lambda: transpose(X, (0, 0)), AxisError, "got (0, 0) for f32[2,3]"),
    Refusal(
        "elements",
        lambda: reshape(X, (4, 2)),
        ShapeError,
        "cannot make shape (4, 2) of f32[2,3], which has 6 elements",
    ),
    Refusal(
        "broadcast",
        lambda: broadcast_to(X, (2, 4)),
        ShapeError,
        "cannot repeat shape (2, 3) to fill (2, 4)",
    ),
]
