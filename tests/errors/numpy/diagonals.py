"""Refusals of oxmlx.numpy.diagonals."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import AxisError, ShapeError

X = ox.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "diag of a tensor",
        lambda: onp.diag(onp.ones((2, 2, 2))),
        ShapeError,
        "diag: wants a vector or a matrix",
    ),
    Refusal(
        "one axis twice",
        lambda: onp.diagonal(X, 0, 1, -1),
        AxisError,
        "diagonal: needs two axes, got 1 twice",
    ),
    Refusal(
        "fill_diagonal of unequal extents",
        lambda: onp.fill_diagonal(onp.ones((2, 2, 3)), 1, inplace=False),
        ShapeError,
        "fill_diagonal: wants a matrix, or an array of equal extents",
    ),
    Refusal(
        "triangle of a vector", lambda: onp.tril(V), ShapeError, "tril: wants matrices, got f32[3]"
    ),
]
