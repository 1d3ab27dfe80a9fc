"""Refusals of oxmlx.lax.convolution."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, DtypeError, ShapeError
from oxmlx.ops.convert import from_numpy

X, W = from_numpy(np.ones((1, 2, 5))), from_numpy(np.ones((3, 2, 2)))
SIX = from_numpy(np.ones((1,) * 6))

REFUSALS = [
    Refusal(
        "no axes of features",
        lambda: ox.lax.conv_general_dilated(X[0, 0], W[0, 0], (), "SAME"),
        ShapeError,
        "lax.conv_general_dilated: operands must have rank 2 at least, got f64[5]",
    ),
    Refusal(
        "a word for padding between elements",
        lambda: ox.lax.conv_general_dilated(X, W, (1,), "SAME", (2,)),
        ArgumentError,
        "padding 'SAME' has no meaning with lhs_dilation (2,)\n"
        "  Give it in numbers, or use lax.conv_transpose.",
    ),
    Refusal(
        "four spatial axes",
        lambda: ox.lax.conv_transpose(SIX, SIX, (1,) * 4, "SAME"),
        ArgumentError,
        "lax.conv_transpose: has no layout for f64[1,1,1,1,1,1]\n  Pass dimension_numbers=.",
    ),
    Refusal(
        "two dtypes",
        lambda: ox.lax.conv(X, W.astype(np.float32), (1,), "SAME"),
        DtypeError,
        "lax.conv_general_dilated: operands must have one dtype, got f64[1,2,5] and f32[3,2,2]",
    ),
]
