"""Refusals of oxmlx.numpy.repeating."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ArgumentError, ShapeError

V = ox.array([1.0, 2.0, 3.0])
K = ox.array([0, 1, 2])

REFUSALS = [
    Refusal(
        "too few repeats",
        lambda: onp.repeat(V, [1, 2]),
        ShapeError,
        "repeat: got 2 repeats for the 3 slices of f32[3]",
    ),
    Refusal(
        "too few traced repeats",
        lambda: onp.repeat(V, K[:2], total_repeat_length=4),
        ShapeError,
        "repeat: got repeats i32[2] for the 3 slices",
    ),
    Refusal(
        "negative repeats",
        lambda: onp.repeat(V, -1),
        ArgumentError,
        "repeat: repeats must not be negative, got -1",
    ),
]
