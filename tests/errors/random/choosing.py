"""Refusals of oxmlx.random.choosing."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import random
from oxmlx.errors import ArgumentError, DtypeError, ShapeError

KEY = random.key(0)
LOGITS = ox.array(np.zeros((2, 3), np.float32))

REFUSALS = [
    Refusal(
        "logits that are integers",
        lambda: random.categorical(KEY, LOGITS.astype("int32")),
        DtypeError,
        "random.categorical: logits must be floating, got i32[2,3]",
    ),
    Refusal(
        "shape that the logits do not fit",
        lambda: random.categorical(KEY, LOGITS, shape=(1,)),
        ShapeError,
        "random.categorical: logits f32[2,3] without axis 1 do not broadcast to (1,)",
    ),
    Refusal(
        "more draws than categories",
        lambda: random.categorical(KEY, LOGITS, shape=(4, 2), replace=False),
        ShapeError,
        "random.categorical: cannot draw 4 times without replacement from 3 categories",
    ),
    Refusal(
        "permutation of a scalar array",
        lambda: random.permutation(KEY, ox.array(1.5)),
        DtypeError,
        "random.permutation: needs an array or an integer, got f32[]",
    ),
    Refusal(
        "permutation of a float",
        lambda: random.permutation(KEY, 1.5),
        DtypeError,
        "random.permutation: needs an array or an integer, got 1.5",
    ),
    Refusal(
        "population below zero",
        lambda: random.choice(KEY, -1),
        ArgumentError,
        "random.choice: a population cannot have -1 elements",
    ),
    Refusal(
        "empty population",
        lambda: random.choice(KEY, 0, (2,)),
        ArgumentError,
        "random.choice: there is nothing to draw from",
    ),
    Refusal(
        "more draws than elements",
        lambda: random.choice(KEY, 3, (2, 2), replace=False),
        ArgumentError,
        "random.choice: cannot draw 4 of 3 elements without replacement",
    ),
    Refusal(
        "probabilities of another number",
        lambda: random.choice(KEY, 3, p=[0.5, 0.5]),
        ArgumentError,
        "random.choice: operands must be arrays or numbers, got list",
    ),
    Refusal(
        "probabilities of other elements",
        lambda: random.choice(KEY, 3, p=ox.array([0.5, 0.5])),
        ShapeError,
        "random.choice: p must have one number for each of 3 slices, got f32[2]",
    ),
]
