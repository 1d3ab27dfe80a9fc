"""Polynomials as vectors of coefficients, the highest power first."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx.control.scan import scan
from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.numpy.arguments import (
    Array,
    ArrayLike,
    Axes,
    arrays,
    axes_of,
    choice,
    inexact,
    inexact_arrays,
    shape_of,
    static_int,
    value,
)
from oxmlx.numpy.calculus import convolve
from oxmlx.numpy.joining import concatenate
from oxmlx.numpy.reductions import any
from oxmlx.numpy.shaping import atleast_1d, between
from oxmlx.ops import math
from oxmlx.ops.axes import broadcast, full
from oxmlx.ops.convert import broadcast_shapes, cast
from oxmlx.ops.elementwise import add, div, mul, sub
from oxmlx.ops.shape import broadcast_to, reshape
from oxmlx.ops.slicing import iota, pad

LONG = 32
"""From so many coefficients on, `polyval` is a loop."""


def polyval(p: ArrayLike, x: ArrayLike, *, unroll: int = 16) -> Array:
    """The value of a polynomial, by Horner's rule.

    Args:
        p: coefficients; further axes hold further polynomials.
        x: where to evaluate it.
        unroll: ignored.

    >>> import oxmlx.numpy as np
    >>> np.polyval(np.array([1, 0, -2]), np.array([2, 3]))
    array([2, 7], dtype=int32)
    """
    c, at = arrays("polyval", p, x)
    if c.ndim == 0:
        raise ShapeError(
            "polyval", "wants a vector of coefficients, got a number", "Pass [c] for a constant."
        )
    shape = broadcast_shapes("polyval", c.shape[1:], at.shape)
    total, at = full(shape, 0, c.dtype), broadcast_to(at, shape)

    def step(total: Any, coefficient: Any) -> tuple[Any, None]:
        return add(mul(total, at), broadcast_to(coefficient, shape)), None

    if c.shape[0] >= LONG:
        return scan(step, total, c)[0]
    for k in range(c.shape[0]):
        total = step(total, reshape(between(c, 0, k, k + 1), c.shape[1:]))[0]
    return total


def polyadd(a1: ArrayLike, a2: ArrayLike) -> Array:
    """The sum of two polynomials.

    >>> import oxmlx.numpy as np
    >>> np.polyadd(np.array([1, 2, 3]), np.array([10]))
    array([ 1,  2, 13], dtype=int32)
    """
    x, y = same_degree("polyadd", a1, a2)
    return add(x, y)


def polysub(a1: ArrayLike, a2: ArrayLike) -> Array:
    """The difference of two polynomials.

    >>> import oxmlx.numpy as np
    >>> np.polysub(np.array([1, 2, 3]), np.array([10]))
    array([ 1,  2, -7], dtype=int32)
    """
    x, y = same_degree("polysub", a1, a2)
    return sub(x, y)


def polymul(a1: ArrayLike, a2: ArrayLike, *, trim_leading_zeros: bool = False) -> Array:
    """The product of two polynomials.

    Args:
        a1, a2: coefficients.
        trim_leading_zeros: drop zeros at the front first, for which they must be known.

    >>> import oxmlx.numpy as np
    >>> np.polymul(np.array([1.0, 1.0]), np.array([1.0, -1.0]))
    array([ 1.,  0., -1.], dtype=float32)
    """
    x, y = (coefficients("polymul", v) for v in inexact_arrays("polymul", a1, a2))
    if trim_leading_zeros:
        x, y = trimmed(x), trimmed(y)
    return convolve(x, y)


def polydiv(u: ArrayLike, v: ArrayLike, *, trim_leading_zeros: bool = False) -> tuple[Array, Array]:
    """The quotient of two polynomials, and the remainder.

    Args:
        u: the coefficients of the numerator.
        v: those of the denominator, of which the first is not 0.
        trim_leading_zeros: drop zeros at the front of the remainder, for which it must be known.

    >>> import oxmlx.numpy as np
    >>> np.polydiv(np.array([1.0, 0.0, -1.0]), np.array([1.0, 1.0]))
    (array([ 1., -1.], dtype=float32), array([0., 0., 0.], dtype=float32))
    """
    rest, divisor = (coefficients("polydiv", x) for x in inexact_arrays("polydiv", u, v))
    m, n = rest.size - 1, divisor.size - 1
    if m < n:
        return full((1,), 0, rest.dtype), rest
    lead = between(divisor, 0, 0, 1)
    factors: list[Any] = []
    for k in range(m - n + 1):
        factors.append(div(between(rest, 0, k, k + 1), lead))
        multiple = mul(broadcast_to(factors[-1], (n + 1,)), divisor)
        rest = sub(rest, pad(multiple, 0, [(k, m - n - k, 0)]))
    return concatenate(factors), trimmed(rest) if trim_leading_zeros else rest


def polyder(p: ArrayLike, m: int = 1) -> Array:
    """The m-th derivative of a polynomial.

    >>> import oxmlx.numpy as np
    >>> np.polyder(np.array([1.0, 2.0, 3.0]))
    array([2., 2.], dtype=float32)
    """
    c, times = coefficients("polyder", inexact(p, "polyder")), order("polyder", m)
    for _ in range(times):
        n = c.size
        c = mul(between(c, 0, 0, max(n - 1, 0)), powers(c.dtype, max(n - 1, 0)))
    return c


def polyint(p: ArrayLike, m: int = 1, k: ArrayLike | None = None) -> Array:
    """The m-th integral of a polynomial.

    Args:
        p: coefficients.
        m: how often to integrate.
        k: the constants of integration, one for all or one each; 0 by default.

    >>> import oxmlx.numpy as np
    >>> np.polyint(np.array([2.0, 2.0]), k=3)
    array([1., 2., 3.], dtype=float32)
    """
    c, times = coefficients("polyint", inexact(p, "polyint")), order("polyint", m)
    constants = cast(atleast_1d(0 if k is None else k), c.dtype)
    if constants.size == 1:
        constants = broadcast_to(constants, (times,))
    if constants.shape != (times,):
        raise ShapeError("polyint", f"wants {times} constants, got {constants.aval}")
    for j in range(times):
        c = concatenate([div(c, powers(c.dtype, c.size)), between(constants, 0, j, j + 1)])
    return c


def poly(seq_of_zeros: ArrayLike) -> Array:
    """The polynomial with given zeros and leading coefficient 1.

    Raises:
        ShapeError: the zeros are no vector.

    >>> import oxmlx.numpy as np
    >>> np.poly(np.array([1.0, -1.0]))
    array([ 1.,  0., -1.], dtype=float32)
    """
    zeros = coefficients("poly", inexact(seq_of_zeros, "poly"))
    out = full((1,), 1, zeros.dtype)
    for k in range(zeros.size):
        root = broadcast_to(between(zeros, 0, k, k + 1), (k + 1,))
        out = sub(pad(out, 0, [(0, 1, 0)]), pad(mul(root, out), 0, [(1, 0, 0)]))
    return out


def vander(x: ArrayLike, N: int | None = None, increasing: bool = False) -> Array:
    """The powers of each element of a vector, one row an element.

    Args:
        x: a vector.
        N: how many powers; as many as elements by default.
        increasing: power 0 first instead of last.

    Raises:
        ShapeError: x is no vector.

    >>> import oxmlx.numpy as np
    >>> np.vander(np.array([2, 3]), 3)
    array([[4, 2, 1],
           [9, 3, 1]], dtype=int32)
    """
    v = coefficients("vander", value(x, "vander"))
    n = shape_of("vander", v.size if N is None else N)[0]
    shape = (v.size, n)
    exponents = iota(v.dtype, shape, 1)
    if not increasing:
        exponents = sub(v.dtype.type(n - 1), exponents)
    return math.power(broadcast(v, shape, (1,)), exponents)


def trim_zeros(filt: ArrayLike, trim: str = "fb", axis: Axes = None) -> Array:
    """An array, which must be known, without the zeros at its ends.

    Args:
        filt: an array.
        trim: "f" for those at the front, "b" for those at the back, "fb" for both.
        axis: the axes to shorten; all by default.

    >>> import oxmlx.numpy as np
    >>> np.trim_zeros(np.array([0, 0, 1, 2, 0]))
    array([1, 2], dtype=int32)
    """
    x = value(filt, "trim_zeros")
    ends = choice("trim_zeros", "trim", trim.lower(), ("f", "b", "fb", "bf"))
    for k in axes_of("trim_zeros", axis, x.ndim):
        others = tuple(j for j in range(x.ndim) if j != k)
        used = np.flatnonzero(any(x, others).concrete("which elements are zeros"))
        first, last = (used[0], used[-1] + 1) if used.size else (0, 0)
        start, stop = first if "f" in ends else 0, last if "b" in ends else x.shape[k]
        x = between(x, k, int(start), int(stop)) if used.size else between(x, k, 0, 0)
    return x


def same_degree(who: str, *ps: Any) -> list[Any]:
    """Polynomials with as many coefficients."""
    cs = [coefficients(who, atleast_1d(c)) for c in arrays(who, *ps)]
    n = max(c.size for c in cs)
    return [pad(c, 0, [(n - c.size, 0, 0)]) for c in cs]


def coefficients(who: str, c: Any) -> Any:
    """A vector.

    Raises:
        ShapeError: it is none.
    """
    if c.ndim != 1:
        raise ShapeError(who, f"wants a vector, got {c.aval}")
    return c


def trimmed(c: Any) -> Any:
    """Coefficients, which must be known, without the zeros at the front; at least one stays."""
    out: Any = trim_zeros(c, "f")
    return out if out.size else between(c, 0, c.size - 1, c.size)


def powers(dtype: Any, n: int) -> Any:
    """n, n - 1, ..., 1"""
    return sub(dtype.type(n), iota(dtype, (n,), 0))


def order(who: str, m: Any) -> int:
    """How often to derive or integrate.

    Raises:
        ArgumentError: a negative number.
    """
    n = static_int(who, "m", m)
    if n < 0:
        raise ArgumentError(who, f"m must not be negative, got {n}")
    return n
