"""Refusals of oxmlx.nn.cache."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import ShapeError

ONES = ox.numpy.ones((1, 1, 3, 2))

REFUSALS = [
    Refusal(
        "other heads",
        lambda: nn.KVCache(1, 2, 4, 2).update(ONES, ONES),
        ShapeError,
        "got f32[1,1,3,2] for a cache of f32[1,2,4,2]",
    ),
    Refusal(
        "no room",
        lambda: nn.KVCache(1, 1, 4, 2).update(ONES, ONES).update(ONES, ONES),
        ShapeError,
        "got 3 positions after 3 of 4\n  Make a cache with more capacity.",
    ),
]
