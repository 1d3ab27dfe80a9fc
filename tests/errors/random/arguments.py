"""Refusals of oxmlx.random.arguments."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import random
from oxmlx.errors import DtypeError, ShapeError

KEY = random.key(0)
WIDE = ox.array(np.ones(3), dtype="float64")

REFUSALS = [
    Refusal(
        "dtype that is not floating",
        lambda: random.uniform(KEY, (3,), "int32"),
        DtypeError,
        "random.uniform: the dtype must be floating, got i32",
    ),
    Refusal(
        "dtype that is not unsigned",
        lambda: random.bits(KEY, (3,), "int32"),
        DtypeError,
        "random.bits: the dtype must be unsigned, got i32",
    ),
    Refusal(
        "parameter that is wider than the samples",
        lambda: random.gamma(KEY, WIDE),
        DtypeError,
        "random.gamma: a parameter f64[3] is wider than the samples of f32\n"
        "  Pass dtype=, or convert the parameter with .astype.",
    ),
    Refusal(
        "parameter that does not fit",
        lambda: random.uniform(KEY, (2,), "float64", WIDE),
        ShapeError,
        "random.uniform: shapes do not broadcast: (2,) and (3,) and ()",
    ),
    Refusal(
        "parameter that is larger than the shape",
        lambda: random.uniform(KEY, (1,), "float64", WIDE),
        ShapeError,
        "random.uniform: parameters of shape (3,) and () do not broadcast to (1,)",
    ),
]
