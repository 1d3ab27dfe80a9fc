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
        "arrays must have one rank above 0, got f32[] and f32[]",
    ),
]
