"""Refusals of oxmlx.numpy.choosing."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ArgumentError

V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "where with one choice",
        lambda: onp.where(V > 0, V),
        ArgumentError,
        "where: got only one of x and y",
    ),
    Refusal(
        "select of unequal lists",
        lambda: onp.select([V > 0], [V, V]),
        ArgumentError,
        "select: got 1 conditions for 2 choices",
    ),
    Refusal(
        "piecewise of unequal lists",
        lambda: onp.piecewise(V, [V > 0], [1, 2, 3]),
        ArgumentError,
        "piecewise: got 1 conditions",
    ),
]
