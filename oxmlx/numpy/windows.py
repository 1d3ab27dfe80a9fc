"""Window functions for signals, and the functions that they need."""

from __future__ import annotations

from functools import reduce
from math import pi
from typing import Any

from oxmlx.numpy.arguments import FLOAT32, Array, ArrayLike, inexact, refuse_complex, static_int
from oxmlx.ops import math
from oxmlx.ops.axes import full
from oxmlx.ops.elementwise import add, div, mul, one, sub, zero
from oxmlx.ops.logic import lt
from oxmlx.ops.math import constant, nested_series
from oxmlx.ops.select import select
from oxmlx.ops.slicing import iota

NEAR = 0.01
"""Below, sinc is its Taylor polynomial: sin x / x has no derivative that can be computed at 0."""

SPLIT = 18.0
SERIES = [1 / k**2 for k in range(1, 33)]
"""Up to SPLIT, I₀(x) = 1 + z/1² (1 + z/2² (1 + z/3² (…))) with z = x²/4."""
ASYMPTOTIC = [(2 * k - 1) ** 2 / (8 * k) for k in range(1, 33)]
"""Beyond, I₀(x) = eˣ / √(2πx) (1 + u 1²/8 (1 + u 3²/16 (…))) with u = 1/x."""


def sinc(x: ArrayLike, /) -> Array:
    """sin πx / πx, and 1 at 0.

    >>> import oxmlx.numpy as np
    >>> np.sinc(np.array([0.0, 0.5, 1.5])).round(4)
    array([ 1.    ,  0.6366, -0.2122], dtype=float32)
    """
    y = inexact(x, "sinc")
    t = mul(y, constant(pi, y))
    near = lt(math.abs_(t), constant(NEAR, y))
    t2 = mul(t, t)
    taylor = constant(-1 / 5040, t)
    for coefficient in (1 / 120, -1 / 6, 1.0):
        taylor = add(mul(taylor, t2), constant(coefficient, t))
    safe = select(near, constant(1, t), t)
    return select(near, taylor, div(math.sin(safe), safe))


def i0(x: ArrayLike) -> Array:
    """The modified Bessel function of the first kind and order 0.

    >>> import oxmlx.numpy as np
    >>> np.i0(np.array([0.0, 1.0]))
    array([1.       , 1.2660658], dtype=float32)
    """
    y = inexact(x, "i0")
    refuse_complex("i0", y)
    x = math.abs_(y)
    near = lt(x, constant(SPLIT, y))
    small, large = select(near, y, zero(y)), select(near, constant(SPLIT, y), x)
    series = nested_series(mul(mul(small, small), constant(0.25, y)), SERIES)
    factor = div(math.exp(large), math.sqrt(mul(large, constant(2 * pi, y))))
    return select(near, series, mul(factor, nested_series(div(one(y), large), ASYMPTOTIC)))


def bartlett(M: int) -> Array:
    """A triangle of M points.

    >>> import oxmlx.numpy as np
    >>> np.bartlett(5)
    array([0. , 0.5, 1. , 0.5, 0. ], dtype=float32)
    """
    return window("bartlett", M, lambda t: sub(1.0, math.abs_(t)))


def hanning(M: int) -> Array:
    """One period of a cosine, raised to start at 0, of M points.

    >>> import oxmlx.numpy as np
    >>> np.hanning(5).round(4)
    array([0. , 0.5, 1. , 0.5, 0. ], dtype=float32)
    """
    return window("hanning", M, lambda t: cosines(t, 0.5, 0.5))


def hamming(M: int) -> Array:
    """One period of a cosine, raised to start at 0.08, of M points.

    >>> import oxmlx.numpy as np
    >>> np.hamming(5).round(4)
    array([0.08, 0.54, 1.  , 0.54, 0.08], dtype=float32)
    """
    return window("hamming", M, lambda t: cosines(t, 0.54, 0.46))


def blackman(M: int) -> Array:
    """A sum of two cosines that starts at 0 with slope 0, of M points.

    >>> import oxmlx.numpy as np
    >>> np.blackman(5).round(4)
    array([-0.  ,  0.34,  1.  ,  0.34, -0.  ], dtype=float32)
    """
    return window("blackman", M, lambda t: cosines(t, 0.42, 0.5, 0.08))


def kaiser(M: int, beta: ArrayLike) -> Array:
    """I₀(β √(1 - t²)) / I₀(β) for M points t between -1 and 1.

    >>> import oxmlx.numpy as np
    >>> np.kaiser(3, 2.0).round(4)
    array([0.4387, 1.    , 0.4387], dtype=float32)
    """
    shape = inexact(beta, "kaiser")

    def bell(t: Any) -> Any:
        inside = sub(1.0, mul(t, t))
        return div(i0(mul(shape, math.sqrt(inside))), i0(shape))

    return window("kaiser", M, bell)


def window(who: str, points: int, of: Any) -> Any:
    """A function at equally spaced points from -1 to 1; one point is at its top."""
    n = static_int(who, "M", points)
    if n <= 1:
        return full((max(n, 0),), 1, FLOAT32)
    steps = sub(mul(iota(FLOAT32, (n,), 0), 2.0), float(n - 1))
    return of(div(steps, float(n - 1)))


def cosines(t: Any, *coefficients: float) -> Any:
    """Σ cₖ cos kπt"""
    terms = [mul(math.cos(mul(t, k * pi)), c) for k, c in enumerate(coefficients) if k]
    return reduce(add, terms, coefficients[0])
