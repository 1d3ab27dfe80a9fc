"""Refusals of oxmlx.numpy.linalg."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ArgumentError, ShapeError

X = ox.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "norm of a tensor",
        lambda: onp.linalg.norm(onp.ones((2, 2, 2)), 2),
        ShapeError,
        "norm: f32[2,2,2] along (0, 1, 2) is neither",
    ),
    Refusal(
        "power of a rectangle",
        lambda: onp.linalg.matrix_power(X, 2),
        ShapeError,
        "matrix_power: wants square matrices, got f32[2,3]",
    ),
    Refusal(
        "negative power",
        lambda: onp.linalg.matrix_power(onp.eye(2), -1),
        ArgumentError,
        "matrix_power: n must not be negative",
    ),
    Refusal(
        "one matrix",
        lambda: onp.linalg.multi_dot([X]),
        ArgumentError,
        "multi_dot: wants two matrices or more, got 1",
    ),
    Refusal(
        "tensors",
        lambda: onp.linalg.multi_dot([X, onp.ones((3, 2, 2)), X]),
        ShapeError,
        "multi_dot: wants matrices, got f32[3,2,2]",
    ),
    Refusal(
        "no norm of vectors",
        lambda: onp.linalg.norm(V, "fro"),
        ArgumentError,
        "norm: vectors have no norm 'fro'",
    ),
    Refusal(
        "norm by singular values",
        lambda: onp.linalg.norm(X, 2),
        ArgumentError,
        "norm: matrices have no norm 2",
    ),
]
