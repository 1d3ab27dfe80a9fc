"""Refusals of oxmlx.control.callback."""

from typing import Any

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.control.callback import io_callback, pure_callback
from oxmlx.errors import (
    ArgumentError,
    DtypeError,
    GradientError,
    MissingRule,
    ShapeError,
    TreeError,
)
from oxmlx.ops.convert import from_numpy

X = from_numpy(np.ones(2, np.float32))


def returning(host: Any) -> Any:
    """A function that was to return f32[2], run at once."""
    return io_callback(host, X, X)


REFUSALS = [
    Refusal(
        "no function",
        lambda: pure_callback(3, X, X),  # type: ignore[arg-type]
        ArgumentError,
        "pure_callback: needs a function, got int",
    ),
    Refusal(
        "result without a type",
        lambda: pure_callback(np.sin, {"a": 3}, X),
        ArgumentError,
        "pure_callback: result_shape_dtypes must hold arrays or their types, got 3\n"
        "  Use ox.ShapeDtypeStruct(shape, dtype).",
    ),
    Refusal(
        "method",
        lambda: pure_callback(np.sin, X, X, vmap_method="vectorized"),
        ArgumentError,
        "vmap_method must be one of ('sequential', 'sequential_unrolled', 'expand_dims', "
        "'broadcast_all') or None, got 'vectorized'",
    ),
    Refusal(
        "vmap without a method",
        lambda: ox.vmap(lambda x: pure_callback(np.sin, x, x))(X),
        MissingRule,
        "pure_callback: nobody said how to map sin over an axis\n"
        "  Pass vmap_method=, one of 'sequential', ",
    ),
    Refusal(
        "derivative",
        lambda: ox.grad(lambda x: pure_callback(np.sin, x, x))(1.0),
        GradientError,
        "pure_callback: the derivative of a Python function is not known, here of sin\n"
        "  Give it one with ox.custom_jvp",
    ),
    Refusal(
        "another structure",
        lambda: returning(lambda x: (x, x)),
        TreeError,
        "io_callback: the callback was to return PyTreeDef(*), it returned PyTreeDef((*, *))",
    ),
    Refusal(
        "another shape",
        lambda: returning(lambda x: x[:1]),
        ShapeError,
        "io_callback: the callback was to return f32[2], it returned f32[1]",
    ),
    Refusal(
        "another dtype",
        lambda: returning(lambda x: x > 0),
        DtypeError,
        "io_callback: the callback was to return f32[2], it returned bool[2]\n"
        "  Convert the result with .astype.",
    ),
]
