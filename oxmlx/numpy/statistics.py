"""Averages, covariances and correlations."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from functools import reduce
from math import prod
from typing import Any

from oxmlx.dtypes import Dtype, as_dtype, is_complex
from oxmlx.errors import ShapeError
from oxmlx.numpy.arguments import (
    Array,
    ArrayLike,
    Axes,
    axes_of,
    inexact_arrays,
    strong,
    value,
)
from oxmlx.numpy.complexes import real_part
from oxmlx.numpy.diagonals import diagonal
from oxmlx.numpy.extrema import clip
from oxmlx.numpy.joining import concatenate
from oxmlx.numpy.products import matmul
from oxmlx.numpy.reductions import mean, sum
from oxmlx.numpy.shaping import atleast_2d, transpose
from oxmlx.ops import math
from oxmlx.ops.axes import full
from oxmlx.ops.complex import complex_, conj, imag, real
from oxmlx.ops.convert import cast
from oxmlx.ops.elementwise import div, mul, sub
from oxmlx.ops.math import constant
from oxmlx.ops.shape import broadcast_to, reshape


def average(
    a: ArrayLike,
    axis: Axes = None,
    weights: ArrayLike | None = None,
    returned: bool = False,
    keepdims: bool = False,
) -> Any:
    """The weighted mean over axes.

    Args:
        a: numbers.
        axis: the axes; all by default.
        weights: of the shape of `a`, or of the axes.
        returned: also return the sums of the weights.
        keepdims: keep the axes, with extent 1.

    Raises:
        ShapeError: the weights do not fit.

    >>> import oxmlx.numpy as np
    >>> np.average(np.array([1.0, 4.0]), weights=np.array([2, 1]))
    array(2., dtype=float32)
    """
    if weights is None:
        out = mean(a, axis, keepdims=keepdims)
        x = value(a, "average")
        count = prod(x.shape[k] for k in axes_of("average", axis, x.ndim))
        total = full(out.shape, count, out.dtype)
    else:
        x, w = inexact_arrays("average", a, weights)
        axes = axes_of("average", axis, x.ndim)
        w = spread(w, x.shape, axes)
        total = sum(w, axes, keepdims=keepdims)
        out = div(sum(mul(x, w), axes, keepdims=keepdims), total)
    return (out, total) if returned else out


def cov(
    m: ArrayLike,
    y: ArrayLike | None = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: ArrayLike | None = None,
    aweights: ArrayLike | None = None,
    dtype: Any = None,
) -> Array:
    """The covariance matrix of variables.

    Args:
        m: one variable, or one a row.
        y: further variables.
        rowvar: whether variables are rows; else they are columns.
        bias: divide by the number of observations instead of one less.
        ddof: what is taken off the number of observations, instead of what `bias` says.
        fweights: how often each observation occurs.
        aweights: how much each observation counts.
        dtype: by default that of the variables.

    Raises:
        ShapeError: more than two axes, or weights that do not fit.

    >>> import oxmlx.numpy as np
    >>> np.cov(np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
    array([[ 1., -1.],
           [-1.,  1.]], dtype=float32)
    """
    x = variables("cov", [m] if y is None else [m, y], rowvar)
    x = x if dtype is None else cast(x, as_dtype(dtype, "cov"))
    n = x.shape[1]
    off = (0 if bias else 1) if ddof is None else ddof
    given = [weighing("cov", w, n, x.dtype) for w in (fweights, aweights) if w is not None]
    if not given:
        weight: Any = constant(1, x)
        freedom: Any = constant(builtins.max(n - off, 0), x)
        centre = mean(x, 1, keepdims=True)
    else:
        weight = reduce(mul, given)
        total = sum(weight)
        lost = off if aweights is None else div(mul(sum(mul(weight, given[-1])), off), total)
        freedom = sub(total, lost)
        centre = div(sum(mul(x, weight), 1, keepdims=True), total)
    distance = sub(x, centre)
    out: Any = matmul(mul(distance, weight) if given else distance, conj(transpose(distance)))
    out = div(out, freedom)
    return reshape(out, ()) if out.size == 1 else out


def corrcoef(
    x: ArrayLike, y: ArrayLike | None = None, rowvar: bool = True, dtype: Any = None
) -> Array:
    """The correlation coefficients of variables.

    Args:
        x: one variable, or one a row.
        y: further variables.
        rowvar: whether variables are rows; else they are columns.
        dtype: by default that of the variables.

    >>> import oxmlx.numpy as np
    >>> np.corrcoef(np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
    array([[ 1., -1.],
           [-1.,  1.]], dtype=float32)
    """
    c: Any = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return div(c, c)
    deviation = math.sqrt(real_part(diagonal(c)))
    n = deviation.size
    out = div(div(c, reshape(deviation, (n, 1))), reshape(deviation, (1, n)))
    if is_complex(out.dtype):
        return complex_(*(clip(part, -1, 1) for part in (real(out), imag(out))))
    return clip(out, -1, 1)


def spread(weights: Any, shape: tuple[int, ...], axes: tuple[int, ...]) -> Any:
    """Weights repeated to a shape: they have it, or that of the axes alone.

    Raises:
        ShapeError: neither.
    """
    if weights.shape != shape:
        if weights.shape != tuple(shape[k] for k in axes):
            problem = f"weights {weights.aval} fit neither {shape} nor its axes {axes}"
            raise ShapeError("average", problem, "Pass weights of one of these shapes.")
        column = tuple(n if k in axes else 1 for k, n in enumerate(shape))
        order = tuple(axes.index(k) for k in sorted(axes))
        weights = reshape(transpose(weights, order), column)
    return broadcast_to(weights, shape)


def variables(who: str, given: Sequence[Any], rowvar: bool) -> Any:
    """Variables as the rows of a matrix.

    Raises:
        ShapeError: more than two axes.
    """
    rows: list[Any] = []
    for x in inexact_arrays(who, *given):
        if x.ndim > 2:
            raise ShapeError(who, f"wants vectors or matrices, got {x.aval}")
        x = atleast_2d(x)
        rows.append(x if rowvar or x.shape[0] == 1 else transpose(x))
    return strong(concatenate(rows, 0))


def weighing(who: str, weights: Any, n: int, dtype: Dtype) -> Any:
    """The weights of n observations.

    Raises:
        ShapeError: there are not n of them.
    """
    w = value(weights, who)
    if w.shape != (n,):
        raise ShapeError(who, f"wants {n} weights, got {w.aval}")
    return cast(w, dtype)
