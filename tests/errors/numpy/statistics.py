"""Refusals of oxmlx.numpy.statistics."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ShapeError

X = ox.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "average with other weights",
        lambda: onp.average(X, axis=0, weights=V),
        ShapeError,
        "average: weights f32[3] fit neither (2, 3) nor its axes (0,)",
    ),
    Refusal(
        "cov of a tensor",
        lambda: onp.cov(onp.ones((2, 2, 2))),
        ShapeError,
        "cov: wants vectors or matrices, got f32[2,2,2]",
    ),
    Refusal(
        "cov with other weights",
        lambda: onp.cov(X, aweights=V[:2]),
        ShapeError,
        "cov: wants 3 weights, got f32[2]",
    ),
]
