"""How a gamma sample moves with its parameter, by the implicit function theorem.

A sample x of parameter a keeps P(a, x) = u, so dx/da = -∂P/∂a / p(x). P is the regularised lower
incomplete gamma function, the density p its derivative; in the ratio Γ(a) cancels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx.control.while_loop import while_loop
from oxmlx.dtypes import finfo
from oxmlx.ops import math
from oxmlx.ops.axes import full
from oxmlx.ops.convert import cast
from oxmlx.ops.reduction import reduce_or
from oxmlx.ops.select import maximum, select

LIMIT = 10_000
"""Terms of a series at most; it takes some √(32 a)."""


def gamma_slope(a: Any, x: Any) -> Any:
    """dx/da for samples x ≥ 0 of parameters a > 0, of one floating dtype and shape."""
    dtype = a.dtype
    if dtype.itemsize < 4:
        f32 = np.dtype(np.float32)
        return cast(gamma_slope(cast(a, f32), cast(x, f32)), dtype)
    upper = x > maximum(a, 1)
    low = by_series(a, select(upper, 0.5, x))
    high = by_fraction(a, select(upper, x, maximum(a, 1) + 1))
    return select(upper, high, select(x == 0, 0, low))


def by_series(a: Any, x: Any) -> Any:
    """The slope for x up to a or 1, where P = x^a e^-x / Γ(a + 1) · s with
    s = Σₙ xⁿ / ((a + 1) … (a + n))."""
    dtype = a.dtype
    zeros, ones = full(a.shape, 0, dtype), full(a.shape, 1, dtype)

    def step(state: Any) -> Any:
        n, term, slope, s, ds = state
        n = n + 1
        ratio = x / (a + n)
        slope = (slope - term / (a + n)) * ratio
        term = term * ratio
        return n, term, slope, s + term, ds + slope

    def going(state: Any) -> Any:
        n, term, slope, s, ds = state
        eps = float(finfo(dtype).eps)
        more = (term > eps * s) | (math.abs_(slope) > eps * math.abs_(ds))
        return (n < LIMIT) & anywhere(more)

    start = full((), 0, dtype), ones, zeros, ones, zeros
    _, _, _, s, ds = while_loop(going, step, start)
    return -(x / a) * (s * (math.log(x) - math.digamma(a + 1)) + ds)


def by_fraction(a: Any, x: Any) -> Any:
    """The slope for x above a and 1, where 1 - P = x^a e^-x / Γ(a) · h with the continued fraction
    h = 1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - 2 (2 - a) / …)), by Lentz's method."""
    dtype = a.dtype
    zeros = full(a.shape, 0, dtype)
    huge = full(a.shape, float(finfo(dtype).max) / 4, dtype)
    b = x + 1 - a
    d = 1 / b

    def step(state: Any) -> Any:
        n, b, c, dc, d, dd, h, dh, _ = state
        n, b = n + 1, b + 2
        top, dtop = -n * (n - a), n  # and the derivative of b is -1
        below = 1 / (top * d + b)
        dd = -below * below * (dtop * d + top * dd - 1)
        dc = -1 + dtop / c - top * (dc / c) / c
        c, d = b + top / c, below
        grow, dgrow = c * d, dc * d + c * dd
        return n, b, c, dc, d, dd, h * grow, dh * grow + h * dgrow, (grow - 1, dgrow)

    def going(state: Any) -> Any:
        eps = float(finfo(dtype).eps)
        grow, dgrow = state[-1]
        more = (math.abs_(grow) > eps) | (math.abs_(dgrow) > eps)
        return (state[0] < LIMIT) & anywhere(more)

    start = full((), 0, dtype), b, huge, zeros, d, d * d, d, d * d, (huge, zeros)
    h, dh = while_loop(going, step, start)[6:8]
    return x * (h * (math.log(x) - math.digamma(a)) + dh)


def anywhere(condition: Any) -> Any:
    """Does it hold for any element?"""
    return reduce_or(condition, tuple(range(condition.ndim)))
