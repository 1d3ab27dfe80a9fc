"""Refusals of oxmlx.numpy.searching."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ConcretizationError, ShapeError

X = ox.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "a number has no index",
        lambda: onp.nonzero(ox.array(1.0)),
        ShapeError,
        "nonzero: f32[] has no axis",
    ),
    Refusal(
        "fills for other axes",
        lambda: onp.nonzero(X, size=3, fill_value=(1, 2, 3)),
        ShapeError,
        "nonzero: got 3 fill values for 2 axes",
    ),
    Refusal(
        "search in a matrix",
        lambda: onp.searchsorted(X, 1.0),
        ShapeError,
        "searchsorted: wants a vector, got f32[2,3]",
    ),
    Refusal(
        "bins in a matrix",
        lambda: onp.digitize(V, X),
        ShapeError,
        "digitize: bins must be a vector, got f32[2,3]",
    ),
    Refusal(
        "traced without a size",
        lambda: ox.jit(onp.nonzero)(V),
        ConcretizationError,
        "Pass size=, and a fill_value= for what may be missing.",
    ),
]
