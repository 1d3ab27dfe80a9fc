"""Refusals of oxmlx.nn.module."""

from raise_coverage import Refusal

from oxmlx import nn
from oxmlx.errors import ArgumentError

REFUSALS = [
    Refusal(
        "an integer dtype",
        lambda: nn.LayerNorm(2).astype("int32"),
        ArgumentError,
        "got int32, which is no floating dtype",
    ),
    Refusal(
        "no such name",
        lambda: nn.LayerNorm(2).freeze("scale"),
        ArgumentError,
        "no parameter is called 'scale'\n  There is bias, weight.",
    ),
]
