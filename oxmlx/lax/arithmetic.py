"""Arithmetic, elementwise: operands of one dtype, and of one shape or rank 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx.dtypes import as_dtype, is_inexact, is_integer, is_signed
from oxmlx.errors import DtypeError
from oxmlx.lax.arguments import (
    ADVICE,
    Array,
    ArrayLike,
    as_array,
    is_number,
    listed,
    same_type,
    static_int,
    typed,
    value,
)
from oxmlx.ops import elementwise, logic, math, select
from oxmlx.ops.convert import bitcast, cast
from oxmlx.ops.math import constant

FLOAT32 = np.dtype(np.float32)
WIDE = {True: np.dtype(np.int64), False: np.dtype(np.uint64)}


def add(x: ArrayLike, y: ArrayLike) -> Array:
    """x + y

    >>> import oxmlx as ox
    >>> ox.lax.add(ox.array([1.0, 2.0]), 0.5)
    array([1.5, 2.5], dtype=float32)
    """
    return elementwise.add(*same_type("lax.add", x, y))


def sub(x: ArrayLike, y: ArrayLike) -> Array:
    """x - y

    >>> import oxmlx as ox
    >>> ox.lax.sub(ox.array([1, 2]), 3)
    array([-2, -1], dtype=int32)
    """
    return elementwise.sub(*same_type("lax.sub", x, y))


def mul(x: ArrayLike, y: ArrayLike, *, out_dtype: Any = None) -> Array:
    """x y, computed in `out_dtype` if there is one.

    >>> import oxmlx as ox
    >>> x = ox.array([100, 2], dtype="int8")
    >>> ox.lax.mul(x, x), ox.lax.mul(x, x, out_dtype="int32")
    (array([16,  4], dtype=int8), array([10000,     4], dtype=int32))
    """
    x, y = same_type("lax.mul", x, y)
    if out_dtype is not None:
        dtype = as_dtype(out_dtype, "lax.mul")
        x, y = cast(x, dtype), cast(y, dtype)
    return elementwise.mul(x, y)


def div(x: ArrayLike, y: ArrayLike) -> Array:
    """x / y; integers divide towards zero.

    >>> import oxmlx as ox
    >>> ox.lax.div(ox.array([7, -7]), 2)
    array([ 3, -3], dtype=int32)
    """
    return elementwise.div(*same_type("lax.div", x, y))


def rem(x: ArrayLike, y: ArrayLike) -> Array:
    """The remainder of x / y rounded towards zero: it has the sign of x.

    >>> import oxmlx as ox
    >>> ox.lax.rem(ox.array([7, -7]), 4)
    array([ 3, -3], dtype=int32)
    """
    return math.rem(*same_type("lax.rem", x, y))


def max(x: ArrayLike, y: ArrayLike) -> Array:
    """The larger of x and y; NaN if either is.

    >>> import oxmlx as ox
    >>> ox.lax.max(ox.array([1.0, 5.0]), 3.0)
    array([3., 5.], dtype=float32)
    """
    return select.maximum(*same_type("lax.max", x, y))


def min(x: ArrayLike, y: ArrayLike) -> Array:
    """The smaller of x and y; NaN if either is.

    >>> import oxmlx as ox
    >>> ox.lax.min(ox.array([1.0, 5.0]), 3.0)
    array([1., 3.], dtype=float32)
    """
    return select.minimum(*same_type("lax.min", x, y))


def neg(x: ArrayLike) -> Array:
    """-x

    >>> import oxmlx as ox
    >>> ox.lax.neg(ox.array([1, -2]))
    array([-1,  2], dtype=int32)
    """
    return elementwise.neg(x)


def abs(x: ArrayLike) -> Array:
    """|x|, real for complex x.

    >>> import oxmlx as ox
    >>> ox.lax.abs(ox.array([3 + 4j]))
    array([5.], dtype=float32)
    """
    return math.abs_(x)


def sign(x: ArrayLike) -> Array:
    """-1, 0 or 1; x / |x| for complex x.

    >>> import oxmlx as ox
    >>> ox.lax.sign(ox.array([-2.0, 0.0, 5.0]))
    array([-1.,  0.,  1.], dtype=float32)
    """
    return math.sign(x)


def square(x: ArrayLike) -> Array:
    """x²

    >>> import oxmlx as ox
    >>> ox.lax.square(ox.array([3, -4]))
    array([ 9, 16], dtype=int32)
    """
    return math.integer_pow(value(x, "lax.square"), 2)


def reciprocal(x: ArrayLike) -> Array:
    """1 / x, of a floating or complex array.

    >>> import oxmlx as ox
    >>> ox.lax.reciprocal(ox.array([2.0, 4.0]))
    array([0.5 , 0.25], dtype=float32)
    """
    return math.integer_pow(value(x, "lax.reciprocal"), -1)


def integer_pow(x: ArrayLike, y: int) -> Array:
    """xʸ for a static integer y; a negative one needs a floating or complex x.

    >>> import oxmlx as ox
    >>> ox.lax.integer_pow(ox.array([2.0, 3.0]), -2)
    array([0.25      , 0.11111111], dtype=float32)
    """
    return math.integer_pow(value(x, "lax.integer_pow"), static_int("lax.integer_pow", "y", y))


def pow(x: ArrayLike, y: ArrayLike) -> Array:
    """xʸ for a floating or complex x; y is of its dtype or an integer.

    Raises:
        DtypeError: x is of integer dtype, or y of another inexact dtype.

    >>> import oxmlx as ox
    >>> x = ox.array([2.0, -3.0])
    >>> ox.lax.pow(x, 3), ox.lax.pow(x, ox.array([0, -1])), ox.lax.pow(4.0, 0.5)
    (array([  8., -27.], dtype=float32), array([ 1.        , -0.33333334], dtype=float32),
     array(2., dtype=float32))
    """
    base, exponent = (v if is_number(v) else value(v, "lax.pow") for v in (x, y))
    if not is_inexact(typed(base)[0]):
        problem = f"the base must be floating or complex, got {listed([base])}"
        raise DtypeError("lax.pow", problem, ADVICE)
    if isinstance(exponent, int) and not isinstance(exponent, bool):
        return math.integer_pow(value(base, "lax.pow"), exponent)
    if is_integer(typed(exponent)[0]):
        return integral_power(value(base, "lax.pow"), value(exponent, "lax.pow"))
    return math.power(*same_type("lax.pow", base, exponent))


def integral_power(x: Any, y: Any) -> Any:
    """xʸ for an array of integers: 16-bit floats would not hold them."""
    dtype = x.dtype
    wide = FLOAT32 if dtype.itemsize == 2 else dtype
    x, y = same_type("lax.pow", cast(x, wide), cast(y, wide))
    return cast(math.power(x, y), dtype)


def mulhi(x: ArrayLike, y: ArrayLike, /) -> Array:
    """The upper half of the bits of the product of two integers.

    >>> import oxmlx as ox
    >>> ox.lax.mulhi(ox.array([2**30, -1]), 8)
    array([ 2, -1], dtype=int32)
    """
    a, b = map(as_array, same_type("lax.mulhi", x, y))
    dtype = a.dtype
    if not is_integer(dtype):
        raise DtypeError(
            "lax.mulhi", f"wants integers, got {a.aval}", "Convert it with .astype(ox.int32)."
        )
    bits, signed = 8 * dtype.itemsize, is_signed(dtype)
    if bits == 64:
        return mulhi_in_halves(a, b, dtype)
    shift = logic.shift_right_arithmetic if signed else logic.shift_right_logical
    wide = WIDE[signed]
    product = elementwise.mul(cast(a, wide), cast(b, wide))
    return cast(shift(product, constant(bits, product)), dtype)


def mulhi_in_halves(x: Any, y: Any, dtype: np.dtype[Any]) -> Any:
    """The upper 64 bits of a product, by the four products of halves."""
    u64 = WIDE[False]
    a, b = (v if dtype == u64 else bitcast(v, u64) for v in (x, y))

    def low(v: Any) -> Any:
        return logic.and_(v, constant(2**32 - 1, a))

    def high(v: Any) -> Any:
        return logic.shift_right_logical(v, constant(32, a))

    carried = elementwise.add(
        elementwise.mul(high(a), low(b)), high(elementwise.mul(low(a), low(b)))
    )
    middle = elementwise.add(elementwise.mul(low(a), high(b)), low(carried))
    out = elementwise.add(elementwise.mul(high(a), high(b)), high(carried))
    out = elementwise.add(out, high(middle))
    if dtype == u64:
        return out
    for v, other in ((x, b), (y, a)):  # a negative number is read as 2⁶⁴ more than it is
        excess = select.select(logic.lt(v, constant(0, v)), other, constant(0, other))
        out = elementwise.sub(out, excess)
    return bitcast(out, dtype)
