"""Refusals of oxmlx.nn.attention."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import ArgumentError, ShapeError

onp = ox.numpy
KEY = ox.random.key(0)

REFUSALS = [
    Refusal(
        "heads that do not divide",
        lambda: nn.MultiHeadAttention(8, 3, key=KEY),
        ArgumentError,
        "dims into heads: 8 cannot be divided by 3",
    ),
    Refusal(
        "shared heads that do not divide",
        lambda: nn.GroupedQueryAttention(8, 4, 3, key=KEY),
        ArgumentError,
        "4 cannot be divided by 3",
    ),
    Refusal(
        "no batch axis",
        lambda: nn.GroupedQueryAttention(8, 4, key=KEY)(onp.ones((2, 8))),
        ShapeError,
        "wants [batch, time, features], got f32[2,8]",
    ),
]
