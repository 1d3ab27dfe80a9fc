"""Refusals of oxmlx.random.inverse."""

from raise_coverage import Refusal

from oxmlx import random
from oxmlx.errors import DtypeError

REFUSALS = [
    Refusal(
        "probability that is an integer",
        lambda: random.geometric(random.key(0), 1),
        DtypeError,
        "random.geometric: p must be floating, got i32[]\n  Write 1.0 for 1.",
    ),
]
