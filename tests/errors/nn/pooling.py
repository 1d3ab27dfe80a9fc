"""Refusals of oxmlx.nn.pooling."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import ArgumentError, ShapeError

REFUSALS = [
    Refusal(
        "more padding than window",
        lambda: nn.MaxPool1d(2, padding=2),
        ArgumentError,
        "padding (2,) is more than half of the window (2,)",
    ),
    Refusal(
        "no batch axis",
        lambda: nn.MaxPool2d(2)(ox.numpy.ones((4, 4, 1))),
        ShapeError,
        "wants [batch, height, width, channels], got f32[4,4,1]",
    ),
]
