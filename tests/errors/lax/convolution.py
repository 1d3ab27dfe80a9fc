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
        "features that do not fit",
        lambda: ox.lax.conv(X, W[:, :1], (1,), "SAME"),
        ShapeError,
        "lax.conv_general_dilated: got lhs f64[1,2,5] in layout NCH and rhs f64[3,1,2] in layout "
        "OIH: 2 features (C) against 1 (I) in 1 groups\n  C must be I times the number of groups",
    ),
    Refusal(
        "features that do not fit, in another layout",
        lambda: ox.lax.conv_general_dilated(
            from_numpy(np.ones((8, 9, 7, 3))),
            from_numpy(np.ones((2, 4, 5, 6))),
            (1, 1),
            "SAME",
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        ),
        ShapeError,
        "got lhs f64[8,9,7,3] in layout NHWC and rhs f64[2,4,5,6] in layout HWIO: 3 features (C) "
        "against 5 (I)",
    ),
    Refusal(
        "features of a transposed kernel that do not fit",
        lambda: ox.lax.conv_transpose(
            from_numpy(np.ones((8, 9, 3))),
            from_numpy(np.ones((2, 3, 5))),
            (1,),
            "SAME",
            transpose_kernel=True,
        ),
        ShapeError,
        "got lhs f64[8,9,3] in layout NHC and rhs f64[2,3,5] in layout HOI: 3 features (C) against "
        "5 (I)",
    ),
    Refusal(
        "features that do not fit, in letters of the user's",
        lambda: ox.lax.conv_general_dilated(
            from_numpy(np.ones((8, 7, 3))),
            from_numpy(np.ones((4, 5, 6))),
            (1,),
            "SAME",
            dimension_numbers=("NTC", "TIO", "NTC"),
        ),
        ShapeError,
        "got lhs f64[8,7,3] in layout NTC and rhs f64[4,5,6] in layout TIO",
    ),
    Refusal(
        "no numbers",
        lambda: ox.lax.conv(X > 0, W > 0, (1,), "SAME"),
        DtypeError,
        "wants numbers, got lhs bool[1,2,5] in layout NCH and rhs bool[3,2,2] in layout OIH",
    ),
    Refusal(
        "both kinds of groups",
        lambda: ox.lax.conv_general_dilated(
            X, W, (1,), "SAME", feature_group_count=2, batch_group_count=2
        ),
        ShapeError,
        "got feature_group_count=2 and batch_group_count=2\n  One of the two must be 1",
    ),
    Refusal(
        "outputs that do not divide",
        lambda: ox.lax.conv_general_dilated(X, W[:, :1], (1,), "SAME", feature_group_count=2),
        ShapeError,
        "rhs f64[3,1,2] in layout OIH, which do not fall into 2 groups of equal size\n  O must be",
    ),
    Refusal(
        "two dtypes",
        lambda: ox.lax.conv(X, W.astype(np.float32), (1,), "SAME"),
        DtypeError,
        "lax.conv_general_dilated: operands must have one dtype, got f64[1,2,5] and f32[3,2,2]",
    ),
]
