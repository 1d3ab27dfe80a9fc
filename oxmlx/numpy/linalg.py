"""Linear algebra that needs no decomposition: norms, powers and products of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.numpy import diagonals
from oxmlx.numpy.arguments import (
    Array,
    ArrayLike,
    Axes,
    axes_of,
    inexact,
    static_int,
    value,
    values,
)
from oxmlx.numpy.complexes import real_part
from oxmlx.numpy.creation import eye
from oxmlx.numpy.einsum import einsum
from oxmlx.numpy.products import cross, matmul, outer, tensordot, vecdot
from oxmlx.numpy.reductions import count_nonzero, max, min, sum
from oxmlx.numpy.shaping import matrix_transpose
from oxmlx.ops import math
from oxmlx.ops.complex import conj
from oxmlx.ops.convert import cast
from oxmlx.ops.elementwise import mul
from oxmlx.ops.shape import broadcast_to

__all__ = [
    "cross",
    "diagonal",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_transpose",
    "multi_dot",
    "norm",
    "outer",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]


def norm(x: ArrayLike, ord: Any = None, axis: Axes = None, keepdims: bool = False) -> Array:
    """The norm of vectors or matrices.

    Args:
        x: an array.
        ord: of vectors: a number p for (Σ |x|ᵖ)^(1/p), 0 for the number of elements other than 0,
            ±inf for the largest or smallest |x|; of matrices: "fro", or 1, -1, inf, -inf for the
            extreme sums of columns or rows. By default the root of the sum of squares.
        axis: one axis of vectors or two axes of matrices; by default all.
        keepdims: keep the axes, with extent 1.

    Raises:
        ArgumentError: no such norm.
        ShapeError: neither vectors nor matrices.

    >>> import oxmlx.numpy as np
    >>> np.linalg.norm(np.array([3.0, 4.0]))
    array(5., dtype=float32)
    """
    y = inexact(x, "norm")
    axes = axes_of("norm", axis, y.ndim)
    if ord is None:
        return math.sqrt(sum(real_part(mul(y, conj(y))), axes, keepdims=keepdims))
    if len(axes) == 1:
        return of_vectors("norm", y, ord, axes, keepdims)
    if len(axes) == 2:
        return of_matrices("norm", y, ord, axes, keepdims)
    raise ShapeError(
        "norm",
        f"{y.aval} along {axes} is neither a vector nor a matrix",
        "Name one or two axes with axis=, or flatten it with x.ravel().",
    )


def vector_norm(
    x: ArrayLike, /, *, axis: Axes = None, keepdims: bool = False, ord: Any = 2
) -> Array:
    """The norm of vectors, which may lie along several axes.

    Args:
        x: an array.
        axis: the axes of the vectors; all by default.
        keepdims: keep the axes, with extent 1.
        ord: as in `norm`.

    >>> import oxmlx.numpy as np
    >>> np.linalg.vector_norm(np.array([[3.0, 4.0], [0.0, 5.0]]), axis=1, ord=1)
    array([7., 5.], dtype=float32)
    """
    y = inexact(x, "vector_norm")
    return of_vectors("vector_norm", y, ord, axes_of("vector_norm", axis, y.ndim), keepdims)


def matrix_norm(x: ArrayLike, /, *, keepdims: bool = False, ord: Any = "fro") -> Array:
    """The norm of the matrices in the last two axes.

    Args:
        x: (…, m, n)
        keepdims: keep the axes, with extent 1.
        ord: as in `norm`.

    >>> import oxmlx.numpy as np
    >>> np.linalg.matrix_norm(np.array([[1.0, 2.0], [3.0, 4.0]]), ord=1)
    array(6., dtype=float32)
    """
    y = inexact(x, "matrix_norm")
    return of_matrices("matrix_norm", y, ord, axes_of("matrix_norm", (-2, -1), y.ndim), keepdims)


def matrix_power(a: ArrayLike, n: int) -> Array:
    """The n-th power of square matrices, by repeated squaring.

    Raises:
        ArgumentError: n is negative, which takes an inverse.
        ShapeError: the matrices are not square.

    >>> import oxmlx.numpy as np
    >>> np.linalg.matrix_power(np.array([[1, 1], [0, 1]]), 5)
    array([[1, 5],
           [0, 1]], dtype=int32)
    """
    x, power = value(a, "matrix_power"), static_int("matrix_power", "n", n)
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ShapeError("matrix_power", f"wants square matrices, got {x.aval}")
    if power < 0:
        raise ArgumentError(
            "matrix_power", f"n must not be negative, got {n}", "The inverse is not there yet."
        )
    if power == 0:
        return broadcast_to(eye(x.shape[-1], dtype=x.dtype), x.shape)
    return math.repeated_square(x, power, matmul)


def multi_dot(arrays: Sequence[ArrayLike], *, precision: Any = None) -> Array:
    """The product of several matrices in the cheapest order.

    Args:
        arrays: matrices; the first and the last may be vectors.
        precision: ignored.

    Raises:
        ArgumentError: fewer than two matrices.
        ShapeError: one is no matrix.

    >>> import oxmlx.numpy as np
    >>> np.linalg.multi_dot([np.ones((2, 3)), np.ones((3, 4)), np.ones(4)])
    array([12., 12.], dtype=float32)
    """
    xs = values(arrays, "multi_dot")
    if len(xs) < 2:
        raise ArgumentError("multi_dot", f"wants two matrices or more, got {len(xs)}")
    terms: list[Any] = []
    for k, x in enumerate(xs):
        end = x.ndim == 1 and k in (0, len(xs) - 1)
        if x.ndim != 2 and not end:
            raise ShapeError("multi_dot", f"wants matrices, got {x.aval}")
        terms += [x, [k + (k == 0)] if end else [k, k + 1]]
    first, last = terms[1], terms[-1]
    return einsum(*terms, [*first[: len(first) - 1], *last[1:]])


def diagonal(x: ArrayLike, /, *, offset: int = 0) -> Array:
    """A diagonal of the matrices in the last two axes.

    >>> import oxmlx.numpy as np
    >>> np.linalg.diagonal(np.array([[1, 2], [3, 4]]))
    array([1, 4], dtype=int32)
    """
    return diagonals.diagonal(x, offset, -2, -1)


def trace(x: ArrayLike, /, *, offset: int = 0, dtype: Any = None) -> Array:
    """The sum of a diagonal of the matrices in the last two axes.

    >>> import oxmlx.numpy as np
    >>> np.linalg.trace(np.array([[1, 2], [3, 4]]))
    array(5, dtype=int32)
    """
    return diagonals.trace(x, offset, -2, -1, dtype)


def of_vectors(who: str, x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    """A norm of vectors.

    Raises:
        ArgumentError: no such norm.
    """
    if ord == 2:
        return math.sqrt(sum(real_part(mul(x, conj(x))), axes, keepdims=keepdims))
    size = math.abs_(x)
    if ord == inf:
        return max(size, axes, keepdims=keepdims)
    if ord == -inf:
        return min(size, axes, keepdims=keepdims)
    if ord == 1:
        return sum(size, axes, keepdims=keepdims)
    if isinstance(ord, str):
        raise ArgumentError(who, f"vectors have no norm {ord!r}")
    if isinstance(ord, int | float) and ord == 0:
        return cast(count_nonzero(x, axes, keepdims), size.dtype)
    total = sum(math.power(size, ord), axes, keepdims=keepdims)
    return math.power(total, 1 / ord)


def of_matrices(who: str, x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    """A norm of matrices.

    Raises:
        ArgumentError: no such norm, or one that takes a decomposition.
    """
    if ord == "fro":
        return math.sqrt(sum(real_part(mul(x, conj(x))), axes, keepdims=keepdims))
    if ord not in (1, -1, inf, -inf):
        advice = "Those of singular values are not there yet."
        raise ArgumentError(who, f"matrices have no norm {ord!r}", advice)
    row, column = axes
    along, over = (row, column) if abs(ord) == 1 else (column, row)
    sums = sum(math.abs_(x), along, keepdims=True)
    out = (max if ord > 0 else min)(sums, over, keepdims=True)
    return out if keepdims else sum(out, axes)
