"""Refusals of oxmlx.numpy.rounding."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import DtypeError

K = ox.array([0, 1, 2])

REFUSALS = [
    Refusal(
        "integers to tens",
        lambda: onp.round(K, -1),
        DtypeError,
        "round: decimals=-1 for integers, got i32[3]",
    ),
]
