"""Refusals of oxmlx.lax.dots."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.ops.convert import from_numpy

X, V = from_numpy(np.ones((2, 3))), from_numpy(np.ones(3))

REFUSALS = [
    Refusal(
        "no such precision",
        lambda: ox.lax.dot(X, V, precision="exact"),
        ArgumentError,
        "lax.dot_general: precision got 'exact'\n  It takes a lax.Precision, 'bfloat16',",
    ),
    Refusal(
        "three precisions",
        lambda: ox.lax.dot(X, V, precision=("high", "high", "high")),
        ArgumentError,
        "precision got ('high', 'high', 'high')",
    ),
    Refusal(
        "inner extents that differ",
        lambda: ox.lax.dot(X, X),
        ShapeError,
        "lax.dot: got f64[2,3] and f64[2,3]\n  Wanted vectors or matrices",
    ),
    Refusal("a product with a number", lambda: ox.lax.dot(V, 2.0), ShapeError, "f64[3] and f64[]"),
    Refusal(
        "dimension numbers of one level",
        lambda: ox.lax.dot_general(X, V, ((1,), (0,))),  # type: ignore[arg-type]
        ArgumentError,
        "dimension_numbers got ((1,), (0,))\n  Wanted ((contracted axes of x, of y), (batch",
    ),
    Refusal(
        "batches of vectors",
        lambda: ox.lax.batch_matmul(V, V),
        ShapeError,
        "lax.batch_matmul: got f64[3] and f64[3]\n  Wanted matrices after equal batch axes.",
    ),
]
