"""Refusals of oxmlx.ops.elementwise."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.errors import MissingRule, ShapeError
from oxmlx.ir.aval import Aval
from oxmlx.ops.elementwise import ADD, Elementwise

A, B = (Aval((n,), np.dtype(np.float32)) for n in (2, 3))


class Sin(Elementwise):
    """sin x, without its derivative"""


REFUSALS = [
    Refusal(
        "shapes",
        lambda: ADD.abstract(A, B),
        ShapeError,
        "operands must have one shape, got f32[2] and f32[3]",
    ),
    Refusal("no partial", lambda: Sin().partial(0, 1.0, 1.0), MissingRule, "Define `Sin.partial`"),
]
