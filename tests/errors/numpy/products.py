"""Refusals of oxmlx.numpy.products."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ShapeError

X = ox.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "axes that are no pair",
        lambda: onp.tensordot(X, X, [0, 1, 2]),
        ShapeError,
        "tensordot: axes must be a number or a pair",
    ),
    Refusal(
        "too many axes",
        lambda: onp.tensordot(X, X, 3),
        ShapeError,
        "tensordot: f32[2,3] and f32[2,3] have no 3 axes to contract",
    ),
    Refusal(
        "four components",
        lambda: onp.cross(onp.ones(4), V),
        ShapeError,
        "cross: vectors must have two or three components, got f32[4] and f32[3]",
    ),
    Refusal(
        "unequal extents",
        lambda: onp.dot(X, X),
        ShapeError,
        "dot: axes (1,) of f32[2,3] and (0,) of f32[2,3] must have equal extents",
    ),
    Refusal(
        "vector for a matrix",
        lambda: onp.matvec(V, V),
        ShapeError,
        "matvec: operands must have rank (2, 1) or more, got f32[3]",
    ),
]
