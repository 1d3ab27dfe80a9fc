"""Refusals of oxmlx.ops.conv."""

from typing import Any

import numpy as np
from raise_coverage import Refusal

from oxmlx.errors import DtypeError, ShapeError
from oxmlx.ops.conv import conv_general
from oxmlx.ops.convert import from_numpy


def convolve(x: tuple[int, ...], w: tuple[int, ...], dtype: Any = np.float32, **params: Any) -> Any:
    fine = {"strides": (1,), "padding": ((0, 0),)}
    return conv_general(
        from_numpy(np.zeros(x, dtype)), from_numpy(np.zeros(w, dtype)), **{**fine, **params}
    )


REFUSALS = [
    Refusal(
        "bools",
        lambda: convolve((2, 5, 3), (4, 2, 3), bool),
        DtypeError,
        "conv_general: operands must be numbers of one dtype, got bool[2,5,3] and bool[4,2,3]",
    ),
    Refusal(
        "two ranks",
        lambda: convolve((2, 5, 3), (4, 2, 2, 3)),
        ShapeError,
        "one rank of at least 2, got f32[2,5,3] and f32[4,2,2,3]",
    ),
    Refusal("no channels", lambda: convolve((2,), (4,)), ShapeError, "got f32[2] and f32[4]"),
    Refusal(
        "a stride too many",
        lambda: convolve((2, 5, 3), (4, 2, 3), strides=(1, 1)),
        ShapeError,
        "strides must have 1 entries of at least 1, got (1, 1)",
    ),
    Refusal(
        "no distance",
        lambda: convolve((2, 5, 3), (4, 2, 3), rhs_dilation=(0,)),
        ShapeError,
        "rhs_dilation must have 1 entries of at least 1, got (0,)",
    ),
    Refusal(
        "both kinds of groups",
        lambda: convolve((2, 5, 4), (4, 2, 2), feature_groups=2, batch_groups=2),
        ShapeError,
        "got 2 feature groups and 2 batch groups\n  One of the two must be 1",
    ),
    Refusal(
        "no groups",
        lambda: convolve((2, 5, 3), (4, 2, 3), batch_groups=0),
        ShapeError,
        "got 1 feature groups and 0 batch groups",
    ),
    Refusal(
        "channels that do not fit",
        lambda: convolve((2, 5, 3), (4, 2, 2)),
        ShapeError,
        "f32[2,5,3] has not the channels of f32[4,2,2] in 1 groups",
    ),
    Refusal(
        "outputs that do not divide",
        lambda: convolve((2, 5, 4), (3, 2, 2), feature_groups=2),
        ShapeError,
        "f32[2,5,4] and f32[3,2,2] do not fall into 2 groups of equal size",
    ),
    Refusal(
        "a batch that does not divide",
        lambda: convolve((3, 5, 2), (4, 2, 2), batch_groups=2),
        ShapeError,
        "do not fall into 2 groups of equal size",
    ),
]
