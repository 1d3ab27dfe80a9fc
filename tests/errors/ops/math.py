"""Refusals of oxmlx.ops.math."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import DtypeError
from oxmlx.ops.math import integer_pow

REFUSALS = [
    Refusal(
        "the reciprocal of an int",
        lambda: integer_pow(ox.array([2]), -1),
        DtypeError,
        "got i32[1], whose elements have no reciprocal, for the power -1",
    ),
]
