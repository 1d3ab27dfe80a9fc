"""Refusals of oxmlx.lax.loops."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.ops.convert import from_numpy

REFUSALS = [
    Refusal(
        "less than no rows at once",
        lambda: ox.lax.map(lambda x: x, from_numpy(np.ones(3)), batch_size=-1),
        ArgumentError,
        "lax.map: batch_size must not be negative, got -1",
    ),
    Refusal(
        "rows of two extents",
        lambda: ox.lax.map(lambda x: x, (from_numpy(np.ones(3)), from_numpy(np.ones(2)))),
        ShapeError,
        "lax.map: scanned arrays must have one leading extent, got ",
    ),
    Refusal(
        "rows of a number",
        lambda: ox.lax.map(lambda x: x, 1.0, batch_size=2),
        ShapeError,
        "lax.map: scanned arrays need a leading axis",
    ),
]
