"""Refusals of oxmlx.ops.selection."""

from typing import Any

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import (
    ArgumentError,
    AxisError,
    ConcretizationError,
    DtypeError,
    OutOfBoundsError,
    ShapeError,
)
from oxmlx.ops.convert import from_numpy

X: Any = from_numpy(np.ones((3, 4), np.float32))
I = from_numpy(np.array([0, 2], np.int32))  # noqa: E741

REFUSALS = [
    Refusal(
        "static index outside",
        lambda: X[3],
        OutOfBoundsError,
        "index: index 3 is out of bounds for axis 0 of extent 3",
    ),
    Refusal(
        "static index before the start",
        lambda: X[I, -5],
        OutOfBoundsError,
        "index -5 is out of bounds for axis 1 of extent 4",
    ),
    Refusal(
        "static place outside",
        lambda: X.at[0, 4].set(1),
        OutOfBoundsError,
        "index 4 is out of bounds for axis 1 of extent 4",
    ),
    Refusal(
        "index of an empty axis",
        lambda: X[:0][0],
        OutOfBoundsError,
        "index 0 is out of bounds for axis 0 of extent 0",
    ),
    Refusal(
        "list",
        lambda: X[[0, 1]],
        ArgumentError,
        "index: got a list: [0, 1]\n  Write ox.numpy.array(...) for an array, or a tuple.",
    ),
    Refusal("text", lambda: X["a"], ArgumentError, "index: got str: 'a'\n  An index is an int,"),
    Refusal("float", lambda: X[1.0], DtypeError, "index: got elements of float64"),
    Refusal("floats", lambda: X[X[0]], DtypeError, "got elements of f32\n  Index with integers"),
    Refusal("objects", lambda: X[:, ["a"]], DtypeError, "got elements of <U1"),
    Refusal("two ellipses", lambda: X[..., ...], AxisError, "index: got 2 ellipses"),
    Refusal(
        "too many indices",
        lambda: X[0, :, None, 0],
        AxisError,
        "index: got 3 indices for 2 axes, those of (3, 4)",
    ),
    Refusal(
        "mask of too many axes",
        lambda: X[0, X > 0],
        AxisError,
        "index: got 3 indices for 2 axes",
    ),
    Refusal(
        "mask of other extents",
        lambda: X[:, np.array([True, False])],
        AxisError,
        "a mask of shape (2,) indexes axes of shape (4,)\n"
        "  They are axes 1 and following of (3, 4).",
    ),
    Refusal(
        "arrays that do not broadcast",
        lambda: X[I, np.array([0, 1, 2])],
        ShapeError,
        "index: shapes do not broadcast: (2,) and (3,)",
    ),
    Refusal(
        "traced mask",
        lambda: ox.jit(lambda x: x[x > 0])(X),
        ConcretizationError,
        "index: the mask Traced<bool[3,4]> is traced, and the shape of the result depends on its "
        "elements\n  Use ox.numpy.where(mask, x, y), or ox.numpy.nonzero(mask, size=...)",
    ),
    Refusal(
        "traced mask written under",
        lambda: ox.jit(lambda x: x.at[x > 0].set(X[0]))(X),
        ConcretizationError,
        "index: the mask Traced<bool[3,4]> is traced",
    ),
    Refusal(
        "traced bound",
        lambda: ox.jit(lambda x, i: x[i : i + 1])(X, 1),
        ConcretizationError,
        "with a bound that is traced\n  Use ox.lax.dynamic_slice(x, starts, sizes)",
    ),
    Refusal(
        "bound that is a float",
        lambda: X[0.5:],
        ArgumentError,
        "index: got slice(0.5, None, None)\n  Python says: slice indices must be integers",
    ),
    Refusal(
        "step of nothing",
        lambda: X[::0],
        ArgumentError,
        "index: got slice(None, None, 0)\n  Python says: slice step cannot be zero.",
    ),
]
