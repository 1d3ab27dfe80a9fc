"""Refusals of oxmlx.nn.norm."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import ArgumentError, ShapeError

onp = ox.numpy

REFUSALS = [
    Refusal(
        "groups that do not divide",
        lambda: nn.GroupNorm(3, 8),
        ArgumentError,
        "8 channels cannot be divided into 3 groups",
    ),
    Refusal(
        "group norm without a batch axis",
        lambda: nn.GroupNorm(2, 8)(onp.ones(8)),
        ShapeError,
        "wants [batch, ..., channels] with 2 groups, got f32[8]",
    ),
    Refusal(
        "batch norm without a batch axis",
        lambda: nn.BatchNorm(2)(onp.ones(2)),
        ShapeError,
        "wants [batch, ..., channels], got f32[2]",
    ),
    Refusal(
        "a batch of one",
        lambda: nn.BatchNorm(2)(onp.ones((1, 2))),
        ShapeError,
        "training needs two values a channel or more, got f32[1,2]\n  Use model.eval()",
    ),
]
