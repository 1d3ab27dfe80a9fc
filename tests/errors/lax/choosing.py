"""Refusals of oxmlx.lax.choosing."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, DtypeError, ShapeError
from oxmlx.ops.convert import from_numpy

X = from_numpy(np.ones((2, 3)))
BOOLS = from_numpy(np.ones((2, 3), bool))

REFUSALS = [
    Refusal(
        "three cases for a bool",
        lambda: ox.lax.select_n(BOOLS, X, X, X),
        ArgumentError,
        "lax.select_n: got 3 cases for a `which` of bool[2,3]\n  Wanted two for a bool",
    ),
    Refusal("no cases", lambda: ox.lax.select_n(BOOLS), ArgumentError, "got 0 cases"),
    Refusal(
        "a choice by floats",
        lambda: ox.lax.select(X, X, X),
        DtypeError,
        "lax.select: the choice must be bool or int32, got f64[2,3]",
    ),
    Refusal(
        "a choice of another shape",
        lambda: ox.lax.select(BOOLS[0], X, X),
        ShapeError,
        "the choice must have the shape of the cases or none, got bool[3] and f64[2,3]",
    ),
    Refusal(
        "cases of two shapes",
        lambda: ox.lax.select(BOOLS, X, 0.0),
        ShapeError,
        "lax.select: operands must have one shape, got f64[] and f64[2,3]",
    ),
    Refusal(
        "a bound of another shape",
        lambda: ox.lax.clamp(0.0, X, X[0]),
        ShapeError,
        "lax.clamp: a bound must have the shape of f64[2,3] or rank 0, got f64[3]",
    ),
]
