"""Arithmetic, elementwise: operands are promoted to one dtype and broadcast to one shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from oxmlx.control.while_loop import while_loop
from oxmlx.dtypes import is_inexact, is_integer, is_signed, is_unsigned, short_name
from oxmlx.errors import DtypeError
from oxmlx.ir.aval import get_aval
from oxmlx.ir.value import Value
from oxmlx.numpy.arguments import (
    INT32,
    Array,
    ArrayLike,
    arrays,
    inexact,
    inexacts,
    refuse_complex,
    value,
)
from oxmlx.numpy.comparison import real_array
from oxmlx.ops import elementwise, math, operators
from oxmlx.ops.convert import broadcast_shapes, cast
from oxmlx.ops.elementwise import div, mul, one, operands, zero
from oxmlx.ops.logic import and_, eq, gt, lt, ne, or_
from oxmlx.ops.math import constant
from oxmlx.ops.reduction import reduce_or
from oxmlx.ops.select import maximum, minimum, select
from oxmlx.ops.shape import broadcast_to


def add(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """x1 + x2; the union of bools.

    >>> import oxmlx.numpy as np
    >>> np.add(np.array([1, 2]), 0.5)
    array([1.5, 2.5], dtype=float32)
    """
    return by_kind("add", elementwise.add, or_, x1, x2)


def subtract(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """x1 - x2

    >>> import oxmlx.numpy as np
    >>> np.subtract(3, np.array([1.0, 2.0]))
    array([2., 1.], dtype=float32)
    """
    return elementwise.sub(x1, x2)


def multiply(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """x1 x2; the intersection of bools.

    >>> import oxmlx.numpy as np
    >>> np.multiply(np.array([[1], [2]]), np.array([3, 4]))
    array([[3, 4],
           [6, 8]], dtype=int32)
    """
    return by_kind("multiply", elementwise.mul, and_, x1, x2)


def divide(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """x1 / x2; integers become floats first.

    >>> import oxmlx.numpy as np
    >>> np.divide(np.array([1, 2]), 2)
    array([0.5, 1. ], dtype=float32)
    """
    return operators.true_divide(x1, x2)


true_divide = divide


def floor_divide(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """The largest whole number ≤ x1 / x2.

    >>> import oxmlx.numpy as np
    >>> np.floor_divide(np.array([7, -7]), 2)
    array([ 3, -4], dtype=int32)
    """
    x, y = whole_operands("floor_divide", x1, x2)
    return operators.floor_divide(x, y)


def remainder(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """x1 - x2 ⌊x1 / x2⌋, with the sign of x2.

    >>> import oxmlx.numpy as np
    >>> np.remainder(np.array([7, -7]), 4)
    array([3, 1], dtype=int32)
    """
    x, y = whole_operands("remainder", x1, x2)
    return operators.remainder(x, y)


mod = remainder


def fmod(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """The remainder of x1 / x2 rounded towards zero, with the sign of x1.

    >>> import oxmlx.numpy as np
    >>> np.fmod(np.array([7, -7]), 4)
    array([ 3, -3], dtype=int32)
    """
    x, y = whole_operands("fmod", x1, x2)
    return math.rem(x, y)


def divmod(x1: ArrayLike, x2: ArrayLike, /) -> tuple[Array, Array]:
    """The quotient rounded down, and the remainder.

    >>> import oxmlx.numpy as np
    >>> np.divmod(np.array([7, -7]), 4)
    (array([ 1, -2], dtype=int32), array([3, 1], dtype=int32))
    """
    x, y = whole_operands("divmod", x1, x2)
    return operators.floor_divide(x, y), operators.remainder(x, y)


def power(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """x1 to the power x2; a Python int as exponent multiplies.

    Raises:
        DtypeError: an integer to a negative power, which is no integer.

    >>> import oxmlx.numpy as np
    >>> np.power(np.array([1.0, 2.0, 3.0]), 2)
    array([1., 4., 9.], dtype=float32)
    """
    x = value(x1, "power")
    if isinstance(x2, int) and x2 < 0 and not is_inexact(x.dtype):
        problem = f"{x.aval} to the power {x2} is no integer"
        raise DtypeError("power", problem, "Convert the base to a float first.")
    return operators.pow_(x, x2)


pow = power


def float_power(x: ArrayLike, y: ArrayLike, /) -> Array:
    """xʸ, computed in floating point.

    >>> import oxmlx.numpy as np
    >>> np.float_power(np.array([1, 2, 4]), -1)
    array([1.  , 0.5 , 0.25], dtype=float32)
    """
    base, exponent = inexacts("float_power", x, y)
    return math.power(base, exponent)


def negative(x: ArrayLike, /) -> Array:
    """-x

    >>> import oxmlx.numpy as np
    >>> np.negative(np.array([1, -2]))
    array([-1,  2], dtype=int32)
    """
    return elementwise.neg(x)


def positive(x: ArrayLike, /) -> Array:
    """x itself.

    >>> import oxmlx.numpy as np
    >>> np.positive(np.array([1, -2]))
    array([ 1, -2], dtype=int32)
    """
    return value(x, "positive")


def abs(x: ArrayLike, /) -> Array:
    """The magnitude of each element, real for complex x.

    >>> import oxmlx.numpy as np
    >>> np.abs(np.array([-1.5, 2.0])), np.abs(3 + 4j)
    (array([1.5, 2. ], dtype=float32), array(5., dtype=float32))
    """
    y = value(x, "abs")
    return y if is_unsigned(y.dtype) or y.dtype.kind == "b" else math.abs_(y)


absolute = abs


def fabs(x: ArrayLike, /) -> Array:
    """The magnitude of each element, as floats.

    Raises:
        DtypeError: x is complex.

    >>> import oxmlx.numpy as np
    >>> np.fabs(np.array([-1, 2]))
    array([1., 2.], dtype=float32)
    """
    return math.abs_(inexact(real_array("fabs", x), "fabs"))


def sign(x: ArrayLike, /) -> Array:
    """-1, 0 or 1; x / |x| for complex x.

    >>> import oxmlx.numpy as np
    >>> np.sign(np.array([-2.5, 0.0, 4.0]))
    array([-1.,  0.,  1.], dtype=float32)
    """
    return math.sign(x)


def reciprocal(x: ArrayLike, /) -> Array:
    """1 / x; integers become floats first.

    >>> import oxmlx.numpy as np
    >>> np.reciprocal(np.array([2, 4]))
    array([0.5 , 0.25], dtype=float32)
    """
    return elementwise.reciprocal(inexact(x, "reciprocal"))


def square(x: ArrayLike, /) -> Array:
    """x²

    >>> import oxmlx.numpy as np
    >>> np.square(np.array([1, -2, 3]))
    array([1, 4, 9], dtype=int32)
    """
    (y,) = whole_operands("square", x)
    return math.integer_pow(y, 2)


def sqrt(x: ArrayLike, /) -> Array:
    """√x; NaN for a negative real x.

    >>> import oxmlx.numpy as np
    >>> np.sqrt(np.array([1, 4, 9]))
    array([1., 2., 3.], dtype=float32)
    """
    return math.sqrt(inexact(x, "sqrt"))


def cbrt(x: ArrayLike, /) -> Array:
    """∛x

    >>> import oxmlx.numpy as np
    >>> np.cbrt(np.array([-8.0, 27.0])).round(3)
    array([-2.,  3.], dtype=float32)
    """
    return math.cbrt(inexact(x, "cbrt"))


def hypot(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """√(x1² + x2²), without overflow on the way.

    Raises:
        DtypeError: an operand is complex.

    >>> import oxmlx.numpy as np
    >>> np.hypot(np.array([3.0, 6e30]), np.array([4.0, 8e30]))
    array([5.e+00, 1.e+31], dtype=float32)
    """
    x, y = same_shape(inexacts("hypot", x1, x2))
    refuse_complex("hypot", x)
    x, y = math.abs_(x), math.abs_(y)
    large, small, infinity = maximum(x, y), minimum(x, y), constant(np.inf, x)
    zero_or_infinite = or_(eq(large, zero(x)), eq(large, infinity))
    ratio = div(small, select(zero_or_infinite, one(x), large))
    out = mul(large, math.sqrt(elementwise.add(mul(ratio, ratio), one(x))))
    return select(or_(eq(x, infinity), eq(y, infinity)), infinity, out)


def heaviside(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """0 where x1 < 0, 1 where x1 > 0, x2 where x1 is 0.

    >>> import oxmlx.numpy as np
    >>> np.heaviside(np.array([-2.0, 0.0, 2.0]), 0.5)
    array([0. , 0.5, 1. ], dtype=float32)
    """
    x, y = inexacts("heaviside", x1, x2)
    step = select(gt(x, zero(x)), one(x), select(lt(x, zero(x)), zero(x), x))
    return select(eq(x, zero(x)), y, step)


def gcd(x1: ArrayLike, x2: ArrayLike) -> Array:
    """The greatest common divisor of |x1| and |x2|, by Euclid's algorithm.

    Raises:
        DtypeError: an operand is no integer.

    >>> import oxmlx.numpy as np
    >>> np.gcd(np.array([12, 18, 0]), 8)
    array([4, 2, 8], dtype=int32)
    """

    def going(state: Any) -> Any:
        return reduce_or(ne(state[1], zero(x)), tuple(range(x.ndim)))

    def step(state: Any) -> Any:
        a, b = state
        done = eq(b, zero(b))
        return select(done, a, b), select(done, b, math.rem(a, select(done, one(b), b)))

    x, y = integer_operands("gcd", x1, x2)
    return while_loop(going, step, (x, y))[0]


def lcm(x1: ArrayLike, x2: ArrayLike) -> Array:
    """The least common multiple of |x1| and |x2|.

    Raises:
        DtypeError: an operand is no integer.

    >>> import oxmlx.numpy as np
    >>> np.lcm(np.array([4, 6, 0]), 10)
    array([20, 30,  0], dtype=int32)
    """
    x, y = integer_operands("lcm", x1, x2)
    divisor = gcd(x, y)
    return mul(x, div(y, maximum(divisor, one(x))))


def by_kind(who: str, number: Any, truth: Any, x: Any, y: Any) -> Any:
    """Apply one function to numbers, another to bools."""
    if isinstance(x, Value) and x.dtype.kind != "b":
        return number(x, y)
    x, y = operands(who, x, y)
    return (truth if x.dtype.kind == "b" else number)(x, y)


def whole_operands(who: str, *xs: Any) -> list[Any]:
    """Operands of one dtype and shape, bools as int32."""
    return [cast(x, INT32) if x.dtype.kind == "b" else x for x in operands(who, *xs)]


def integer_operands(who: str, *xs: Any) -> list[Any]:
    """Arrays of one integer dtype and one shape.

    Raises:
        DtypeError: an operand is no integer.
    """
    ops = same_shape(arrays(who, *xs))
    if not is_integer(ops[0].dtype):
        raise DtypeError(
            who,
            f"wants integers, got {short_name(ops[0].dtype)}",
            "Convert it with .astype(ox.int32).",
        )
    return [math.abs_(x) if is_signed(x.dtype) else x for x in ops]


def same_shape(xs: Sequence[Any]) -> list[Any]:
    """Operands repeated to fill their common shape."""
    shape = broadcast_shapes("broadcast", *[get_aval(x).shape for x in xs])
    return [broadcast_to(x, shape) for x in xs]
