"""Refusals of oxmlx.random.keys."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import random
from oxmlx.errors import (
    ArgumentError,
    DtypeError,
    KeyTypeError,
    OverflowingLiteralError,
    ShapeError,
)

KEY = random.key(0)
SEEDS = ox.array(np.arange(3))

REFUSALS = [
    Refusal(
        "implementation",
        lambda: random.key(0, impl="rbg"),
        ArgumentError,
        "random.key: impl got 'rbg'\n  It takes 'threefry2x32', 'threefry_legacy'.",
    ),
    Refusal(
        "two implementations",
        lambda: random.key(0, impl="threefry2x32", dtype="threefry2x32"),
        ArgumentError,
        "random.key: takes impl or dtype, got both",
    ),
    Refusal(
        "two implementations of words",
        lambda: random.wrap_key_data(SEEDS, impl="threefry2x32", dtype="threefry2x32"),
        ArgumentError,
        "random.wrap_key_data: takes impl or dtype, got both",
    ),
    Refusal(
        "several seeds",
        lambda: random.key(SEEDS),
        ShapeError,
        "random.key: a seed must be a scalar, got i32[3]\n  Use ox.vmap(ox.random.key)(seeds).",
    ),
    Refusal(
        "seed that is a float",
        lambda: random.key(1.5),
        DtypeError,
        "random.key: a seed must be an integer, got f32[]",
    ),
    Refusal(
        "seed that is a key",
        lambda: random.key(KEY),
        DtypeError,
        "random.key: a seed must be an integer, got key<threefry>[]",
    ),
    Refusal(
        "seed of 65 bits",
        lambda: random.key(2**64),
        OverflowingLiteralError,
        "random.key: a seed has at most 64 bits, got one of 65\n  Reduce it: seed % 2**64.",
    ),
    Refusal(
        "shape instead of a key",
        lambda: random.normal((3,)),
        KeyTypeError,
        "random.normal: needs a random key first, got tuple: (3,)\n"
        "  Make one with key = ox.random.key(0), and new ones for each use: "
        "key, subkey = ox.random.split(key).",
    ),
    Refusal(
        "no key",
        lambda: random.normal(),  # type: ignore[call-arg]
        KeyTypeError,
        "random.normal: needs a random key first, got none",
    ),
    Refusal(
        "array that is no key",
        lambda: random.split(SEEDS),
        KeyTypeError,
        "random.split: needs a random key first, got i32[3]",
    ),
    Refusal(
        "several keys",
        lambda: random.uniform(random.split(KEY, 3)),
        ShapeError,
        "random.uniform: takes one key, got key<threefry>[3]\n"
        "  Use ox.vmap(lambda k: ox.random.uniform(k, ...))(keys).",
    ),
    Refusal(
        "data that are floats",
        lambda: random.fold_in(KEY, 1.5),
        DtypeError,
        "random.fold_in: data must be an integer, got f32[]",
    ),
    Refusal(
        "data that are several",
        lambda: random.fold_in(KEY, SEEDS),
        ShapeError,
        "random.fold_in: data must be a scalar, got i32[3]\n"
        "  Use ox.vmap(ox.random.fold_in, in_axes=(None, 0))(key, data).",
    ),
]
