"""Refusals of oxmlx.nn.masking."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import ArgumentError, DtypeError, ShapeError

Q = ox.numpy.ones((3, 2, 4))

REFUSALS = [
    Refusal(
        "another implementation",
        lambda: nn.dot_product_attention(Q, Q, Q, implementation="cudnn"),
        ArgumentError,
        "implementation got 'cudnn'\n  It takes None or 'xla'.",
    ),
    Refusal(
        "a mask of numbers",
        lambda: nn.dot_product_attention(Q, Q, Q, mask=Q[0, :, 0]),
        DtypeError,
        "mask must be of bools, got f32",
    ),
    Refusal(
        "no heads",
        lambda: nn.dot_product_attention(Q[0], Q, Q),
        ShapeError,
        "wants [batch, time, heads, features], got f32[2,4], f32[3,2,4], f32[3,2,4]",
    ),
]
