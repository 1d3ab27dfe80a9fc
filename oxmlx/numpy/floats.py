"""Floating-point numbers taken apart and put together: signs, mantissas, neighbours, NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx.dtypes import finfo, is_complex, is_inexact
from oxmlx.errors import DtypeError
from oxmlx.numpy.arguments import (
    INT32,
    Array,
    ArrayLike,
    converted,
    inexact,
    inexacts,
    refuse_complex,
    value,
)
from oxmlx.numpy.comparison import real_array
from oxmlx.ops import math
from oxmlx.ops.complex import complex_, imag, real
from oxmlx.ops.convert import bitcast, cast
from oxmlx.ops.elementwise import mul, neg, sub, zero
from oxmlx.ops.logic import and_, eq, lt, ne, not_, or_, shift_right_logical
from oxmlx.ops.math import constant, is_finite
from oxmlx.ops.select import select


def signbit(x: ArrayLike, /) -> Array:
    """Whether each element carries a minus sign, -0 and NaN included.

    Raises:
        DtypeError: x is complex.

    >>> import oxmlx.numpy as np
    >>> np.signbit(np.array([-1.0, -0.0, 2.0]))
    array([ True,  True, False], dtype=bool)
    """
    y = real_array("signbit", x)
    return has_sign(y if y.dtype.kind in "iu" else inexact(y, "signbit"))


def copysign(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """|x1| with the sign of x2.

    >>> import oxmlx.numpy as np
    >>> np.copysign(np.array([1.0, 2.0]), np.array([-0.0, 3.0]))
    array([-1.,  2.], dtype=float32)
    """
    x, y = inexacts("copysign", x1, x2)
    refuse_complex("copysign", x)
    size = math.abs_(x)
    return select(has_sign(y), neg(size), size)


def nextafter(x: ArrayLike, y: ArrayLike, /) -> Array:
    """The next number after x towards y.

    >>> import oxmlx.numpy as np
    >>> np.nextafter(1.0, 2.0)
    array(1.0000001, dtype=float32)
    """
    return math.nextafter(*inexacts("nextafter", x, y))


def spacing(x: ArrayLike, /) -> Array:
    """The distance from x to the next number away from 0.

    >>> import oxmlx.numpy as np
    >>> np.spacing(1.0)
    array(1.1920929e-07, dtype=float32)
    """
    y = inexact(real_array("spacing", x), "spacing")
    far = copysign(constant(np.inf, y), y)
    return sub(math.nextafter(y, far), y)


def frexp(x: ArrayLike, /) -> tuple[Array, Array]:
    """Mantissa m and exponent n with x = m 2ⁿ and ½ ≤ |m| < 1; 0, ∞ and NaN have n = 0.

    >>> import oxmlx.numpy as np
    >>> np.frexp(np.array([1.0, 6.0]))
    (array([0.5 , 0.75], dtype=float32), array([1, 3], dtype=int32))
    """
    y = inexact(real_array("frexp", x), "frexp")
    limits = finfo(y.dtype)
    lift = int(limits.nmant) + 1
    subnormal = lt(math.abs_(y), constant(limits.smallest_normal, y))
    n = sub(exponent(select(subnormal, mul(y, constant(2.0**lift, y)), y)), int(limits.maxexp) - 2)
    n = sub(n, mul(cast(subnormal, INT32), lift))
    n = select(or_(eq(y, zero(y)), not_(is_finite(y))), np.int32(0), n)
    return ldexp(y, neg(n)), n


def ldexp(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """x1 2^x2

    Args:
        x1: mantissas.
        x2: integers.

    Raises:
        DtypeError: x2 is not an integer.

    >>> import oxmlx.numpy as np
    >>> np.ldexp(np.array([0.5, 0.75]), np.array([1, 3]))
    array([1., 6.], dtype=float32)
    """
    m, n = inexact(real_array("ldexp", x1), "ldexp"), value(x2, "ldexp")
    if n.dtype.kind not in "iub":
        raise DtypeError(
            "ldexp",
            f"exponents must be integers, got {n.aval}",
            "Convert them with .astype(ox.int32).",
        )
    power = cast(n, m.dtype)
    half = math.floor(mul(power, constant(0.5, m)))  # in two steps: 2ⁿ alone may overflow
    return mul(mul(m, math.exp2(half)), math.exp2(sub(power, half)))


def nan_to_num(
    x: ArrayLike,
    copy: bool = True,
    nan: ArrayLike = 0.0,
    posinf: ArrayLike | None = None,
    neginf: ArrayLike | None = None,
) -> Array:
    """Numbers in the place of NaN and the infinities.

    Args:
        x: an array.
        copy: ignored; arrays are immutable.
        nan: what NaN becomes.
        posinf, neginf: what ∞ and -∞ become; by default the largest and the smallest number.

    >>> import oxmlx.numpy as np
    >>> np.nan_to_num(np.array([np.nan, 1.0, np.inf]), posinf=9.0)
    array([0., 1., 9.], dtype=float32)
    """
    y = value(x, "nan_to_num")
    if is_complex(y.dtype):
        re, im = (nan_to_num(part, copy, nan, posinf, neginf) for part in (real(y), imag(y)))
        return complex_(re, im)
    if not is_inexact(y.dtype):
        return y
    limits = finfo(y.dtype)
    top = constant(limits.max, y) if posinf is None else converted("nan_to_num", posinf, y.dtype)
    low = constant(limits.min, y) if neginf is None else converted("nan_to_num", neginf, y.dtype)
    out = select(ne(y, y), converted("nan_to_num", nan, y.dtype), y)
    out = select(eq(y, constant(np.inf, y)), top, out)
    return select(eq(y, constant(-np.inf, y)), low, out)


def has_sign(x: Any) -> Any:
    """Whether the elements of a real array carry a minus sign."""
    if x.dtype.kind in "iu":
        return lt(x, zero(x))
    bits = bitcast(x, np.dtype(f"i{x.dtype.itemsize}"))
    return lt(bits, zero(bits))


def exponent(x: Any) -> Any:
    """The exponent field of floats, as int32."""
    bits = bitcast(x, np.dtype(f"u{x.dtype.itemsize}"))
    mantissa = int(finfo(x.dtype).nmant)
    field = shift_right_logical(bits, bits.dtype.type(mantissa))
    width = 8 * x.dtype.itemsize - 1 - mantissa
    return cast(and_(field, bits.dtype.type(2**width - 1)), INT32)
