"""Refusals of oxmlx.lax.folding."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ShapeError, TreeError
from oxmlx.ops.convert import from_numpy

X = from_numpy(np.ones(3))

REFUSALS = [
    Refusal(
        "an initial value too many",
        lambda: ox.lax.reduce(X, (0.0, 0.0), ox.lax.add, (0,)),
        TreeError,
        "lax.reduce: operands are PyTreeDef(*), initial values PyTreeDef((*, *))\n"
        "  Wanted one initial value for each operand.",
    ),
    Refusal(
        "nothing to fold",
        lambda: ox.lax.reduce((), (), lambda a, b: a, ()),
        TreeError,
        "operands are",
    ),
    Refusal(
        "a result too many",
        lambda: ox.lax.reduce(X, 0.0, lambda a, b: (a, b), (0,)),
        TreeError,
        "lax.reduce: the computation takes PyTreeDef(*) and returns PyTreeDef((*, *))",
    ),
    Refusal(
        "a result of another dtype",
        lambda: ox.lax.reduce_window(X, 0.0, ox.lax.lt, (2,)),
        ShapeError,
        "lax.reduce_window: the computation takes [f64[]] and returns [bool[]]\n"
        "  A computation must return what it takes.",
    ),
]
