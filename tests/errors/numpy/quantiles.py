"""Refusals of oxmlx.numpy.quantiles."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ArgumentError, ShapeError

X = ox.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "quantile of nothing",
        lambda: onp.quantile(V[:0], 0.5),
        ShapeError,
        "quantile: f32[0] has no element along (0,)",
    ),
    Refusal(
        "weights for a line",
        lambda: onp.quantile(V, 0.5, weights=V),
        ArgumentError,
        "quantile: weights have no meaning for method 'linear'",
    ),
    Refusal(
        "other weights",
        lambda: onp.quantile(V, 0.5, weights=X, method="inverted_cdf"),
        ShapeError,
        "quantile: weights f32[2,3] do not fit f32[3]",
    ),
]
