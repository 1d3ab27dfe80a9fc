"""Refusals of oxmlx.numpy.indexing."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import DtypeError, OutOfBoundsError, ShapeError

X = ox.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
V = ox.array([1.0, 2.0, 3.0])
K = ox.array([0, 1, 2])

REFUSALS = [
    Refusal(
        "place with another mask",
        lambda: onp.place(V, V[:2] > 0, V, inplace=False),
        ShapeError,
        "place: a mask bool[2]",
    ),
    Refusal(
        "compress by a long condition",
        lambda: onp.compress(V > 0, X, 0),
        ShapeError,
        "compress: condition bool[3] does not fit axis 0 of f32[2,3]",
    ),
    Refusal(
        "fractional indices",
        lambda: onp.unravel_index(V, (2, 2)),
        DtypeError,
        "unravel_index: indices must be integers, got f32[3]",
    ),
    Refusal(
        "choice out of range",
        lambda: onp.choose(K, [V, V]),
        OutOfBoundsError,
        "choose: 2 is out of range for 2",
    ),
]
