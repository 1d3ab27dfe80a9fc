"""Refusals of oxmlx.nn.state_dict."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import StateDictError

REFUSALS = [
    Refusal(
        "names and shapes",
        lambda: nn.LayerNorm(2).load_state_dict({"weight": ox.numpy.ones(3), "scale": 1}),
        StateDictError,
        "missing bias f32[2]\n    unexpected scale\n    weight f32[2] does not take f32[3]",
    ),
]
