"""Refusals of oxmlx.random.gammas."""

from raise_coverage import Refusal

from oxmlx import random
from oxmlx.errors import ShapeError

REFUSALS = [
    Refusal(
        "concentration without an axis",
        lambda: random.dirichlet(random.key(0), 2.0),
        ShapeError,
        "random.dirichlet: alpha needs an axis, got f32[]",
    ),
]
