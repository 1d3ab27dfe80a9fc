"""Refusals of oxmlx.numpy.fitting."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ArgumentError, ShapeError

V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "singular values",
        lambda: onp.polyfit(V, V, 1, full=True),
        ArgumentError,
        "polyfit: rcond= and full= speak of singular values",
    ),
    Refusal(
        "points that do not fit",
        lambda: onp.polyfit(V, V[:2], 1),
        ShapeError,
        "polyfit: points f32[3] and f32[2] do not fit",
    ),
    Refusal(
        "too high a degree",
        lambda: onp.polyfit(V, V, 3),
        ArgumentError,
        "polyfit: degree 3 for 3 points",
    ),
    Refusal(
        "other weights",
        lambda: onp.polyfit(V, V, 1, w=V[:2]),
        ShapeError,
        "polyfit: weights f32[2] do not fit f32[3]",
    ),
    Refusal(
        "no error to scale with",
        lambda: onp.polyfit(V, V, 2, cov=True),
        ArgumentError,
        "polyfit: 3 points leave no error to scale with",
    ),
]
