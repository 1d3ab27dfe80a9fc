"""Ranges of numbers and grids of coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np

from oxmlx.dtypes import as_dtype, is_complex, is_inexact, is_integer, result_type
from oxmlx.errors import ArgumentError, ConcretizationError, DtypeError
from oxmlx.ir.value import Tracer
from oxmlx.numpy.arguments import (
    INT32,
    Array,
    ArrayLike,
    Shape,
    axis_of,
    choice,
    inexact_arrays,
    shape_of,
    static_int,
    value,
    values,
)
from oxmlx.numpy.creation import Place, at
from oxmlx.numpy.shaping import broadcast_arrays, unsqueeze
from oxmlx.ops import math
from oxmlx.ops.axes import broadcast, full
from oxmlx.ops.convert import cast
from oxmlx.ops.elementwise import add, div, mul, sub
from oxmlx.ops.math import constant
from oxmlx.ops.shape import broadcast_to, moveaxis, reshape
from oxmlx.ops.slicing import concatenate, iota


def arange(
    start: Any, stop: Any = None, step: Any = None, dtype: Any = None, *, device: Place = None
) -> Array:
    """start, start + step, ... below stop; `arange(stop)` starts at 0.

    Args:
        start, stop, step: numbers known while tracing.
        dtype: by default int32 if all are integers, else float32.
        device: where the array lives.

    Raises:
        ArgumentError: the step is 0.
        ConcretizationError: a number is traced.

    >>> import oxmlx.numpy as np
    >>> np.arange(3), np.arange(0, 1, 0.25)
    (array([0, 1, 2], dtype=int32), array([0.  , 0.25, 0.5 , 0.75], dtype=float32))
    """
    given = [x for x in (start, stop, step) if x is not None]
    own = result_type(*given) if dtype is None else as_dtype(dtype, "arange")
    first, last, by = (0 if x is None else number("arange", x) for x in (start, stop, step))
    first, last = (0, first) if stop is None else (first, last)
    by = 1 if step is None else by
    if by == 0:
        raise ArgumentError("arange", "the step is 0")
    n = max(ceil((last - first) / by), 0)
    with at(device):
        if own.kind == "b":
            if n > 2:
                raise DtypeError("arange", f"{n} numbers do not fit bools")
            return cast(affine(INT32, n, first, by), own)
        return affine(own, n, first, by)


def linspace(
    start: ArrayLike,
    stop: ArrayLike,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Place = None,
) -> Any:
    """Equally spaced numbers from start to stop.

    Args:
        start, stop: the ends; arrays give a grid of their common shape.
        num: how many.
        endpoint: whether stop is the last of them.
        retstep: also return the distance between neighbours.
        dtype: by default that of the ends, integers becoming float32.
        axis: where the new axis goes.
        device: where the array lives.

    >>> import oxmlx.numpy as np
    >>> np.linspace(0, 1, 5)
    array([0.  , 0.25, 0.5 , 0.75, 1.  ], dtype=float32)
    """
    n = static_int("linspace", "num", num)
    if n < 0:
        raise ArgumentError("linspace", f"num must not be negative, got {n}")
    with at(device):
        first, last = broadcast_arrays(*inexact_arrays("linspace", start, stop))
        own = first.dtype if dtype is None else as_dtype(dtype, "linspace")
        k = axis_of("linspace", axis, first.ndim + 1)
        steps = n - 1 if endpoint else n
        shape = (*first.shape[:k], n, *first.shape[k:])
        low, high = (broadcast(x, shape, (k,)) for x in (first, last))
        t = iota(real_dtype(first.dtype), shape, k)
        t = cast(div(t, constant(max(steps, 1), t)), first.dtype)
        out = add(mul(low, sub(constant(1, t), t)), mul(high, t))
        if endpoint and n > 1:  # exactly the end, whatever rounding did
            end = broadcast(last, (*first.shape[:k], 1, *first.shape[k:]), (k,))
            out = concatenate([between(out, k, 0, n - 1), end], k)
        if is_integer(own) and is_inexact(out.dtype):
            out = math.floor(out)
        out = strong(cast(out, own))
        if not retstep:
            return out
        nan = constant(np.nan, first)
        return out, div(sub(last, first), constant(steps, first)) if steps > 0 else broadcast_to(
            full((), nan, first.dtype), first.shape
        )
