"""Refusals of oxmlx.nn.containers."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import ArgumentError

REFUSALS = [
    Refusal(
        "one size only",
        lambda: nn.MLP((3,), key=ox.random.key(0)),
        ArgumentError,
        "needs the extents of input and output, got (3,)",
    ),
]
