"""Refusals of oxmlx.numpy.creation."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import DtypeError

REFUSALS = [
    Refusal(
        "extents that are no tuple",
        lambda: onp.zeros(2, 3),
        DtypeError,
        "got 3\n  A shape is one tuple, as in zeros((2, 3)).",
    ),
    Refusal(
        "complex to real",
        lambda: onp.astype(ox.array([1j]), "float32"),
        DtypeError,
        "astype: c64[1] cannot become f32",
    ),
]
