"""Refusals of oxmlx.ops.gather."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.errors import ArgumentError, AxisError, DtypeError, ShapeError
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.gather import gather, put_along_axis, take, take_along_axis

X = from_numpy(np.ones((3, 4), np.float32))
INTS = from_numpy(np.ones((3, 4), np.int32))
I = from_numpy(np.array([0, 2], np.int32))  # noqa: E741

REFUSALS = [
    Refusal(
        "unknown mode",
        lambda: take(X, I, 0, mode="raise"),
        ArgumentError,
        "gather: got mode 'raise'\n  There are None, 'fill', 'drop', 'clip', 'promise_in_bounds'.",
    ),
    Refusal(
        "fill value that the dtype does not hold",
        lambda: gather(INTS, [I], (0,), fill_value=0.5),
        DtypeError,
        "gather: 0.5 cannot become i32",
    ),
    Refusal(
        "take along no axis",
        lambda: take(X, I, 2),
        AxisError,
        "take: got axis 2 of f32[3,4]",
    ),
    Refusal(
        "list as indices",
        lambda: take(X, [0, 2]),
        ArgumentError,
        "take: operands must be arrays or numbers, got list",
    ),
    Refusal(
        "too few axes",
        lambda: take_along_axis(X, I, 0),
        ShapeError,
        "take_along_axis: got indices i32[2] for f32[3,4]\n  Wanted as many axes.",
    ),
    Refusal(
        "other axes that do not broadcast",
        lambda: take_along_axis(X, INTS[:2], 1),
        ShapeError,
        "take_along_axis: shapes do not broadcast: (3,) and (2,)",
    ),
    Refusal(
        "values of a greater dtype",
        lambda: put_along_axis(INTS, INTS, X, 1),
        DtypeError,
        "put_along_axis: values f32[3,4] do not fit into i32[3,4] without loss\n"
        "  Write values.astype(ox.int32), or convert the array.",
    ),
]
