"""Refusals of oxmlx.lax.conv_dimensions."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.ops.convert import from_numpy

X, W = from_numpy(np.ones((1, 2, 5))), from_numpy(np.ones((3, 2, 2)))

REFUSALS = [
    Refusal(
        "two ranks",
        lambda: ox.lax.conv(X, W[0], (1,), "SAME"),
        ShapeError,
        "lax.conv_general_dilated: input and kernel must have one rank, got shapes (1, 2, 5) and "
        "(2, 2)\n  The input has axes for batch, features and space, the kernel for ",
    ),
    Refusal(
        "a window that does not move",
        lambda: ox.lax.conv(X, W, (0,), "SAME"),
        ArgumentError,
        "strides must be at least 1, got (0,)",
    ),
    Refusal(
        "an axis twice",
        lambda: ox.lax.conv_dimension_numbers(
            X.shape, W.shape, ox.lax.ConvDimensionNumbers((0, 1, 1), (0, 1, 2), (0, 1, 2))
        ),
        ArgumentError,
        "for arrays of rank 3\n  Wanted each axis of each of the three once.",
    ),
    Refusal(
        "a letter too many",
        lambda: ox.lax.conv_dimension_numbers(X.shape, W.shape, ("NCHW", "OIHW", "NCHW")),
        ArgumentError,
        "got ('NCHW', 'OIHW', 'NCHW') for arrays of rank 3",
    ),
    Refusal(
        "other letters",
        lambda: ox.lax.conv_general_permutations(("NCH", "OIW", "NCH")),
        ArgumentError,
        "lax.conv_general_permutations: got ('NCH', 'OIW', 'NCH')\n  Wanted three strings such as",
    ),
    Refusal(
        "a letter twice",
        lambda: ox.lax.conv_general_permutations(("NCHH", "OIHH", "NCHH")),
        ArgumentError,
        "got ('NCHH', 'OIHH', 'NCHH')",
    ),
    Refusal(
        "no strings",
        lambda: ox.lax.conv_dimension_numbers(X.shape, W.shape, 7),
        ArgumentError,
        "lax.conv_general_permutations: got 7",
    ),
    Refusal(
        "no such padding",
        lambda: ox.lax.padtype_to_pads((5,), (2,), (1,), "FULL"),
        ArgumentError,
        "lax.padtype_to_pads: padding got 'FULL'\n  It takes SAME, SAME_LOWER or VALID.",
    ),
    Refusal(
        "a pair too many",
        lambda: ox.lax.conv_with_general_padding(X, W, (1,), [(0, 0)] * 2, None, None),
        ArgumentError,
        "lax.conv_general_dilated: padding must hold 1 pairs, got ((0, 0), (0, 0))",
    ),
    Refusal(
        "no such padding of a transpose",
        lambda: ox.lax.conv_transpose(X, W, (1,), "SAME_LOWER"),
        ArgumentError,
        "lax.conv_transpose: padding got 'SAME_LOWER'\n  It takes SAME, VALID or pairs.",
    ),
]
