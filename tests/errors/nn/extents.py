"""Refusals of oxmlx.nn.extents."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import ArgumentError

KEY = ox.random.key(0)

REFUSALS = [
    Refusal(
        "inputs below 0",
        lambda: nn.Linear(-1, 3, key=KEY),
        ArgumentError,
        "Linear: in_features must not be negative, got -1",
    ),
    Refusal(
        "rows below 0",
        lambda: nn.Embedding(-2, 3, key=KEY),
        ArgumentError,
        "Embedding: num_embeddings must not be negative, got -2",
    ),
    Refusal(
        "channels below 0",
        lambda: nn.Conv2d(3, -4, 3, key=KEY),
        ArgumentError,
        "Conv2d: out_channels must not be negative, got -4",
    ),
]
