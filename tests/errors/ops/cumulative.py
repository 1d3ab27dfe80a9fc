"""Refusals of oxmlx.ops.cumulative."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.errors import AxisError, DtypeError
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.cumulative import cumlogsumexp, cummax, cumsum

REFUSALS = [
    Refusal(
        "an axis too many",
        lambda: cumsum(from_numpy(np.zeros(3, np.float32)), 1),
        AxisError,
        "cumsum: axes must be distinct and lie in [0, 1), got (1,) for f32[3]",
    ),
    Refusal(
        "sums of bools",
        lambda: cumsum(from_numpy(np.zeros(3, bool)), 0),
        DtypeError,
        "cumsum: has no meaning for elements of bool, got bool[3]\n  Convert with .astype first.",
    ),
    Refusal(
        "order of complex numbers",
        lambda: cummax(from_numpy(np.zeros(3, np.complex64)), 0),
        DtypeError,
        "elements of c64",
    ),
    Refusal(
        "exponentials of integers",
        lambda: cumlogsumexp(from_numpy(np.zeros(3, np.int32)), 0),
        DtypeError,
        "elements of i32",
    ),
]
