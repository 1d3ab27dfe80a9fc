"""Refusals of oxmlx.numpy.index_tricks."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ArgumentError

V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal("no directive", lambda: onp.r_["left", V], ArgumentError, "r_: 'left' is no directive"),
]
