"""Refusals of oxmlx.backends.llvm.builder."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.backends.llvm.builder import register_type
from oxmlx.errors import MissingRule

REFUSALS = [
    Refusal(
        "a dtype that has no register",
        lambda: register_type(np.dtype(np.complex64)),
        MissingRule,
        "cpu: has no kernels for c64",
    ),
]
