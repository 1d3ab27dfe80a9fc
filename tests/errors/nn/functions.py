"""Refusals of oxmlx.nn.functions."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import ShapeError

REFUSALS = [
    Refusal(
        "glu of an odd axis",
        lambda: nn.glu(ox.numpy.ones((2, 3))),
        ShapeError,
        "axis 1 of f32[2,3] has no halves",
    ),
]
