"""Refusals of oxmlx.backends.llvm.scalars."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.backends.llvm.builder import Builder, Value
from oxmlx.backends.llvm.scalars import cast, scalar_op
from oxmlx.errors import MissingRule

X = Value("%x", np.dtype(np.float32), 1)

REFUSALS = [
    Refusal(
        "an operation without code",
        lambda: scalar_op(Builder(), "digamma", (X,), None),
        MissingRule,
        "cpu: has no code for digamma of f32",
    ),
    Refusal(
        "a conversion without code",
        lambda: cast(Builder(), X, np.dtype(np.complex64)),
        MissingRule,
        "cpu: has no code for cast of c64",
    ),
]
