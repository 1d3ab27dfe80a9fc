"""Refusals of oxmlx.nn.conv."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import ArgumentError, ShapeError

onp = ox.numpy
KEY = ox.random.key(0)

REFUSALS = [
    Refusal(
        "kernel of another rank",
        lambda: nn.Conv2d(3, 4, (3, 3, 3), key=KEY),
        ArgumentError,
        "kernel_size must be 2 integers ≥ 1, or one for all axes, got (3, 3, 3)",
    ),
    Refusal(
        "stride 0",
        lambda: nn.Conv1d(3, 4, 3, stride=0, key=KEY),
        ArgumentError,
        "stride must be 1 integers ≥ 1",
    ),
    Refusal(
        "groups that do not divide",
        lambda: nn.Conv2d(3, 4, 3, groups=2, key=KEY),
        ArgumentError,
        "3 and 4 channels do not fall into 2 groups",
    ),
    Refusal(
        "another number of channels",
        lambda: nn.Conv2d(3, 4, 3, key=KEY)(onp.ones((1, 8, 8, 2))),
        ShapeError,
        "wants [batch, height, width, 3], got f32[1,8,8,2]",
    ),
    Refusal(
        "no batch axis",
        lambda: nn.Conv1d(3, 4, 3, key=KEY)(onp.ones((8, 3))),
        ShapeError,
        "wants [batch, time, 3], got f32[8,3]",
    ),
]
