"""Refusals of oxmlx.nn.dropout."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import ArgumentError, KeyTypeError

REFUSALS = [
    Refusal(
        "no probability",
        lambda: nn.Dropout(1.5),
        ArgumentError,
        "p must lie in [0, 1], got 1.5",
    ),
    Refusal(
        "training without a key",
        lambda: nn.Dropout(0.5)(ox.numpy.ones(2)),
        KeyTypeError,
        "there is no key, and the layer is in training mode\n  Pass key=ox.random.key(...)",
    ),
]
