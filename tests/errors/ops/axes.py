"""Refusals of oxmlx.ops.axes."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import AxisError, DtypeError, ShapeError
from oxmlx.ops.axes import broadcast, reduce_sum

X = ox.numpy.ones((2, 3))

REFUSALS = [
    Refusal(
        "axes outside", lambda: broadcast(X, (2, 3, 4), (3,)), AxisError, "axes (3,) do not lie"
    ),
    Refusal(
        "other extents",
        lambda: broadcast(X, (4, 3, 2), (0,)),
        ShapeError,
        "got f32[2,3] for shape (4, 3, 2) with new axes (0,)",
    ),
    Refusal("a sum of bools", lambda: reduce_sum(X > 0, (0,)), DtypeError, "elements of bool"),
    Refusal("no such axis", lambda: reduce_sum(X, (2,)), AxisError, "got (2,) for f32[2,3]"),
]
