"""Refusals of oxmlx.nn.linear."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import DtypeError, ShapeError

onp = ox.numpy
KEY = ox.random.key(0)

REFUSALS = [
    Refusal(
        "another number of features",
        lambda: nn.Linear(3, 2, key=KEY)(onp.ones((2, 4))),
        ShapeError,
        "got f32[2,4] for weight f32[2,3]\n  The last axis of the input must be 3 long.",
    ),
    Refusal(
        "a number for a vector",
        lambda: nn.Embedding(3, 2, key=KEY).as_linear(1.0),
        ShapeError,
        "Embedding.as_linear: got f32[]",
    ),
    Refusal(
        "indices that are no integers",
        lambda: nn.Embedding(3, 2, key=KEY)(onp.ones(2)),
        DtypeError,
        "indices must be integers, got f32[2]",
    ),
]
