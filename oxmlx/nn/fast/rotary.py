"""Rotary positions: pairs of features turned by an angle that grows with the position.

In float32 an angle is wrong by 1e-2 at position 131072. So a turn is counted in 2³² integer steps,
which wrap around exactly where it is full.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import pi
from typing import Any

import numpy as np

from oxmlx import numpy as onp
from oxmlx.control.composite import composite
from oxmlx.dtypes import is_float, is_integer
from oxmlx.errors import ArgumentError, DtypeError, ShapeError
from oxmlx.ir.device import Device, default_device
from oxmlx.ir.value import Value
from oxmlx.nn.precision import widen
from oxmlx.numpy.arguments import Array, ArrayLike, inexact, value
from oxmlx.ops.convert import bitcast, cast, from_numpy
from oxmlx.ops.elementwise import add
from oxmlx.ops.identity import stop_gradient
from oxmlx.ops.math import cos, sin

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
INT32, UINT32 = np.dtype(np.int32), np.dtype(np.uint32)
STEPS = 2.0**32  # to a full turn


def rope(
    a: ArrayLike,
    dims: int,
    *,
    traditional: bool,
    base: float | None,
    scale: float,
    offset: int | ArrayLike,
    freqs: ArrayLike | Sequence[float] | None = None,
) -> Array:
    """Turn pairs of features by the angle (offset + t) · scale / base^(2i / dims).

    Args:
        a: [B, ..., T, D]; position t is along the last axis but one.
        dims: how many leading features are turned; even, and at most D.
        traditional: pair the neighbours (2i, 2i + 1), instead of (i, i + dims / 2).
        base: of the frequencies; None with `freqs`.
        scale: a factor of the positions.
        offset: the position of the first t, an integer which may be traced; or [B] of them.
        freqs: [dims / 2], numbers to divide by instead of base^(2i / dims); constant to
            differentiation.

    Raises:
        ShapeError: dims is odd or too large, or another shape does not fit.
        ArgumentError: both `base` and `freqs` are given, or neither.
        DtypeError: a is complex, or the offset is no integer.

    >>> import oxmlx as ox
    >>> x = ox.numpy.array([[[1.0, 0.0, 0.0, 1.0]]])
    >>> rope(x, 4, traditional=True, base=10000.0, scale=1.0, offset=100)[0, 0, :2]
    array([ 0.8623189 , -0.50636566], dtype=float32)
    """
    x, start = inexact(a, "rope"), value(offset, "rope")
    check_rope(x, dims, start, base, freqs)
    batch = (*start.shape, *(1,) * (x.ndim - 3)) if start.ndim else ()
    first: Any = onp.reshape(cast(start, INT32), (*batch, 1, 1))
    positions = add(first, onp.expand_dims(onp.arange(x.shape[-2], dtype=INT32), 1))
    wide = x.dtype == FLOAT64
    if base is not None:
        table = base_table(dims, float(base), float(scale), wide, default_device())
    elif isinstance(freqs, Value):
        table = table_of(scale / cast(stop_gradient(freqs), FLOAT64) / (2 * pi), wide)
    else:
        table = table_of(scale / np.asarray(freqs, FLOAT64) / (2 * pi), wide)
    angle = 2 * pi * turns_at(positions, *table)
    return _rotate(x, cos(angle), sin(angle), dims=dims, traditional=bool(traditional))


def check_rope(a: Any, dims: int, offset: Any, base: Any, freqs: Any) -> None:
    """Refuse arguments that do not fit together."""
    if not is_float(a.dtype):
        raise DtypeError("rope", f"needs real numbers, got {a.aval}")
    if a.ndim < 2:
        raise ShapeError(
            "rope",
            f"wants [batch, ..., time, features], got {a.aval}",
            "Add a batch axis with x[None].",
        )
    if dims % 2 or not 0 < dims <= a.shape[-1]:
        problem = f"dims must be even and lie in [2, {a.shape[-1]}], got {dims} for {a.aval}"
        raise ShapeError("rope", problem)
    if (base is None) == (freqs is None):
        raise ArgumentError("rope", "takes one of base and freqs", "Pass None for the other.")
    if freqs is not None and np.shape(freqs) != (dims // 2,):
        raise ShapeError("rope", f"freqs must be of shape ({dims // 2},), got {np.shape(freqs)}")
    if not is_integer(offset.dtype):
        raise DtypeError(
            "rope",
            f"the offset must be an integer, got {offset.aval}",
            "Convert it with .astype(ox.int32).",
        )
    if offset.ndim and (a.ndim < 3 or offset.shape != a.shape[:1]):
        problem = (
            f"the offset is one number, or one a batch element, got {offset.aval} for {a.aval}"
        )
        raise ShapeError("rope", problem)


@lru_cache(maxsize=256)
def base_table(
    dims: int, base: float, scale: float, wide: bool, device: Device
) -> tuple[Array, Array]:
    """The table of the frequencies that a base gives; one object, so that equal uses are merged."""
    turns = scale / base ** (np.arange(0, dims, 2) / dims) / (2 * pi)
    whole, rest = table_of(turns, wide)
    return from_numpy(whole, device), from_numpy(rest, device)


def table_of(turns: Any, wide: bool) -> tuple[Any, Any]:
    """(whole steps u32, rest) of the turns a position, float64; all in the rest for `wide`."""
    floor: Any = onp.floor if isinstance(turns, Value) else np.floor
    steps: Any = (turns - floor(turns)) * STEPS
    whole = floor(steps)
    if wide:
        return (0 * whole).astype(UINT32), turns
    return whole.astype(UINT32), ((steps - whole) / STEPS).astype(FLOAT32)


def turns_at(positions: Any, whole: Any, rest: Any) -> Any:
    """How many turns a position makes, up to whole ones."""
    wrapped = bitcast(bitcast(positions, UINT32) * whole, INT32)
    return cast(wrapped, rest.dtype) / STEPS + cast(positions, rest.dtype) * rest


@composite("rope")
def _rotate(a: Any, cos: Any, sin: Any, *, dims: int, traditional: bool) -> Any:
    x = widen(a)
    x, tail = x[..., :dims], x[..., dims:]
    if traditional:
        pairs: Any = onp.reshape(x, (*x.shape[:-1], dims // 2, 2))
        u, v = pairs[..., 0], pairs[..., 1]
        y = onp.stack([u * cos - v * sin, u * sin + v * cos], axis=-1)
        y = onp.reshape(y, x.shape)
    else:
        u, v = x[..., : dims // 2], x[..., dims // 2 :]
        y = onp.concatenate([u * cos - v * sin, u * sin + v * cos], axis=-1)
    return cast(onp.concatenate([y, tail], axis=-1) if tail.shape[-1] else y, a.dtype)
