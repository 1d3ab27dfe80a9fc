"""Refusals of oxmlx.ir.monoid."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.errors import CheckError
from oxmlx.ir.monoid import MONOIDS, single

F32, C64, BOOL = map(np.dtype, (np.float32, np.complex64, np.bool_))

REFUSALS = [
    Refusal(
        "components",
        lambda: MONOIDS["argmax"].check(F32),
        CheckError,
        "argmax: folds a state of 2 components, got 1",
    ),
    Refusal(
        "a dtype that it does not combine",
        lambda: MONOIDS["add"].check(BOOL),
        CheckError,
        "add: cannot fold (dtype('bool'),): add: wants two operands of one dtype",
    ),
    Refusal(
        "an operation that changes the dtype",
        lambda: single("lt", lambda _: 0).check(F32),
        CheckError,
        "lt: makes (dtype('bool'),) of two states of (dtype('float32'),)",
    ),
    Refusal(
        "the lowest complex number",
        lambda: MONOIDS["max"].identity(C64),
        CheckError,
        "fold: complex64 has no order\n  Fold its components instead.",
    ),
]
