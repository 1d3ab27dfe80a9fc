"""Refusals of oxmlx.numpy.histograms."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ArgumentError, DtypeError, ShapeError

X = ox.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
V = ox.array([1.0, 2.0, 3.0])
K = ox.array([0, 1, 2])

REFUSALS = [
    Refusal(
        "bincount of floats",
        lambda: onp.bincount(V),
        DtypeError,
        "bincount: wants integers, got f32[3]",
    ),
    Refusal(
        "bincount of a matrix",
        lambda: onp.bincount(onp.ones((2, 2), int)),
        ShapeError,
        "bincount: wants a vector, got i32[2,2]",
    ),
    Refusal(
        "bincount with other weights",
        lambda: onp.bincount(K, V[:2]),
        ShapeError,
        "bincount: weights f32[2] do not fit i32[3]",
    ),
    Refusal(
        "bins for other coordinates",
        lambda: onp.histogramdd(X, [2, 2]),
        ArgumentError,
        "histogramdd: got 2 bins and 3 ranges for 3 coordinates",
    ),
    Refusal(
        "histogram with other weights",
        lambda: onp.histogram(V, weights=V[:2]),
        ShapeError,
        "histogram: weights f32[2] do not fit f32[3]",
    ),
    Refusal(
        "rule for bins",
        lambda: onp.histogram(V, "auto"),
        ArgumentError,
        "histogram: bins got 'auto'",
    ),
    Refusal(
        "edges in a matrix",
        lambda: onp.histogram(V, X),
        ShapeError,
        "histogram: edges must be a vector, got f32[2,3]",
    ),
    Refusal(
        "no bins",
        lambda: onp.histogram(V, 0),
        ArgumentError,
        "histogram: bins must be positive, got 0",
    ),
]
