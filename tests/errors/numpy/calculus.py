"""Refusals of oxmlx.numpy.calculus."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ArgumentError, ShapeError

X = ox.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "negative diff",
        lambda: onp.diff(V, -1),
        ArgumentError,
        "diff: n must not be negative, got -1",
    ),
    Refusal(
        "edge order",
        lambda: onp.gradient(V, edge_order=3),
        ArgumentError,
        "gradient: edge_order is 1 or 2, got 3",
    ),
    Refusal(
        "spacings",
        lambda: onp.gradient(X, 1.0, 2.0, 3.0),
        ArgumentError,
        "gradient: got 3 spacings for 2 axes",
    ),
    Refusal(
        "interp of a matrix",
        lambda: onp.interp(1.0, X, X),
        ShapeError,
        "interp: wants vectors of one length",
    ),
    Refusal(
        "slope of one element",
        lambda: onp.gradient(V[:1]),
        ShapeError,
        "gradient: axis 0 of f32[1] is too short",
    ),
    Refusal(
        "coordinates",
        lambda: onp.gradient(V, V[:2]),
        ShapeError,
        "gradient: coordinates f32[2] do not fit axis 0 of f32[3]",
    ),
    Refusal(
        "convolution of a matrix",
        lambda: onp.convolve(X, V),
        ShapeError,
        "convolve: wants vectors with elements",
    ),
]
