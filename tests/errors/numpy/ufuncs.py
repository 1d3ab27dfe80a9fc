"""Refusals of oxmlx.numpy.ufuncs."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ArgumentError, ShapeError

V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "where without a start",
        lambda: onp.subtract.reduce(V, where=V > 0),
        ArgumentError,
        "subtract: where= needs initial=",
    ),
    Refusal(
        "at with one argument",
        lambda: onp.add.at(V, 0, inplace=False),
        ArgumentError,
        "add: has 2 arguments and 1 results, so no `at` with these",
    ),
    Refusal(
        "nothing to start from",
        lambda: onp.subtract.reduce(V[:0]),
        ShapeError,
        "subtract.reduce: there is no element to start from",
    ),
    Refusal(
        "reduce of a function of one",
        lambda: onp.negative.reduce(V),
        ArgumentError,
        "negative: has 1 arguments and 1 results, so no `reduce`",
    ),
]
