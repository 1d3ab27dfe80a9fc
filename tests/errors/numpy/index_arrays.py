"""Refusals of oxmlx.numpy.index_arrays."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ShapeError

X = ox.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
V = ox.array([1.0, 2.0, 3.0])
K = ox.array([0, 1, 2])

REFUSALS = [
    Refusal(
        "indices for other extents",
        lambda: onp.ravel_multi_index((K, K), (2, 3, 4)),
        ShapeError,
        "ravel_multi_index: got 2 indices for 3 extents",
    ),
    Refusal("grid of a matrix", lambda: onp.ix_(X), ShapeError, "ix_: wants vectors, got f32[2,3]"),
    Refusal(
        "diagonal of unequal extents",
        lambda: onp.diag_indices_from(X),
        ShapeError,
        "diag_indices_from: wants equal extents, got f32[2,3]",
    ),
    Refusal(
        "triangle of a vector",
        lambda: onp.triu_indices_from(V),
        ShapeError,
        "triu_indices_from: wants a matrix, got f32[3]",
    ),
]
