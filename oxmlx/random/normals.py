"""Normal samples, and what is made of them."""

from __future__ import annotations

from math import sqrt
from typing import Any

from oxmlx.dtypes import Dtype, finfo, is_complex
from oxmlx.ops import math
from oxmlx.ops.axes import reduce_sum
from oxmlx.ops.complex import complex_
from oxmlx.ops.identity import stop_gradient
from oxmlx.ops.prng import random_split
from oxmlx.ops.select import clamp, select
from oxmlx.random.arguments import float_dtype, inexact_dtype, parameters, sample_shape
from oxmlx.random.keys import sampler
from oxmlx.random.uniforms import rademacher, uniform


@sampler
def normal(key: Any, shape: Any = (), dtype: Any = None) -> Any:
    """Standard normal samples; complex ones have variance 1 in all.

    Args:
        key: a key.
        shape: the shape of the result.
        dtype: a floating or complex dtype; float32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is neither floating nor complex.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.normal(ox.random.key(0), (3,)), 3)
    array([ 1.623,  2.025, -0.434], dtype=float32)
    """
    kind = inexact_dtype("random.normal", dtype)
    size = sample_shape("random.normal", shape)
    if not is_complex(kind):
        return real_normal(key, size, kind)
    real = finfo(kind).dtype
    re, im = (real_normal(k, size, real) / sqrt(2) for k in random_split(key, (2,)))
    return complex_(re, im)


def real_normal(key: Any, shape: tuple[int, ...], dtype: Dtype) -> Any:
    """√2 erf⁻¹(u) for uniform u in (-1, 1)."""
    lowest = float(finfo(dtype).epsneg) - 1
    return math.erf_inv(uniform(key, shape, dtype, lowest, 1.0)) * sqrt(2)


@sampler
def truncated_normal(key: Any, lower: Any, upper: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Standard normal samples that lie between two bounds.

    Args:
        key: a key.
        lower, upper: floats or arrays; no sample equals one of them.
        shape: the shape of the result; by default that of the bounds.
        dtype: a floating dtype; float32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating, or that of a bound is wider.
        ShapeError: a bound does not broadcast to `shape`.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.truncated_normal(ox.random.key(0), -2.0, 2.0, (3,)), 3)
    array([ 1.456,  1.715, -0.413], dtype=float32)
    """
    who = "random.truncated_normal"
    kind = float_dtype(who, dtype)
    size, (low, high) = parameters(who, kind, shape, lower, upper)
    below, above = (math.erf(x / sqrt(2)) for x in (low, high))
    out = math.erf_inv(uniform(key, size, kind, below, above)) * sqrt(2)
    low, high = stop_gradient(low), stop_gradient(high)
    inf = float("inf")
    return clamp(math.nextafter(low, inf), out, math.nextafter(high, -inf))


@sampler
def lognormal(key: Any, sigma: Any = 1.0, shape: Any = None, dtype: Any = None) -> Any:
    """eˢ for normal samples s with standard deviation `sigma`.

    Args:
        key: a key.
        sigma: a float or an array.
        shape: the shape of the result; that of `sigma` by default.
        dtype: a floating or complex dtype; float32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating, or that of `sigma` is wider.
        ShapeError: `sigma` does not broadcast to `shape`.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.lognormal(ox.random.key(0), 0.1, (3,)), 3)
    array([1.176, 1.224, 0.958], dtype=float32)
    """
    kind = inexact_dtype("random.lognormal", dtype)
    size, (s,) = parameters("random.lognormal", kind, shape, sigma)
    return math.exp(normal(key, size, kind) * s)


@sampler
def maxwell(key: Any, shape: Any = (), dtype: Any = None) -> Any:
    """The length of a vector of three standard normal samples: density ∝ x² exp(-x²/2).

    Args:
        key: a key.
        shape: the shape of the result.
        dtype: a floating dtype; float32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.maxwell(ox.random.key(0)), 3)
    array(2.631, dtype=float32)
    """
    kind = float_dtype("random.maxwell", dtype)
    size = sample_shape("random.maxwell", shape)
    x = real_normal(key, (*size, 3), kind)
    return math.sqrt(reduce_sum(x * x, (len(size),)))


@sampler
def double_sided_maxwell(key: Any, loc: Any, scale: Any, shape: Any = (), dtype: Any = None) -> Any:
    """loc + scale · s for Maxwell samples s of either sign.

    Args:
        key: a key.
        loc, scale: floats or arrays.
        shape: leading axes of the result; those of `loc` and `scale` follow, and stand for an empty
            `shape` too, as in JAX.
        dtype: a floating dtype; float32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating, or that of a parameter is wider.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.double_sided_maxwell(ox.random.key(0), 0.0, 1.0, (2,)), 3)
    array([1.546, 1.574], dtype=float32)
    """
    who = "random.double_sided_maxwell"
    kind = float_dtype(who, dtype)
    own, (loc, scale) = parameters(who, kind, None, loc, scale)
    size = (*(sample_shape(who, shape) or own), *own)
    first, second = random_split(key, (2,))
    return rademacher(second, size, kind) * maxwell(first, size, kind) * scale + loc


@sampler
def wald(key: Any, mean: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Wald (inverse Gaussian) samples of shape parameter 1, as Michael, Schucany and Haas (1976).

    Args:
        key: a key.
        mean: a positive float or array.
        shape: the shape of the result; that of `mean` by default.
        dtype: a floating dtype; float32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating, or that of `mean` is wider.
        ShapeError: `mean` does not broadcast to `shape`.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.wald(ox.random.key(0), 1.0, (2,)), 3)
    array([0.381, 0.416], dtype=float32)
    """
    kind = float_dtype("random.wald", dtype)
    size, (m,) = parameters("random.wald", kind, shape, mean)
    first, second = random_split(key, (2,))
    v = real_normal(first, size, kind)
    y = v * v
    x = m + m * m * y / 2 - m / 2 * math.sqrt(4 * m * y + m * m * (y * y))
    u = uniform(second, size, kind)
    return select(u <= m / (m + x), x, m * m / x)
