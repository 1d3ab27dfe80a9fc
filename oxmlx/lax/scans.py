"""Scans along an axis: what the elements up to each one make together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oxmlx.lax.arguments import Array, ArrayLike, axis_of, value
from oxmlx.ops import cumulative


def cumsum(operand: ArrayLike, axis: int = 0, reverse: bool = False) -> Array:
    """The sums of the elements up to each one, or from each one on if `reverse`.

    >>> import oxmlx as ox
    >>> ox.lax.cumsum(ox.array([1, 2, 3])), ox.lax.cumsum(ox.array([1, 2, 3]), reverse=True)
    (array([1, 3, 6], dtype=int32), array([6, 5, 3], dtype=int32))
    """
    return along("lax.cumsum", cumulative.cumsum, operand, axis, reverse)


def cumprod(operand: ArrayLike, axis: int = 0, reverse: bool = False) -> Array:
    """The products of the elements up to each one, or from each one on if `reverse`.

    >>> import oxmlx as ox
    >>> ox.lax.cumprod(ox.array([[1, 2, 3]]), axis=1)
    array([[1, 2, 6]], dtype=int32)
    """
    return along("lax.cumprod", cumulative.cumprod, operand, axis, reverse)


def cummax(operand: ArrayLike, axis: int = 0, reverse: bool = False) -> Array:
    """The largest of the elements up to each one, or from each one on if `reverse`.

    >>> import oxmlx as ox
    >>> ox.lax.cummax(ox.array([1, 3, 2]))
    array([1, 3, 3], dtype=int32)
    """
    return along("lax.cummax", cumulative.cummax, operand, axis, reverse)


def cummin(operand: ArrayLike, axis: int = 0, reverse: bool = False) -> Array:
    """The smallest of the elements up to each one, or from each one on if `reverse`.

    >>> import oxmlx as ox
    >>> ox.lax.cummin(ox.array([3, 1, 2]), reverse=True)
    array([1, 1, 2], dtype=int32)
    """
    return along("lax.cummin", cumulative.cummin, operand, axis, reverse)


def cumlogsumexp(operand: ArrayLike, axis: int = 0, reverse: bool = False) -> Array:
    """log Σ exp of the elements up to each one, or from each one on if `reverse`.

    >>> import oxmlx as ox
    >>> ox.lax.cumlogsumexp(ox.array([0.0, 0.0, 1000.0])).round(4)
    array([0.000e+00, 6.931e-01, 1.000e+03], dtype=float32)
    """
    return along("lax.cumlogsumexp", cumulative.cumlogsumexp, operand, axis, reverse)


def along(who: str, scan: Callable[..., Any], operand: Any, axis: int, reverse: bool) -> Any:
    """A scan of an array along one of its axes."""
    x = value(operand, who)
    return scan(x, axis_of(who, axis, x.ndim), bool(reverse))
