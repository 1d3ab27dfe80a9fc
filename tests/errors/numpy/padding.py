"""Refusals of oxmlx.numpy.padding."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ArgumentError, ShapeError

X = ox.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "negative width",
        lambda: onp.pad(V, -1),
        ArgumentError,
        "pad: widths must not be negative, got -1",
    ),
    Refusal(
        "edge of nothing",
        lambda: onp.pad(V[:0], 1, "edge"),
        ShapeError,
        "pad: axis 0 of f32[0] is empty",
    ),
    Refusal(
        "widths for other axes",
        lambda: onp.pad(X, ((1, 1), (1, 1), (1, 1))),
        ArgumentError,
        "pad: pad_width must be a number, a pair, or 2 pairs",
    ),
    Refusal(
        "statistic of nothing",
        lambda: onp.pad(V, 1, "mean", stat_length=0),
        ArgumentError,
        "pad: stat_length must be positive, got 0",
    ),
]
