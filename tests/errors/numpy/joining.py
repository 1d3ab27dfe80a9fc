"""Refusals of oxmlx.numpy.joining."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ArgumentError, DtypeError, OutOfBoundsError, ShapeError

V = ox.array([1.0, 2.0, 3.0])
K = ox.array([0, 1, 2])

REFUSALS = [
    Refusal(
        "stack of unequal shapes",
        lambda: onp.stack([V, V[:2]]),
        ShapeError,
        "stack: arrays must have one shape, got (3,) and (2,)",
    ),
    Refusal(
        "blocks at different depths",
        lambda: onp.block([[V], V]),
        ArgumentError,
        "block: the blocks lie at different depths",
    ),
    Refusal("empty block", lambda: onp.block([[], V]), ArgumentError, "block: got an empty list"),
    Refusal(
        "too few repeats",
        lambda: onp.repeat(V, [1, 2]),
        ShapeError,
        "repeat: got 2 repeats for the 3 slices of f32[3]",
    ),
    Refusal(
        "too few traced repeats",
        lambda: onp.repeat(V, K[:2], total_repeat_length=4),
        ShapeError,
        "repeat: got repeats i32[2] for the 3 slices",
    ),
    Refusal(
        "negative repeats",
        lambda: onp.repeat(V, -1),
        ArgumentError,
        "repeat: repeats must not be negative, got -1",
    ),
    Refusal(
        "nothing to join", lambda: onp.concatenate([]), ArgumentError, "concatenate: got no array"
    ),
    Refusal(
        "numbers joined",
        lambda: onp.concatenate([ox.array(1.0), ox.array(2.0)]),
        ShapeError,
        "arrays must have one rank above 0, got f32[] and f32[]",
    ),
    Refusal(
        "unequal parts",
        lambda: onp.split(V, 2),
        ArgumentError,
        "split: axis 0 of f32[3] has no 2 equal parts",
    ),
    Refusal(
        "mask of another extent",
        lambda: onp.delete(V, np.array([True, False])),
        ShapeError,
        "delete: a mask of shape (2,) for an axis of 3 elements",
    ),
    Refusal(
        "fractional places",
        lambda: onp.delete(V, 1.5),
        DtypeError,
        "delete: places must be integers, got float64",
    ),
    Refusal(
        "place out of range",
        lambda: onp.insert(V, 4, 1.0),
        OutOfBoundsError,
        "insert: place 4 of an axis of 3 elements",
    ),
]
