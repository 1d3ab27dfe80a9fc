"""Refusals of oxmlx.numpy.polynomials."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ArgumentError, ShapeError

X = ox.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "value of a number",
        lambda: onp.polyval(1.0, V),
        ShapeError,
        "polyval: wants a vector of coefficients",
    ),
    Refusal(
        "constants of integration",
        lambda: onp.polyint(V, 3, k=V[:2]),
        ShapeError,
        "polyint: wants 3 constants, got f32[2]",
    ),
    Refusal(
        "matrix of coefficients",
        lambda: onp.polyder(X),
        ShapeError,
        "polyder: wants a vector, got f32[2,3]",
    ),
    Refusal(
        "negative derivative",
        lambda: onp.polyder(V, -1),
        ArgumentError,
        "polyder: m must not be negative, got -1",
    ),
]
