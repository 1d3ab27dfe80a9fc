"""Refusals of oxmlx.numpy.splitting."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ArgumentError

V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "unequal parts",
        lambda: onp.split(V, 2),
        ArgumentError,
        "split: axis 0 of f32[3] has no 2 equal parts",
    ),
]
