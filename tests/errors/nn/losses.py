"""Refusals of oxmlx.nn.losses."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import ArgumentError, DtypeError, ShapeError

onp = ox.numpy

REFUSALS = [
    Refusal(
        "reduction",
        lambda: nn.mse_loss(onp.ones(3), onp.ones(3), "avg"),
        ArgumentError,
        "reduction got 'avg'",
    ),
    Refusal(
        "shapes that would broadcast",
        lambda: nn.mse_loss(onp.ones((3, 1)), onp.ones(3)),
        ShapeError,
        "arguments must have one shape, got predictions f32[3,1], targets f32[3]",
    ),
    Refusal(
        "targets of another shape",
        lambda: nn.cross_entropy(onp.ones((2, 3)), onp.array([1, 2, 3])),
        ShapeError,
        "targets must be classes (2,) or probabilities (2, 3), got i32[3]",
    ),
    Refusal(
        "class targets that are no integers",
        lambda: nn.cross_entropy(onp.ones((2, 3)), onp.ones(2)),
        DtypeError,
        "class targets must be integers, got f32[2]",
    ),
    Refusal(
        "label smoothing",
        lambda: nn.cross_entropy(onp.ones((2, 3)), onp.array([0, 1]), label_smoothing=1.0),
        ArgumentError,
        "label_smoothing must lie in [0, 1), got 1.0",
    ),
    Refusal(
        "weights of another shape",
        lambda: nn.cross_entropy(onp.ones((2, 3)), onp.array([0, 1]), onp.ones(3)),
        ShapeError,
        "weights must have the shape of the loss f32[2], got f32[3]",
    ),
    Refusal(
        "ignored probabilities",
        lambda: nn.cross_entropy(onp.ones((2, 3)), onp.ones((2, 3)), ignore_index=0),
        ArgumentError,
        "ignore_index needs class targets",
    ),
]
