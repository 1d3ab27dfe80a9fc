"""Exponentials and logarithms, elementwise; integers become floats."""

from __future__ import annotations

from math import log as ln
from typing import Any

from oxmlx.numpy.arguments import Array, ArrayLike, inexact, inexacts
from oxmlx.numpy.complexes import real_part
from oxmlx.ops import elementwise, math
from oxmlx.ops.elementwise import mul, sub, zero
from oxmlx.ops.logic import and_, eq, ge, not_
from oxmlx.ops.math import constant, is_finite
from oxmlx.ops.select import select


def exp(x: ArrayLike, /) -> Array:
    """eˣ

    >>> import oxmlx.numpy as np
    >>> np.exp(np.array([0.0, 1.0])).round(3)
    array([1.   , 2.718], dtype=float32)
    """
    return math.exp(inexact(x, "exp"))


def exp2(x: ArrayLike, /) -> Array:
    """2ˣ

    >>> import oxmlx.numpy as np
    >>> np.exp2(np.array([1, 3]))
    array([2., 8.], dtype=float32)
    """
    return math.exp2(inexact(x, "exp2"))


def expm1(x: ArrayLike, /) -> Array:
    """eˣ - 1, accurate near 0.

    >>> import oxmlx.numpy as np
    >>> np.expm1(1e-10)
    array(1.e-10, dtype=float32)
    """
    return math.expm1(inexact(x, "expm1"))


def log(x: ArrayLike, /) -> Array:
    """The natural logarithm; NaN for a negative real x.

    >>> import oxmlx.numpy as np
    >>> np.log(np.array([1.0, np.e]))
    array([0., 1.], dtype=float32)
    """
    return math.log(inexact(x, "log"))


def log2(x: ArrayLike, /) -> Array:
    """The logarithm to the base 2.

    >>> import oxmlx.numpy as np
    >>> np.log2(np.array([1, 8]))
    array([0., 3.], dtype=float32)
    """
    return math.log2(inexact(x, "log2"))


def log10(x: ArrayLike, /) -> Array:
    """The logarithm to the base 10.

    >>> import oxmlx.numpy as np
    >>> np.log10(np.array([1, 1000]))
    array([0., 3.], dtype=float32)
    """
    y = inexact(x, "log10")
    return mul(math.log(y), constant(1 / ln(10), y))


def log1p(x: ArrayLike, /) -> Array:
    """ln (1 + x), accurate near 0.

    >>> import oxmlx.numpy as np
    >>> np.log1p(1e-10)
    array(1.e-10, dtype=float32)
    """
    return math.log1p(inexact(x, "log1p"))


def logaddexp(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """ln (eˣ¹ + eˣ²), without overflow on the way.

    >>> import oxmlx.numpy as np
    >>> np.logaddexp(np.array([-1000.0, 0.0]), 0.0).round(3)
    array([0.   , 0.693], dtype=float32)
    """
    x, y = inexacts("logaddexp", x1, x2)
    return log_sum(x, y, math.exp, math.log1p)


def logaddexp2(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """log₂ (2ˣ¹ + 2ˣ²), without overflow on the way.

    >>> import oxmlx.numpy as np
    >>> np.logaddexp2(np.array([0.0, 90.0]), np.array([0.0, 90.0]))
    array([ 1., 91.], dtype=float32)
    """

    def log1p_base_2(t: Any) -> Any:
        return mul(math.log1p(t), constant(1 / ln(2), t))

    x, y = inexacts("logaddexp2", x1, x2)
    return log_sum(x, y, math.exp2, log1p_base_2)


def log_sum(x: Any, y: Any, exp: Any, log1p: Any) -> Any:
    """big + log1p (exp (small - big)), complex numbers being compared by their real parts."""
    ordered = ge(real_part(x), real_part(y))
    big, small = select(ordered, x, y), select(ordered, y, x)
    level = and_(eq(x, y), not_(is_finite(real_part(big))))  # ∞ - ∞ is no distance
    distance = select(level, zero(big), sub(small, big))
    return elementwise.add(big, log1p(exp(distance)))
