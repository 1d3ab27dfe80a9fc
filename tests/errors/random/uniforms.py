"""Refusals of oxmlx.random.uniforms."""

from raise_coverage import Refusal

from oxmlx import random
from oxmlx.errors import DtypeError

KEY = random.key(0)

REFUSALS = [
    Refusal(
        "bound that is a float",
        lambda: random.randint(KEY, (3,), 0, 2.5),
        DtypeError,
        "random.randint: bounds must be integers, got f32[]\n  Convert with .astype.",
    ),
    Refusal(
        "probability that is an integer",
        lambda: random.bernoulli(KEY, 1),
        DtypeError,
        "random.bernoulli: p must be floating, got i32[]\n  Write 1.0 for 1.",
    ),
]
