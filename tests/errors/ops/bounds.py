"""Refusals of oxmlx.ops.bounds."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.errors import OutOfBoundsError
from oxmlx.ops.bounds import checked
from oxmlx.ops.convert import from_numpy

REFUSALS = [
    Refusal(
        "checked index outside",
        lambda: np.asarray(checked(from_numpy(np.array([0, -5, 9], np.int32)), 4, 1)),
        OutOfBoundsError,
        "index: index -5 is out of bounds for axis 1\n  Its extent is 4.",
    ),
]
