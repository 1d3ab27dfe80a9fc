"""Refusals of oxmlx.lax.special."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import DtypeError

REFUSALS = [
    Refusal(
        "zeta of integers",
        lambda: ox.lax.zeta(2, 3),
        DtypeError,
        "lax.zeta: wants floating operands, got i32[] and i32[]",
    ),
    Refusal(
        "a Bessel function of complex numbers",
        lambda: ox.lax.bessel_i0e(1j),
        DtypeError,
        "lax.bessel_i0e: wants floating operands, got c64[]",
    ),
]
