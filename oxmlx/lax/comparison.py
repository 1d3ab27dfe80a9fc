"""Comparisons, elementwise: operands of one dtype, and of one shape or rank 0."""

from __future__ import annotations

from oxmlx.lax.arguments import Array, ArrayLike, same_type
from oxmlx.ops import logic


def eq(x: ArrayLike, y: ArrayLike) -> Array:
    """x = y

    >>> import oxmlx as ox
    >>> ox.lax.eq(ox.array([1, 2]), 2)
    array([False,  True], dtype=bool)
    """
    return logic.eq(*same_type("lax.eq", x, y))


def ne(x: ArrayLike, y: ArrayLike) -> Array:
    """x ≠ y

    >>> import oxmlx as ox
    >>> ox.lax.ne(ox.array([1, 2]), 2)
    array([ True, False], dtype=bool)
    """
    return logic.ne(*same_type("lax.ne", x, y))


def lt(x: ArrayLike, y: ArrayLike) -> Array:
    """x < y

    >>> import oxmlx as ox
    >>> ox.lax.lt(ox.array([1, 2]), 2)
    array([ True, False], dtype=bool)
    """
    return logic.lt(*same_type("lax.lt", x, y))


def le(x: ArrayLike, y: ArrayLike) -> Array:
    """x ≤ y

    >>> import oxmlx as ox
    >>> ox.lax.le(ox.array([1, 2]), 2)
    array([ True,  True], dtype=bool)
    """
    return logic.le(*same_type("lax.le", x, y))


def gt(x: ArrayLike, y: ArrayLike) -> Array:
    """x > y

    >>> import oxmlx as ox
    >>> ox.lax.gt(ox.array([1, 2]), 1)
    array([False,  True], dtype=bool)
    """
    return logic.gt(*same_type("lax.gt", x, y))


def ge(x: ArrayLike, y: ArrayLike) -> Array:
    """x ≥ y

    >>> import oxmlx as ox
    >>> ox.lax.ge(ox.array([1, 2]), 2)
    array([False,  True], dtype=bool)
    """
    return logic.ge(*same_type("lax.ge", x, y))
