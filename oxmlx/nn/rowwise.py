"""Functions of whole axes: softmax and its kin, standardising, one-hot codes."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx import numpy as onp
from oxmlx.dtypes import as_dtype
from oxmlx.errors import ArgumentError
from oxmlx.nn.precision import largest, widen
from oxmlx.numpy.arguments import Array, ArrayLike, Axes, axes_of, axis_of, inexact, value
from oxmlx.ops.convert import cast
from oxmlx.ops.elementwise import add
from oxmlx.ops.logic import eq
from oxmlx.ops.math import abs_, exp, is_finite, log, sqrt
from oxmlx.ops.math import sign as sign_
from oxmlx.ops.select import maximum, select


def with_largest(x: Any, axes: tuple[int, ...], where: Any) -> tuple[Any, Any]:
    """x and its largest element along `axes`, which is a constant to differentiation.

    16-bit floats become float32; what `where` leaves out counts as -∞.
    """
    wide = widen(x) if where is None else onp.where(where, widen(x), -np.inf)
    return wide, largest(wide, axes)


def softmax(x: ArrayLike, axis: Axes = -1, where: ArrayLike | None = None) -> Array:
    """eˣ / Σ eˣ along an axis.

    Args:
        x: any shape; integers become floats.
        axis: the axis, several, or None for all.
        where: bools; elements where it is False count as -inf, and give 0.

    Raises:
        AxisError: x has no such axis.

    >>> import oxmlx as ox
    >>> softmax(ox.numpy.array([1000.0, 1000.0, 0.0]))
    array([0.5, 0.5, 0. ], dtype=float32)
    """
    a = inexact(x, "softmax")
    axes = axes_of("softmax", axis, a.ndim)
    wide, top = with_largest(a, axes, where)
    e = exp(wide - top)
    y = cast(e / e.sum(axes, keepdims=True), a.dtype)
    return y if where is None else onp.where(where, y, 0.0)


def log_softmax(x: ArrayLike, axis: Axes = -1, where: ArrayLike | None = None) -> Array:
    """x - ln Σ eˣ along an axis; arguments as for `softmax`.

    >>> import oxmlx as ox
    >>> log_softmax(ox.numpy.array([0.0, -1000.0]))
    array([    0., -1000.], dtype=float32)
    """
    a = inexact(x, "log_softmax")
    axes = axes_of("log_softmax", axis, a.ndim)
    wide, top = with_largest(a, axes, where)
    less = wide - top
    y = cast(less - log(exp(less).sum(axes, keepdims=True)), a.dtype)
    return y if where is None else onp.where(where, y, -np.inf)


def logsumexp(
    a: ArrayLike,
    axis: Axes = None,
    b: ArrayLike | None = None,
    keepdims: bool = False,
    return_sign: bool = False,
    where: ArrayLike | None = None,
) -> Any:
    """ln Σ b eᵃ along some axes, without overflow.

    Args:
        a: any shape; integers become floats.
        axis: an axis, several, or None for all.
        b: factors, as in a weighted sum; may be negative with `return_sign`.
        keepdims: keep the axes, with extent 1.
        return_sign: return (ln |sum|, sign of the sum).
        where: bools; what they leave out is not summed.

    Raises:
        AxisError: a has no such axis.

    >>> import oxmlx as ox
    >>> logsumexp(ox.numpy.array([1000.0, 900.0]))
    array(1000., dtype=float32)
    """
    x = inexact(a, "logsumexp")
    axes = axes_of("logsumexp", axis, x.ndim)
    factor: Any = None if b is None else inexact(b, "logsumexp")
    seen: Any = where
    if b is not None:
        seen = factor != 0 if where is None else onp.logical_and(where, factor != 0)
    wide, top = with_largest(x, axes, seen)
    top = select(is_finite(top), top, 0.0)
    terms = exp(wide - top)
    total = (terms if b is None else factor * terms).sum(axes, keepdims=True)
    out, sign = cast(log(abs_(total) if return_sign else total) + top, x.dtype), sign_(total)
    if not keepdims:
        out, sign = out.squeeze(axes), sign.squeeze(axes)
    return (out, sign) if return_sign else out


def logmeanexp(
    x: ArrayLike, axis: Axes = None, where: ArrayLike | None = None, keepdims: bool = False
) -> Array:
    """ln of the mean of eˣ along some axes.

    >>> import oxmlx as ox
    >>> logmeanexp(ox.numpy.array([1000.0, 1000.0]))
    array(1000., dtype=float32)
    """
    a = inexact(x, "logmeanexp")
    number = onp.sum(onp.ones(a.shape, a.dtype), axis, where=where, keepdims=keepdims)
    return logsumexp(a, axis, where=where, keepdims=keepdims) - log(number)


def standardize(
    x: ArrayLike,
    axis: Axes = -1,
    mean: ArrayLike | None = None,
    variance: ArrayLike | None = None,
    epsilon: ArrayLike = 1e-5,
    where: ArrayLike | None = None,
) -> Array:
    """(x - mean) / √(variance + ε), in two passes, so that a large mean costs no accuracy.

    Args:
        x: any shape; integers become floats.
        axis: the axis, several, or None for all.
        mean, variance: instead of those of x; of its shape, or with extent 1 along the axes.
        epsilon: added to the variance.
        where: bools; what they leave out counts in neither mean nor variance.

    >>> import oxmlx as ox
    >>> standardize(ox.numpy.array([10000.0, 10002.0]), epsilon=0.0)
    array([-1.,  1.], dtype=float32)
    """
    a = inexact(x, "standardize")
    axes = axes_of("standardize", axis, a.ndim)
    wide, middle, spread = widen(a), mean, variance
    if middle is None:
        middle = wide.mean(axes, keepdims=True, where=where)
    centred: Any = wide - middle
    if spread is None:
        spread = (centred * centred).mean(axes, keepdims=True, where=where)
    return cast(centred / sqrt(add(spread, epsilon)), a.dtype)


def normalize(x: ArrayLike, axis: Axes = -1, eps: float = 1e-12) -> Array:
    """x / max(‖x‖₂, ε) along an axis: vectors of length 1.

    >>> import oxmlx as ox
    >>> normalize(ox.numpy.array([3.0, 4.0]))
    array([0.6, 0.8], dtype=float32)
    """
    a = inexact(x, "normalize")
    axes = axes_of("normalize", axis, a.ndim)
    square = (a * a).sum(axes, keepdims=True)
    return a / sqrt(maximum(square, eps * eps))


def one_hot(x: ArrayLike, num_classes: int, *, dtype: Any = None, axis: int = -1) -> Array:
    """1 at the position that each integer names, along a new axis, and 0 elsewhere.

    Args:
        x: integers of any shape; one outside [0, num_classes) gives zeros only.
        num_classes: the extent of the new axis.
        dtype: of the result; float32 by default.
        axis: where the new axis goes, among those of the result.

    Raises:
        ArgumentError: the number of classes is negative, or no integer.

    >>> import oxmlx as ox
    >>> one_hot(ox.numpy.array([0, 2]), 3)
    array([[1., 0., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    a = value(x, "one_hot")
    if not isinstance(num_classes, int) or num_classes < 0:
        raise ArgumentError("one_hot", f"num_classes must be a number ≥ 0, got {num_classes!r}")
    at = axis_of("one_hot", axis, a.ndim + 1)
    shape = tuple(num_classes if a == at else 1 for a in range(a.ndim + 1))
    classes = onp.reshape(onp.arange(num_classes, dtype=a.dtype), shape)
    hits = eq(onp.expand_dims(a, at), classes)
    return cast(hits, as_dtype("float32" if dtype is None else dtype, "one_hot"))
