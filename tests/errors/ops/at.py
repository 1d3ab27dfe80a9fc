"""Refusals of oxmlx.ops.at."""

from typing import Any

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, DtypeError, OverflowingLiteralError, ShapeError
from oxmlx.ops.convert import from_numpy

X: Any = from_numpy(np.ones((3, 4), np.float32))
INTS: Any = from_numpy(np.ones((3, 4), np.int8))

REFUSALS = [
    Refusal(
        "dividing integers",
        lambda: INTS.at[0].divide(2),
        DtypeError,
        "at[...].divide: got i8[3,4]\n  Convert it with .astype(ox.float32) first.",
    ),
    Refusal(
        "float for integers",
        lambda: INTS.at[0].set(0.5),
        DtypeError,
        "at[...].set: 0.5 cannot become i8",
    ),
    Refusal(
        "number that is too great",
        lambda: INTS.at[0].add(300),
        OverflowingLiteralError,
        "at[...].add: 300 does not fit i8",
    ),
    Refusal(
        "values of a greater dtype",
        lambda: INTS.at[0].max(X[0]),
        DtypeError,
        "at[...].max: values f32[4] do not fit into i8[3,4] without loss\n"
        "  Write values.astype(ox.int8), or convert the array.",
    ),
    Refusal(
        "values of another shape",
        lambda: X.at[:2].set(X),
        ShapeError,
        "at[...].set: cannot repeat shape (3, 4) to fill (2, 4)",
    ),
    Refusal(
        "values of another shape for one row",
        lambda: X.at[ox.array(0)].add(X),
        ShapeError,
        "at[...].add: cannot repeat shape (3, 4) to fill (4,)",
    ),
    Refusal(
        "values of another shape for several rows",
        lambda: X.at[ox.array([0, 1])].mul(X),
        ShapeError,
        "at[...].multiply: cannot repeat shape (3, 4) to fill (2, 4)",
    ),
    Refusal(
        "unknown mode to read",
        lambda: X.at[0].get(mode="raise"),
        ArgumentError,
        "at[...].get: got mode 'raise'",
    ),
    Refusal(
        "unknown mode to write",
        lambda: X.at[0].min(1, mode="raise"),
        ArgumentError,
        "at[...].min: got mode 'raise'",
    ),
]
