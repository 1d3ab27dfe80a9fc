"""Rounding, elementwise; integers are whole already."""

from __future__ import annotations

from typing import Any

from oxmlx.dtypes import is_complex, is_inexact, is_integer
from oxmlx.errors import DtypeError
from oxmlx.numpy.arguments import Array, ArrayLike, inexact, refuse_out, static_int, value
from oxmlx.ops import math
from oxmlx.ops.complex import complex_, imag, real
from oxmlx.ops.elementwise import div, mul, sub, zero
from oxmlx.ops.logic import eq, lt
from oxmlx.ops.math import constant
from oxmlx.ops.select import select


def floor(x: ArrayLike, /) -> Array:
    """The largest whole number ≤ x.

    >>> import oxmlx.numpy as np
    >>> np.floor(np.array([-1.5, 1.5]))
    array([-2.,  1.], dtype=float32)
    """
    y = value(x, "floor")
    return math.floor(y) if is_inexact(y.dtype) else y


def ceil(x: ArrayLike, /) -> Array:
    """The smallest whole number ≥ x.

    >>> import oxmlx.numpy as np
    >>> np.ceil(np.array([-1.5, 1.5]))
    array([-1.,  2.], dtype=float32)
    """
    y = value(x, "ceil")
    return math.ceil(y) if is_inexact(y.dtype) else y


def trunc(x: ArrayLike) -> Array:
    """The whole number next to x towards zero.

    >>> import oxmlx.numpy as np
    >>> np.trunc(np.array([-1.5, 1.5]))
    array([-1.,  1.], dtype=float32)
    """
    y = value(x, "trunc")
    return towards_zero(y) if is_inexact(y.dtype) else y


fix = trunc


def rint(x: ArrayLike, /) -> Array:
    """The nearest whole number, ties to even, as a float.

    >>> import oxmlx.numpy as np
    >>> np.rint(np.array([0.5, 1.5, 2.5]))
    array([0., 2., 2.], dtype=float32)
    """
    return nearest(inexact(x, "rint"))


def round(a: ArrayLike, decimals: int = 0, out: None = None) -> Array:
    """The nearest number with so many decimals, ties to even.

    Raises:
        DtypeError: integers with a negative number of decimals.

    >>> import oxmlx.numpy as np
    >>> np.round(np.array([0.5, 1.2345]), 2)
    array([0.5 , 1.23], dtype=float32)
    """
    refuse_out("round", out)
    x = value(a, "round")
    places = static_int("round", "decimals", decimals)
    if not is_inexact(x.dtype):
        if places < 0 and is_integer(x.dtype):
            problem = f"decimals={places} for integers, got {x.aval}"
            raise DtypeError("round", problem, "Convert to floats first.")
        return x
    if places == 0:
        return nearest(x)
    scale = constant(10.0 ** abs(places), x)
    return div(nearest(mul(x, scale)), scale) if places > 0 else mul(nearest(div(x, scale)), scale)


around = round


def modf(x: ArrayLike, /, out: None = None) -> tuple[Array, Array]:
    """The fractional and the whole part, both with the sign of x.

    >>> import oxmlx.numpy as np
    >>> np.modf(np.array([-1.5, 2.25]))
    (array([-0.5 ,  0.25], dtype=float32), array([-1.,  2.], dtype=float32))
    """
    refuse_out("modf", out)
    y = inexact(x, "modf")
    whole = towards_zero(y)
    infinite = eq(math.abs_(y), constant(float("inf"), y))
    return select(infinite, zero(y), sub(y, whole)), whole


def towards_zero(x: Any) -> Any:
    """Floats without their fraction."""
    return select(lt(x, zero(x)), math.ceil(x), math.floor(x))


def nearest(x: Any) -> Any:
    """The nearest whole number, part by part for complex x."""
    if is_complex(x.dtype):
        return complex_(math.round_(real(x)), math.round_(imag(x)))
    return math.round_(x)
