"""Refusals of oxmlx.lax.sorting."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import DtypeError, ShapeError
from oxmlx.ops.convert import from_numpy

REFUSALS = [
    Refusal(
        "nothing to sort",
        lambda: ox.lax.sort(()),
        ShapeError,
        "lax.sort: got no operand\n  Wanted one",
    ),
    Refusal(
        "the largest of integers, about",
        lambda: ox.lax.approx_max_k(from_numpy(np.arange(3)), 1),
        DtypeError,
        "lax.approx_max_k: wants a floating array, got i64[3]\n  Use lax.top_k.",
    ),
]
