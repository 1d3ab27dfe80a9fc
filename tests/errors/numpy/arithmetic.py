"""Refusals of oxmlx.numpy.arithmetic."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import DtypeError

V = ox.array([1.0, 2.0, 3.0])
K = ox.array([0, 1, 2])

REFUSALS = [
    Refusal(
        "negative power of an integer",
        lambda: onp.power(K, -1),
        DtypeError,
        "power: i32[3] to the power -1 is no integer",
    ),
    Refusal("gcd of floats", lambda: onp.gcd(V, 2), DtypeError, "gcd: wants integers, got f32"),
]
