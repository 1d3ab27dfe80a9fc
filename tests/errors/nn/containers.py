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
    Refusal(
        "a layer with explicit state",
        lambda: nn.Sequential(nn.Identity(), nn.BatchNorm(3), nn.relu),
        ArgumentError,
        "layer 1 is a BatchNorm, whose call returns (output, new BatchNorm)\n  Write a Module",
    ),
]
