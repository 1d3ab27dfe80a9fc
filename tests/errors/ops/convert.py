"""Refusals of oxmlx.ops.convert."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, DtypeError, ShapeError
from oxmlx.ops.convert import bitcast, cast
from oxmlx.ops.prng import random_seed

ONES = ox.numpy.ones(2)

REFUSALS = [
    Refusal(
        "a key as a number",
        lambda: cast(random_seed(ox.array(0)), np.dtype(np.float32)),
        DtypeError,
        "got key<threefry>[], which cannot become f32",
    ),
    Refusal(
        "bits of another width",
        lambda: bitcast(ONES, np.dtype(np.int8)),
        DtypeError,
        "got f32[2], whose elements are not as wide as i8",
    ),
    Refusal(
        "bits of a key",
        lambda: bitcast(random_seed(ox.array(0)), np.dtype(np.uint64)),
        DtypeError,
        "got key<threefry>[] for u64",
    ),
    Refusal("a list", lambda: ONES + [1, 2], ArgumentError, "got list: [1, 2]"),
    Refusal(
        "shapes",
        lambda: ONES + ox.numpy.ones(3),
        ShapeError,
        "shapes do not broadcast: (2,) and (3,)",
    ),
]
