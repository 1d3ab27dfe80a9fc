"""Refusals of oxmlx.ops.window."""

from typing import Any

import numpy as np
from raise_coverage import Refusal

from oxmlx.errors import ArgumentError, DtypeError, ShapeError
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.window import reduce_window

F = from_numpy(np.zeros(5, np.float32))


def reduced(kind: str = "sum", x: Any = F, **params: Any) -> Any:
    fine = {"window": (2,), "strides": (1,), "padding": ((0, 0),)}
    return reduce_window(x, kind, **{**fine, **params})


REFUSALS = [
    Refusal(
        "unknown reduction",
        lambda: reduced("mean"),
        ArgumentError,
        "got kind 'mean'\n  There are sum, max, min.",
    ),
    Refusal(
        "sum of bools",
        lambda: reduced(x=from_numpy(np.zeros(5, bool))),
        DtypeError,
        "reduce_window_sum: has no meaning for elements of bool, got bool[5]",
    ),
    Refusal(
        "order of complex numbers",
        lambda: reduced("max", from_numpy(np.zeros(5, np.complex64))),
        DtypeError,
        "elements of c64",
    ),
    Refusal(
        "empty window",
        lambda: reduced(window=(0,)),
        ShapeError,
        "reduce_window_sum: window must have 1 entries of at least 1, got (0,)",
    ),
    Refusal(
        "a stride too many",
        lambda: reduced(strides=(1, 1)),
        ShapeError,
        "strides must have 1 entries of at least 1, got (1, 1)",
    ),
    Refusal(
        "padding of another rank",
        lambda: reduced(padding=()),
        ShapeError,
        "padding must have 1 entries, got ()",
    ),
    Refusal(
        "no distance",
        lambda: reduced(base_dilation=(0,)),
        ShapeError,
        "base_dilation must have 1 entries of at least 1, got (0,)",
    ),
    Refusal(
        "no distance in the window",
        lambda: reduced(window_dilation=(-1,)),
        ShapeError,
        "window_dilation must have 1 entries of at least 1, got (-1,)",
    ),
]
