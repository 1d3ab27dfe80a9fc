"""Refusals of oxmlx.ops.prng."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.dtypes import KEY_DTYPES
from oxmlx.errors import DtypeError, KeyTypeError, ShapeError
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.prng import (
    random_bits,
    random_fold_in,
    random_seed,
    random_split,
    random_unwrap,
    random_wrap,
)

FLOATS = from_numpy(np.ones(3, np.float32))
KEYS = random_wrap(from_numpy(np.ones((3, 2), np.uint32)))
LEGACY = random_wrap(from_numpy(np.ones(2, np.uint32)), KEY_DTYPES["threefry_legacy"])

REFUSALS = [
    Refusal(
        "seed that is a float",
        lambda: random_seed(FLOATS),
        DtypeError,
        "random_seed: a seed must be an integer, got f32[3]",
    ),
    Refusal(
        "no keys",
        lambda: random_unwrap(FLOATS),
        KeyTypeError,
        "random_unwrap: needs keys, got f32[3]\n  Make one with ox.random.key(0).",
    ),
    Refusal(
        "negative extent",
        lambda: random_split(KEYS, (2, -1)),
        ShapeError,
        "random_split: extents must not be negative, got (2, -1)",
    ),
    Refusal(
        "data that are signed",
        lambda: random_fold_in(KEYS, from_numpy(np.ones(3, np.int32))),
        DtypeError,
        "random_fold_in: the data must be u32, got i32[3]",
    ),
    Refusal(
        "width",
        lambda: random_bits(KEYS, 24, (2,)),
        DtypeError,
        "random_bits: the width must be one of (8, 16, 32, 64), got 24",
    ),
    Refusal(
        "more words than a legacy key has",
        lambda: random_bits(LEGACY, 64, (2**31, 2)),
        ShapeError,
        "a legacy key gives at most 2³² words, shape (2147483648, 2) needs 8589934592",
    ),
    Refusal(
        "words of another dtype",
        lambda: random_wrap(FLOATS),
        KeyTypeError,
        "random_wrap: the words of keys must be u32[..., 2], got f32[3]",
    ),
]
