"""Refusals of oxmlx.lax.indexing."""

from typing import Any

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, DtypeError, ShapeError
from oxmlx.ops.convert import from_numpy

X = from_numpy(np.ones((4, 3)))
ONE = from_numpy(np.zeros((2, 1), np.int32))


def gather(*numbers: Any, x: Any = X, i: Any = ONE, sizes: Any = (1, 3), mode: Any = None) -> Any:
    return ox.lax.gather(x, i, ox.lax.GatherDimensionNumbers(*numbers), sizes, mode=mode)


def scatter(*numbers: Any, u: Any) -> Any:
    return ox.lax.scatter_add(X, ONE, u, ox.lax.ScatterDimensionNumbers(*numbers))


REFUSALS = [
    Refusal(
        "no such mode",
        lambda: gather((1,), (0,), (0,), mode="wrap"),
        ArgumentError,
        """lax.GatherScatterMode: got 'wrap'\n  It takes "clip", "fill", "drop",""",
    ),
    Refusal(
        "a size too few",
        lambda: gather((1,), (0,), (0,), sizes=(1,)),
        ShapeError,
        "lax.gather: got 1 and wanted 2 window sizes, one for each axis\n  See GatherDimension",
    ),
    Refusal(
        "an element too few",
        lambda: gather((), (0, 1), (0, 1), sizes=(1, 1)),
        ShapeError,
        "got 2 and wanted 1 axes, one for each element of an index vector",
    ),
    Refusal(
        "batch axes that are no pairs",
        lambda: gather((1,), (), (), (0,)),
        ShapeError,
        "lax.gather: got 0 and wanted 1",
    ),
    Refusal(
        "axes of a window left over",
        lambda: gather((1,), (), (0,)),
        ShapeError,
        "got 1 and wanted 2 axes of windows, all not dropped",
    ),
    Refusal(
        "a window that is too large",
        lambda: gather((1,), (0,), (0,), sizes=(1, 4)),
        ShapeError,
        "windows of shape (1, 4) do not fit into (4, 3)\n  See GatherDimensionNumbers",
    ),
    Refusal(
        "more than one row dropped",
        lambda: gather((1,), (0,), (0,), sizes=(2, 3)),
        ShapeError,
        "axes (0,) of (2, 3) are not 1",
    ),
    Refusal(
        "batches of two sizes",
        lambda: gather((1,), (), (1,), (0,), (0,), sizes=(1, 1)),
        ShapeError,
        "batch axes have extents [4] and [2]",
    ),
    Refusal(
        "a negative axis",
        lambda: gather((-1,), (0,), (0,)),
        ShapeError,
        "lax.gather: axes must not be negative, got (-1, 0, 0)",
    ),
    Refusal(
        "axes out of order",
        lambda: gather((2, 1), (), (0,), sizes=(1, 3)),
        ShapeError,
        "axes (2, 1) are not in order",
    ),
    Refusal(
        "indices of floats",
        lambda: gather((1,), (0,), (0,), i=X[:, :1]),
        DtypeError,
        "lax.gather: indices must be integers, got f64[4,1]",
    ),
    Refusal(
        "no index vectors",
        lambda: gather((0,), (0,), (0,), i=ONE[0, 0]),
        ShapeError,
        "lax.gather: indices need an axis of index vectors, got i32[]",
    ),
    Refusal(
        "updates that do not fit the indices",
        lambda: scatter((1,), (0,), (0,), u=X),
        ShapeError,
        "lax.scatter_add: updates f64[4,3] with window axes (1,) do not fit indices i32[2,1]",
    ),
    Refusal(
        "updates of another dtype",
        lambda: scatter((1,), (0,), (0,), u=ONE),
        DtypeError,
        "lax.scatter_add: the updates must have the dtype of f64[4,3], got i32[2,1]",
    ),
]
