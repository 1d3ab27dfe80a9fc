"""Refusals of oxmlx.numpy.joining."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ArgumentError, ShapeError

V = ox.array([1.0, 2.0, 3.0])

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
        "nothing to join", lambda: onp.concatenate([]), ArgumentError, "concatenate: got no array"
    ),
    Refusal(
        "numbers joined",
        lambda: onp.concatenate([ox.array(1.0), ox.array(2.0)]),
        ShapeError,
        "arrays must have one rank above 0, got f32[] and f32[]\n  Use atleast_1d, or stack.",
    ),
    Refusal(
        "rows and a row joined",
        lambda: onp.concatenate([V[None], V]),
        ShapeError,
        "got f32[1,3] and f32[3]\n  Give the smaller ones a new axis, as x[None] does.",
    ),
    Refusal(
        "arrays that are no sequence",
        lambda: onp.concatenate(V, V),
        ArgumentError,
        "got an array of shape (3,)\n  The arrays are one sequence, as in concatenate([x, y]).",
    ),
]
