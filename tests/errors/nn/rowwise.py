"""Refusals of oxmlx.nn.rowwise."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import ArgumentError

REFUSALS = [
    Refusal(
        "a negative number of classes",
        lambda: nn.one_hot(ox.numpy.array([0]), -1),
        ArgumentError,
        "num_classes must be a number ≥ 0, got -1",
    ),
]
