"""Rotary positions: pairs of features turned by an angle that grows with the position.

An angle in float32 is wrong by 1e-2 at position 131072; so turns are counted in integers, which
wrap around exactly where a turn is full.
"""

from __future__ import annotations

from functools import lru_cache
from math import pi
from typing import Any

import numpy as np

from oxmlx import numpy as onp
from oxmlx.control.composite import composite
from oxmlx.dtypes import is_float, is_integer
from oxmlx.errors import ArgumentError, DtypeError, ShapeError
from oxmlx.ir.value import Value
from oxmlx.nn.fast import widen
from oxmlx.nn.fields import buffer
from oxmlx.nn.module import Module
from oxmlx.numpy.arguments import Array, ArrayLike, inexact, value
from oxmlx.ops.convert import bitcast, cast, from_numpy
from oxmlx.ops.identity import stop_gradient

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
INT32, UINT32 = np.dtype(np.int32), np.dtype(np.uint32)


def rope(
    a: ArrayLike,
    dims: int,
    *,
    traditional: bool,
    base: float | None,
    scale: float,
    offset: int | ArrayLike,
    freqs: ArrayLike | None = None,
) -> Array:
    """Turn pairs of features by the angle (offset + t) · scale · base^(-2i / dims).

    The angles are right to 1e-6 at every position below 2²⁴.

    Args:
        a: [B, ..., T, D]; position t is along the last axis but one.
        dims: how many leading features are turned; an even number ≤ D.
        traditional: pair neighbours (2i, 2i + 1), instead of (i, i + dims / 2).
        base: of the frequencies; None with `freqs`.
        scale: a factor of the positions.
        offset: the position of the first t: an integer, traced or not, or [B] of them.
        freqs: [dims / 2], the wavelengths divided by 2π instead of those that `base` gives; a
            constant to differentiation.

    Raises:
        ShapeError: dims is odd or larger than D, or a has fewer than two axes.
        ArgumentError: both `base` and `freqs` are given, or neither.
        DtypeError: the offset is no integer.

    >>> import oxmlx as ox
    >>> x = ox.numpy.array([[[1.0, 0.0, 0.0, 1.0]]])
    >>> rope(x, 4, traditional=True, base=10000.0, scale=1.0, offset=100)[0, 0]
    array([ 0.8623189 , -0.50636566, -0.84147096,  0.54030234], dtype=float32)
    """
    a, offset = inexact(a, "rope"), value(offset, "rope")
    if not is_float(a.dtype):
        raise DtypeError("rope", f"needs real numbers, got {a.aval}")
    if a.ndim < 2:
        raise ShapeError("rope", f"wants [batch, ..., time, features], got {a.aval}")
    if dims % 2 or not 0 < dims <= a.shape[-1]:
        problem = f"dims must be even and lie in [2, {a.shape[-1]}], got {dims} for {a.aval}"
        raise ShapeError("rope", problem)
    if (base is None) == (freqs is None):
        raise ArgumentError("rope", "takes one of base and freqs", "Pass None for the other.")
    if not is_integer(offset.dtype):
        raise DtypeError("rope", f"the offset must be an integer, got {offset.aval}")
    if offset.ndim > 1 or (offset.ndim == 1 and offset.shape != a.shape[:1]):
        raise ShapeError("rope", f"the offset is one number, or one a batch element, got {offset.aval}")
    if freqs is not None:
        freqs = value(freqs, "rope")
        if freqs.shape != (dims // 2,):
            raise ShapeError("rope", f"freqs must be of shape ({dims // 2},), got {freqs.aval}")
        known = not isinstance(freqs, Value) or not hasattr(freqs, "trace")
        base = tuple(np.asarray(freqs, np.float64).tolist()) if known else None
    return _rope(a, offset, freqs, dims=dims, traditional=bool(traditional), base=base, scale=scale)
