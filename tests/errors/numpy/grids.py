"""Refusals of oxmlx.numpy.grids."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ArgumentError, ShapeError

X = ox.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])

REFUSALS = [
    Refusal("no step", lambda: onp.arange(0, 3, 0), ArgumentError, "arange: the step is 0"),
    Refusal(
        "negative number",
        lambda: onp.linspace(0, 1, -1),
        ArgumentError,
        "linspace: num must not be negative",
    ),
    Refusal(
        "grid of a matrix",
        lambda: onp.meshgrid(X),
        ShapeError,
        "meshgrid: coordinates must be vectors, got f32[2,3]",
    ),
    Refusal(
        "infinite range",
        lambda: onp.arange(float("inf")),
        ArgumentError,
        "arange: wants finite real numbers, got inf",
    ),
]
