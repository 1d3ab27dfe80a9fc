"""Rounding, and what floating numbers are beside each other."""

from __future__ import annotations

import enum
from functools import partial
from math import inf
from typing import Any

import numpy as np

from oxmlx.control.custom_jvp import custom_jvp
from oxmlx.dtypes import finfo, is_float
from oxmlx.errors import ArgumentError, DtypeError
from oxmlx.lax.arguments import Array, ArrayLike, same_type, static_int, value
from oxmlx.ops import elementwise, logic, math
from oxmlx.ops.convert import bitcast, cast
from oxmlx.ops.math import constant
from oxmlx.ops.select import select

UNSIGNED = {n: np.dtype(f"uint{8 * n}") for n in (2, 4, 8)}


class RoundingMethod(enum.IntEnum):
    """Where `round` takes a number that lies halfway between two integers."""

    AWAY_FROM_ZERO = 0
    TO_NEAREST_EVEN = 1


def floor(x: ArrayLike) -> Array:
    """The largest integer ≤ x.

    >>> import oxmlx as ox
    >>> ox.lax.floor(ox.array([1.5, -1.5]))
    array([ 1., -2.], dtype=float32)
    """
    return math.floor(x)


def ceil(x: ArrayLike) -> Array:
    """The smallest integer ≥ x.

    >>> import oxmlx as ox
    >>> ox.lax.ceil(ox.array([1.5, -1.5]))
    array([ 2., -1.], dtype=float32)
    """
    return math.ceil(x)


def round(x: ArrayLike, rounding_method: RoundingMethod = RoundingMethod.AWAY_FROM_ZERO) -> Array:
    """The nearest integer.

    Args:
        x: a floating array.
        rounding_method: what to do halfway between two integers.

    >>> import oxmlx as ox
    >>> x = ox.array([0.5, 1.5, 2.5])
    >>> ox.lax.round(x), ox.lax.round(x, ox.lax.RoundingMethod.TO_NEAREST_EVEN)
    (array([1., 2., 3.], dtype=float32), array([0., 2., 2.], dtype=float32))
    """
    try:
        method = RoundingMethod(rounding_method)
    except ValueError:
        problem = f"rounding_method got {rounding_method!r}"
        raise ArgumentError("lax.round", problem, "It takes a lax.RoundingMethod.") from None
    if method is RoundingMethod.TO_NEAREST_EVEN:
        return math.round_(x)
    y = value(x, "lax.round")
    size = math.abs_(y)
    whole = math.floor(size)
    up = logic.ge(elementwise.sub(size, whole), constant(0.5, y))
    return elementwise.mul(math.sign(y), elementwise.add(whole, cast(up, y.dtype)))


def is_finite(x: ArrayLike) -> Array:
    """Whether x is neither infinite nor NaN.

    >>> import oxmlx as ox
    >>> ox.lax.is_finite(ox.array([1.0, float("inf"), float("nan")]))
    array([ True, False, False], dtype=bool)
    """
    return math.is_finite(x)


def nextafter(x1: ArrayLike, x2: ArrayLike) -> Array:
    """The next number after x1 towards x2.

    >>> import oxmlx as ox
    >>> ox.lax.nextafter(ox.array([1.0]), 2.0)
    array([1.0000001], dtype=float32)
    """
    return math.nextafter(*same_type("lax.nextafter", x1, x2))


def reduce_precision(operand: ArrayLike, exponent_bits: int, mantissa_bits: int) -> Array:
    """The nearest number that a float with fewer bits could hold; ties go to the even one.

    What is too large becomes infinite, what would be subnormal becomes 0. The derivative is that
    of the identity.

    Args:
        operand: a floating array.
        exponent_bits: at least 1.
        mantissa_bits: not counting the leading 1.

    Raises:
        DtypeError: the operand is not floating.
        ArgumentError: no exponent bits, or a negative number of mantissa bits.

    >>> import oxmlx as ox
    >>> ox.lax.reduce_precision(ox.array([1.1, 1e6, 1e-6]), exponent_bits=5, mantissa_bits=10)
    array([1.0996094,       inf, 0.       ], dtype=float32)
    """
    who = "lax.reduce_precision"
    x = value(operand, who)
    exponent = static_int(who, "exponent_bits", exponent_bits)
    mantissa = static_int(who, "mantissa_bits", mantissa_bits)
    if not is_float(x.dtype):
        raise DtypeError(
            who, f"wants a floating array, got {x.aval}", "Convert it with .astype(ox.float32)."
        )
    if exponent < 1 or mantissa < 0:
        problem = f"got {exponent} exponent and {mantissa} mantissa bits"
        raise ArgumentError(who, problem, "Wanted at least 1 and 0.")
    return reduced(exponent, mantissa, x)


@partial(custom_jvp, nondiff_argnums=(0, 1))
def reduced(exponent: int, mantissa: int, x: Any) -> Any:
    """`reduce_precision` of an array."""
    info: Any = finfo(x.dtype)
    y = x
    if mantissa < info.nmant:
        y = bitcast(rounded(bitcast(x, UNSIGNED[x.itemsize]), info.nmant - mantissa), x.dtype)
    if exponent < info.nexp:
        largest = 2 ** (exponent - 1) - 1
        size = math.abs_(y)
        small = logic.lt(size, constant(2.0 ** (1 - largest), y))
        large = logic.ge(size, constant(2.0 ** (1 + largest), y))
        factor = select(small, constant(0, y), select(large, constant(inf, y), constant(1, y)))
        y = elementwise.mul(y, factor)  # keeps the sign, of zeros too
    return select(logic.ne(x, x), x, y)


@reduced.defjvp
def reduced_jvp(
    exponent: int, mantissa: int, primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Any, Any]:
    """Straight through."""
    return reduced(exponent, mantissa, *primals), tangents[0]


def rounded(bits: Any, drop: int) -> Any:
    """Unsigned integers without their last `drop` bits, to the nearest, a tie to the even one."""
    odd = logic.and_(logic.shift_right_logical(bits, constant(drop, bits)), constant(1, bits))
    carry = elementwise.add(odd, constant(2 ** (drop - 1) - 1, bits))
    kept = 2 ** (8 * bits.itemsize) - 2**drop
    return logic.and_(elementwise.add(bits, carry), constant(kept, bits))
