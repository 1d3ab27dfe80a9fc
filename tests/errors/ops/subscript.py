"""Refusals of oxmlx.ops.subscript."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.errors import ShapeError
from oxmlx.ops.convert import from_numpy

REFUSALS = [
    Refusal(
        "iteration over a number",
        lambda: iter(from_numpy(np.array(1.0, np.float32))),
        ShapeError,
        "iter: got f32[], which has no axis\n  Use .item() for its element.",
    ),
]
