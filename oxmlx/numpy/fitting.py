"""Least squares for polynomials, by orthogonal columns: powers of x are nearly parallel."""

from __future__ import annotations

from typing import Any

from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.numpy.arguments import ArrayLike, inexact_arrays, static_int, strong
from oxmlx.numpy.creation import eye
from oxmlx.numpy.joining import stack
from oxmlx.numpy.polynomials import coefficients, vander
from oxmlx.numpy.products import dot, outer
from oxmlx.numpy.reductions import sum
from oxmlx.numpy.splitting import unstack
from oxmlx.ops import math
from oxmlx.ops.elementwise import add, div, mul, sub
from oxmlx.ops.shape import reshape

Columns = list[Any]


def polyfit(
    x: ArrayLike,
    y: ArrayLike,
    deg: int,
    rcond: None = None,
    full: bool = False,
    w: ArrayLike | None = None,
    cov: bool | str = False,
) -> Any:
    """The polynomial of some degree that is nearest to points, in least squares.

    Args:
        x: where the points lie.
        y: their heights; the columns of a matrix are fitted one by one.
        deg: the degree.
        rcond, full: not supported, since they speak of singular values.
        w: how much each point counts.
        cov: also return the covariance matrix of the coefficients, scaled by the error of the fit
            unless this is "unscaled".

    Raises:
        ArgumentError: a negative degree, or fewer points than coefficients, or what is not
            supported.
        ShapeError: x, y and w that do not fit.

    >>> import oxmlx.numpy as np
    >>> x = np.array([0.0, 1.0, 2.0, 3.0])
    >>> np.polyfit(x, 2 * x + 1, 1).round(3)
    array([2., 1.], dtype=float32)
    """
    if rcond is not None or full:
        problem = "rcond= and full= speak of singular values, which there are none of yet"
        raise ArgumentError("polyfit", problem, "Leave them out.")
    given = inexact_arrays("polyfit", x, y, *([] if w is None else [w]))
    at, heights, *weights = map(strong, given)
    coefficients("polyfit", at)
    if heights.ndim not in (1, 2) or heights.shape[0] != at.size or not at.size:
        raise ShapeError("polyfit", f"points {at.aval} and {heights.aval} do not fit")
    order = static_int("polyfit", "deg", deg) + 1
    if not 0 < order <= at.size:
        raise ArgumentError(
            "polyfit",
            f"degree {deg} for {at.size} points",
            "A polynomial of degree n needs n + 1 points.",
        )
    columns: Columns = list(unstack(vander(at, order), axis=1))
    target = heights
    if weights:
        if weights[0].shape != at.shape:
            raise ShapeError("polyfit", f"weights {weights[0].aval} do not fit {at.aval}")
        columns = [mul(c, weights[0]) for c in columns]
        target = mul(heights, reshape(weights[0], (at.size,) + (1,) * (heights.ndim - 1)))
    scales = [math.sqrt(sum(mul(c, c))) for c in columns]
    columns = [div(c, s) for c, s in zip(columns, scales, strict=True)]
    basis, triangle = orthogonal(columns)
    solved = substitute(triangle, [dot(q, target) for q in basis])
    fit = stack([div(c, s) for c, s in zip(solved, scales, strict=True)])
    if not cov:
        return fit
    inverse = stack(substitute(triangle, list(unstack(eye(order, dtype=at.dtype)))))
    size = stack(scales)
    spread: Any = div(dot(inverse, inverse.T), outer(size, size))
    if cov != "unscaled":
        if at.size <= order:
            raise ArgumentError(
                "polyfit",
                f"{at.size} points leave no error to scale with",
                'Pass more points, or cov="unscaled".',
            )
        left = sub(target, dot(stack(columns, 1), stack(solved)))
        error = div(sum(mul(left, left), 0), at.size - order)
        if heights.ndim == 2:
            return fit, mul(reshape(spread, (order, order, 1)), error)
        spread = mul(spread, error)
    return fit, spread


def orthogonal(columns: Columns) -> tuple[Columns, list[Columns]]:
    """Orthonormal vectors q, and for each column its parts along q₀, q₁, … up to its own.

    Gram and Schmidt's way, twice over: the second time removes what rounding left.
    """
    basis: Columns = []
    triangle: list[Columns] = []
    for column in columns:
        parts: Columns = []
        for turn in range(2):
            for k, q in enumerate(basis):
                part = dot(q, column)
                column = sub(column, mul(q, part))
                parts[k : k + 1] = [add(parts[k], part) if turn else part]
        length = math.sqrt(sum(mul(column, column)))
        basis.append(div(column, length))
        triangle.append([*parts, length])
    return basis, triangle


def substitute(triangle: list[Columns], right: Columns) -> Columns:
    """The solution of a triangular system, from the last unknown to the first."""
    solved = list(right)
    for k in reversed(range(len(triangle))):
        *above, length = triangle[k]
        solved[k] = div(solved[k], length)
        for j, part in enumerate(above):
            solved[j] = sub(solved[j], mul(part, solved[k]))
    return solved
