"""Bits of integers, and logic of bools."""

from __future__ import annotations

from oxmlx.lax.arguments import Array, ArrayLike, same_type
from oxmlx.ops import logic


def bitwise_not(x: ArrayLike) -> Array:
    """¬x, bit by bit.

    >>> import oxmlx as ox
    >>> ox.lax.bitwise_not(ox.array([0, 5]))
    array([-1, -6], dtype=int32)
    """
    return logic.not_(x)


def bitwise_and(x: ArrayLike, y: ArrayLike) -> Array:
    """x ∧ y, bit by bit.

    >>> import oxmlx as ox
    >>> ox.lax.bitwise_and(ox.array([6, 5]), 3)
    array([2, 1], dtype=int32)
    """
    return logic.and_(*same_type("lax.bitwise_and", x, y))


def bitwise_or(x: ArrayLike, y: ArrayLike) -> Array:
    """x ∨ y, bit by bit.

    >>> import oxmlx as ox
    >>> ox.lax.bitwise_or(ox.array([6, 5]), 3)
    array([7, 7], dtype=int32)
    """
    return logic.or_(*same_type("lax.bitwise_or", x, y))


def bitwise_xor(x: ArrayLike, y: ArrayLike) -> Array:
    """x ⊕ y, bit by bit.

    >>> import oxmlx as ox
    >>> ox.lax.bitwise_xor(ox.array([6, 5]), 3)
    array([5, 6], dtype=int32)
    """
    return logic.xor(*same_type("lax.bitwise_xor", x, y))


def shift_left(x: ArrayLike, y: ArrayLike) -> Array:
    """x · 2ʸ; 0 if y is no less than the number of bits.

    >>> import oxmlx as ox
    >>> ox.lax.shift_left(ox.array([1, 3]), 4)
    array([16, 48], dtype=int32)
    """
    return logic.shift_left(*same_type("lax.shift_left", x, y))


def shift_right_arithmetic(x: ArrayLike, y: ArrayLike) -> Array:
    """The bits of x moved y places to the right, copies of the sign coming in.

    >>> import oxmlx as ox
    >>> ox.lax.shift_right_arithmetic(ox.array([16, -16]), 2)
    array([ 4, -4], dtype=int32)
    """
    return logic.shift_right_arithmetic(*same_type("lax.shift_right_arithmetic", x, y))


def shift_right_logical(x: ArrayLike, y: ArrayLike) -> Array:
    """The bits of x moved y places to the right, zeros coming in.

    >>> import oxmlx as ox
    >>> ox.lax.shift_right_logical(ox.array([16, -1]), 28)
    array([ 0, 15], dtype=int32)
    """
    return logic.shift_right_logical(*same_type("lax.shift_right_logical", x, y))


def population_count(x: ArrayLike) -> Array:
    """The number of bits of x that are set.

    >>> import oxmlx as ox
    >>> ox.lax.population_count(ox.array([7, 8, -1]))
    array([ 3,  1, 32], dtype=int32)
    """
    return logic.population_count(x)


def clz(x: ArrayLike) -> Array:
    """The number of leading zero bits of x.

    >>> import oxmlx as ox
    >>> ox.lax.clz(ox.array([0, 1, -1]))
    array([32, 31,  0], dtype=int32)
    """
    return logic.clz(x)
