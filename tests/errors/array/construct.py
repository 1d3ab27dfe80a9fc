"""Refusals of oxmlx.array.construct."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, ShapeError

V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "number without a copy",
        lambda: ox.array(1.0, copy=False),
        ArgumentError,
        "array: cannot make an array of a number without a copy",
    ),
    Refusal(
        "list without a copy",
        lambda: ox.asarray([V, V], copy=False),
        ArgumentError,
        "asarray: cannot make an array of a list without a copy",
    ),
    Refusal(
        "array of another dtype without a copy",
        lambda: ox.array(V, dtype="int8", copy=False),
        ArgumentError,
        "array: cannot make an array of f32[3] as i8 without a copy",
    ),
    Refusal(
        "narrower dtype without a copy",
        lambda: ox.array(np.zeros(2), copy=False),
        ArgumentError,
        "array: cannot make an array of ndarray as f32 without a copy",
    ),
    Refusal(
        "arrays of unequal shapes",
        lambda: ox.array([V, V[:2]]),
        ShapeError,
        "array: nested lists of unequal shapes: (2,) and (3,)",
    ),
]
