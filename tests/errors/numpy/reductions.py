"""Refusals of oxmlx.numpy.reductions."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ArgumentError

V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "maximum of what may be nothing",
        lambda: onp.max(V, where=V > 0),
        ArgumentError,
        "max: where= may leave no element",
    ),
    Refusal(
        "ddof twice",
        lambda: onp.var(V, ddof=1, correction=1),
        ArgumentError,
        "var: got both ddof and correction",
    ),
]
