"""Refusals of oxmlx.lax.rounding."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, DtypeError
from oxmlx.ops.convert import from_numpy

X = from_numpy(np.ones(2, np.float32))

REFUSALS = [
    Refusal(
        "no such method",
        lambda: ox.lax.round(X, 2),  # type: ignore[arg-type]
        ArgumentError,
        "lax.round: rounding_method got 2\n  It takes a lax.RoundingMethod.",
    ),
    Refusal(
        "fewer bits of integers",
        lambda: ox.lax.reduce_precision(1, 5, 10),
        DtypeError,
        "lax.reduce_precision: wants a floating array, got i32[]",
    ),
    Refusal(
        "no exponent",
        lambda: ox.lax.reduce_precision(X, 0, 10),
        ArgumentError,
        "got 0 exponent and 10 mantissa bits\n  Wanted at least 1 and 0.",
    ),
    Refusal(
        "less than no mantissa",
        lambda: ox.lax.reduce_precision(X, 5, -1),
        ArgumentError,
        "got 5 exponent and -1 mantissa bits",
    ),
]
