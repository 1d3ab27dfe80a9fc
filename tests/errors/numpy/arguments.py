"""Refusals of oxmlx.numpy.arguments."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ArgumentError, AxisError, DtypeError, ImmutableError, ShapeError

X = ox.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "no sequence",
        lambda: onp.concatenate(3),
        ArgumentError,
        "concatenate: wants a sequence of arrays, got int",
    ),
    Refusal(
        "complex where it has no meaning",
        lambda: onp.clip(ox.array(1j), 0, 1),
        DtypeError,
        "clip: has no meaning for complex numbers, got c64[]",
    ),
    Refusal(
        "no integer", lambda: onp.eye(2.5), ArgumentError, "eye: N must be an integer, got 2.5"
    ),
    Refusal(
        "negative extent",
        lambda: onp.zeros((2, -1)),
        ShapeError,
        "zeros: extents must not be negative, got (2, -1)",
    ),
    Refusal(
        "no such axis",
        lambda: onp.sum(X, 2),
        AxisError,
        "sum: axis 2 of an array of rank 2\n  It has [-2, 2).",
    ),
    Refusal(
        "axis twice",
        lambda: onp.sum(X, (0, -2)),
        AxisError,
        "sum: an axis is named twice in (0, -2)",
    ),
    Refusal("out", lambda: onp.sum(X, out=X), ArgumentError, "sum: out= would change an array"),
    Refusal("in place", lambda: onp.put(X, 0, 1), ImmutableError, "put: would change an array"),
    Refusal(
        "unknown word",
        lambda: onp.searchsorted(V, 1, side="up"),
        ArgumentError,
        "side got 'up'\n  It takes 'left', 'right'.",
    ),
]
