"""Refusals of oxmlx.nn.update."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import TreeError

onp = ox.numpy
NET = nn.Sequential(nn.LayerNorm(2), nn.LayerNorm(3))

REFUSALS = [
    Refusal(
        "another length",
        lambda: NET.update({"layers": [{}]}),
        TreeError,
        "`layers` has 2 items, got 1",
    ),
    Refusal(
        "no such parameter",
        lambda: NET.update({"layers.1.scale": 1}),
        TreeError,
        "`layers.1.scale` is no parameter or module of this LayerNorm\n  It has weight, bias.",
    ),
]
