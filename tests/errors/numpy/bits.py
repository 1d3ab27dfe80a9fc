"""Refusals of oxmlx.numpy.bits."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import DtypeError

V = ox.array([1.0, 2.0, 3.0])
K = ox.array([0, 1, 2])

REFUSALS = [
    Refusal(
        "packbits of floats",
        lambda: onp.packbits(V),
        DtypeError,
        "packbits: wants integers or bools, got f32[3]",
    ),
    Refusal(
        "unpackbits of wide integers",
        lambda: onp.unpackbits(K),
        DtypeError,
        "unpackbits: wants bytes (u8), got i32[3]",
    ),
]
