"""Window functions for signals, and the functions that they need."""

from __future__ import annotations

from math import factorial, pi
from typing import Any

import numpy as np

from oxmlx.numpy.arguments import FLOAT32, Array, ArrayLike, inexact, refuse_complex, static_int
from oxmlx.ops import math
from oxmlx.ops.axes import broadcast, full, reduce_sum
from oxmlx.ops.convert import cast, from_numpy
from oxmlx.ops.elementwise import add, div, mul, sub
from oxmlx.ops.logic import eq, lt
from oxmlx.ops.math import constant, cos
from oxmlx.ops.select import select, zero
from oxmlx.ops.slicing import iota

NEAR = 0.01
"""Where sinc is its Taylor polynomial: sin x / x has no derivative to compute at 0."""

SERIES = np.array([1 / factorial(k) ** 2 for k in range(60)])
"""I₀(x) = Σ (x²/4)ᵏ / k!², good to f64 for |x| ≤ 30."""


def asymptotic(terms: int) -> np.ndarray:
    """aₖ of I₀(x) ≈ eˣ / √(2πx) Σ aₖ / xᵏ: the products of (2j - 1)² / 8j."""
    odd = np.arange(1, terms)
    return np.cumprod(np.concatenate([[1.0], (2.0 * odd - 1) ** 2 / (8.0 * odd)]))


FAR = asymptotic(24)


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
    size = math.abs_(y)
    near = lt(size, constant(30, y))
    small, large = select(near, y, zero(y)), select(near, constant(30, y), size)
    series = polynomial(mul(mul(small, small), constant(0.25, y)), SERIES)
    decay = polynomial(div(constant(1, y), large), FAR)
    tail = div(mul(math.exp(large), decay), math.sqrt(mul(large, constant(2 * pi, y))))
    return select(near, series, tail)


def polynomial(x: Any, coefficients: np.ndarray) -> Any:
    """Σ cₖ xᵏ, all terms at once."""
    n = len(coefficients)
    shape = (*x.shape, n)
    powers = math.power(broadcast(x, shape, (x.ndim,)), iota(x.dtype, shape, x.ndim))
    c = from_numpy(coefficients.astype(x.dtype))
    return reduce_sum(mul(powers, broadcast(c, shape, tuple(range(x.ndim)))), (x.ndim,))
