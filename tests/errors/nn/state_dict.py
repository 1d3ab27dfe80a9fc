"""Refusals of oxmlx.nn.state_dict."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import StateDictError

CONV = nn.Conv2d(3, 8, 5, bias=False, key=ox.random.key(0))

REFUSALS = [
    Refusal(
        "names and shapes",
        lambda: nn.LayerNorm(2).load_state_dict({"weight": ox.numpy.ones(3), "scale": 1}),
        StateDictError,
        "missing bias f32[2]\n    unexpected scale\n    weight f32[2] does not take f32[3]",
    ),
    Refusal(
        "a weight of torch",
        lambda: CONV.load_state_dict({"weight": ox.numpy.ones((8, 3, 5, 5))}),
        StateDictError,
        "weight f32[8,5,5,3] does not take f32[8,3,5,5], but its .transpose(0, 2, 3, 1)\n"
        "  Transpose as said",
    ),
]
