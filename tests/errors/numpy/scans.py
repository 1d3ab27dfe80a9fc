"""Refusals of oxmlx.numpy.scans."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ArgumentError

X = ox.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])

REFUSALS = [
    Refusal(
        "no axis",
        lambda: onp.cumulative_sum(X),
        ArgumentError,
        "cumulative_sum: which axis of f32[2,3]?",
    ),
]
