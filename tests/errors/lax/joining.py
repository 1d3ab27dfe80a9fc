"""Refusals of oxmlx.lax.joining."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.ops.convert import from_numpy

X = from_numpy(np.ones((2, 3)))

REFUSALS = [
    Refusal(
        "nothing to join",
        lambda: ox.lax.concatenate([], 0),
        ArgumentError,
        "lax.concatenate: got no operand\n  Wanted one or more.",
    ),
    Refusal(
        "pieces that do not add up",
        lambda: ox.lax.split(X, (1, 1), 1),
        ShapeError,
        "lax.split: sizes (1, 1) do not add up to axis 1 of f64[2,3]",
    ),
    Refusal(
        "a negative piece",
        lambda: ox.lax.split(X, (4, -1), 1),
        ShapeError,
        "sizes (4, -1) do not add up",
    ),
    Refusal(
        "less than once",
        lambda: ox.lax.tile(X, (-1, 1)),
        ShapeError,
        "lax.tile: reps must not be negative, got (-1, 1)",
    ),
    Refusal(
        "a number of times too few",
        lambda: ox.lax.tile(X, (2,)),
        ArgumentError,
        "lax.tile: reps must hold 2 integers, got (2,)",
    ),
    Refusal(
        "padding without an interior",
        lambda: ox.lax.pad(X, 0.0, [(1, 1), (0, 0)]),  # type: ignore[list-item]
        ArgumentError,
        "lax.pad: padding_config must hold 3 integers, got (1, 1)",
    ),
]
