"""Refusals of oxmlx.ir.scalar."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.errors import CheckError, DtypeError
from oxmlx.ir.scalar import SCALARS

F32, I32 = np.dtype(np.float32), np.dtype(np.int32)

REFUSALS = [
    Refusal("arity", lambda: SCALARS["add"].check(F32), CheckError, "add: takes 2 dtypes, got 1"),
    Refusal(
        "two dtypes",
        lambda: SCALARS["add"].check(F32, I32),
        DtypeError,
        "got f32, i32\n  Convert with `astype` first.",
    ),
]
