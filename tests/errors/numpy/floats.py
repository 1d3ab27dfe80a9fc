"""Refusals of oxmlx.numpy.floats."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import DtypeError

V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "fractional exponents",
        lambda: onp.ldexp(V, V),
        DtypeError,
        "ldexp: exponents must be integers, got f32[3]",
    ),
]
