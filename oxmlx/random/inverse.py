"""Samples by inversion: a distribution function, solved for a uniform value."""

from __future__ import annotations

from math import pi
from typing import Any

from oxmlx.dtypes import Dtype, finfo, is_float
from oxmlx.errors import DtypeError
from oxmlx.numpy.arguments import choice
from oxmlx.ops import math
from oxmlx.ops.convert import as_value, cast
from oxmlx.ops.select import select
from oxmlx.random.arguments import (
    float_dtype,
    integer_dtype,
    parameter,
    parameters,
    sample_shape,
    spread,
)
from oxmlx.random.keys import sampler
from oxmlx.random.uniforms import uniform


@sampler
def exponential(key: Any, shape: Any = (), dtype: Any = None) -> Any:
    """Samples of density exp(-x) on [0, ∞).

    Args:
        key: a key.
        shape: the shape of the result.
        dtype: a floating dtype; float32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.exponential(ox.random.key(0), (3,)), 3)
    array([2.95 , 3.843, 0.404], dtype=float32)
    """
    kind = float_dtype("random.exponential", dtype)
    return -math.log1p(-uniform(key, shape, kind))


@sampler
def laplace(key: Any, shape: Any = (), dtype: Any = None) -> Any:
    """Samples of density exp(-|x|) / 2.

    Args:
        key: a key.
        shape: the shape of the result.
        dtype: a floating dtype; float32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.laplace(ox.random.key(0), (3,)), 3)
    array([-2.257, -3.15 ,  0.409], dtype=float32)
    """
    kind = float_dtype("random.laplace", dtype)
    u = uniform(key, shape, kind, float(finfo(kind).epsneg) - 1, 1.0)
    return math.sign(u) * math.log1p(-math.abs_(u))


@sampler
def logistic(key: Any, shape: Any = (), dtype: Any = None) -> Any:
    """Samples with the distribution function 1 / (1 + exp(-x)).

    Args:
        key: a key.
        shape: the shape of the result.
        dtype: a floating dtype; float32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.logistic(ox.random.key(0), (3,)), 3)
    array([ 2.896,  3.822, -0.698], dtype=float32)
    """
    kind = float_dtype("random.logistic", dtype)
    u = uniform(key, shape, kind, smallest(kind), 1.0)
    return math.log(u) - math.log1p(-u)


@sampler
def cauchy(key: Any, shape: Any = (), dtype: Any = None) -> Any:
    """Samples of density ∝ 1 / (1 + x²).

    Args:
        key: a key.
        shape: the shape of the result.
        dtype: a floating dtype; float32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.cauchy(ox.random.key(0), (3,)), 3)
    array([ 6.027, 14.838, -0.582], dtype=float32)
    """
    kind = float_dtype("random.cauchy", dtype)
    return math.tan((uniform(key, shape, kind, float(finfo(kind).eps), 1.0) - 0.5) * pi)


@sampler
def gumbel(key: Any, shape: Any = (), dtype: Any = None, mode: str | None = None) -> Any:
    """Samples with the distribution function exp(-exp(-x)).

    Args:
        key: a key.
        shape: the shape of the result.
        dtype: a floating dtype; float32 by default.
        mode: "low", or "high" for twice as many random bits.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating.
        ArgumentError: unknown mode.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.gumbel(ox.random.key(0), (3,)), 3)
    array([ 2.923,  3.833, -0.097], dtype=float32)
    """
    who = "random.gumbel"
    kind = float_dtype(who, dtype)
    size = sample_shape(who, shape)
    if choice(who, "mode", mode or "low", ("low", "high")) == "low":
        return -math.log(-math.log(uniform(key, size, kind, smallest(kind), 1.0)))
    high, low = uniform(key, (2, *size), kind)
    fine = high + low * 2.0 ** -finfo(kind).nmant + smallest(kind)
    return -math.log(-math.log1p(-select(high >= 0.5, high, fine)))


@sampler
def pareto(key: Any, b: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Samples of density b / xᵇ⁺¹ on [1, ∞).

    Args:
        key: a key.
        b: a positive float or array.
        shape: the shape of the result; that of `b` by default.
        dtype: a floating dtype; float32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating, or that of `b` is wider.
        ShapeError: `b` does not broadcast to `shape`.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.pareto(ox.random.key(0), 3.0, (2,)), 3)
    array([2.673, 3.601], dtype=float32)
    """
    kind = float_dtype("random.pareto", dtype)
    size, (b,) = parameters("random.pareto", kind, shape, b)
    return math.exp(exponential(key, size, kind) / b)


@sampler
def rayleigh(key: Any, scale: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Samples of density ∝ x exp(-x² / (2 scale²)) on [0, ∞).

    Args:
        key: a key.
        scale: a positive float or array.
        shape: the shape of the result; that of `scale` by default.
        dtype: a floating dtype; float32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating, or that of `scale` is wider.
        ShapeError: `scale` does not broadcast to `shape`.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.rayleigh(ox.random.key(0), 2.0, (2,)), 3)
    array([0.656, 0.416], dtype=float32)
    """
    kind = float_dtype("random.rayleigh", dtype)
    size, (s,) = parameters("random.rayleigh", kind, shape, scale)
    return s * math.sqrt(math.log(uniform(key, size, kind)) * -2)


@sampler
def weibull_min(
    key: Any, scale: Any, concentration: Any, shape: Any = (), dtype: Any = None
) -> Any:
    """Samples with the distribution function 1 - exp(-(x / scale)ᶜ) on [0, ∞), c the concentration.

    Args:
        key: a key.
        scale, concentration: positive floats or arrays.
        shape: the shape of the uniform values that are transformed.
        dtype: a floating dtype; float32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating, or that of a parameter is wider.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.weibull_min(ox.random.key(0), 1.0, 2.0, (2,)), 3)
    array([1.718, 1.96 ], dtype=float32)
    """
    who = "random.weibull_min"
    kind = float_dtype(who, dtype)
    scale, concentration = (parameter(who, x, kind) for x in (scale, concentration))
    return math.power(exponential(key, shape, kind), 1 / concentration) * scale


@sampler
def triangular(
    key: Any, left: Any, mode: Any, right: Any, shape: Any = None, dtype: Any = None
) -> Any:
    """Samples on [left, right] whose density rises to `mode` and falls from there.

    Args:
        key: a key.
        left, mode, right: floats or arrays, in this order by size.
        shape: the shape of the result; by default that of the parameters.
        dtype: a floating dtype; float32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating, or that of a parameter is wider.
        ShapeError: a parameter does not broadcast to `shape`.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.triangular(ox.random.key(0), 0.0, 1.0, 2.0, (2,)), 3)
    array([1.676, 1.793], dtype=float32)
    """
    who = "random.triangular"
    kind = float_dtype(who, dtype)
    size, (left, mode, right) = parameters(who, kind, shape, left, mode, right)
    u = uniform(key, size, kind)
    width = right - left
    rising = left + math.sqrt(u * width * (mode - left))
    falling = right - math.sqrt((1 - u) * width * (right - mode))
    return select(u < (mode - left) / width, rising, falling)


@sampler
def geometric(key: Any, p: Any, shape: Any = None, dtype: Any = None) -> Any:
    """How many tosses it takes until a coin that shows heads with probability p does so.

    Args:
        key: a key.
        p: a float or an array.
        shape: the shape of the result; that of `p` by default.
        dtype: an integer dtype; int32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not an integer one, or `p` is not floating.
        ShapeError: `p` does not broadcast to `shape`.

    >>> import oxmlx as ox
    >>> ox.random.geometric(ox.random.key(0), 0.1, (5,))
    array([ 1,  1, 11,  8,  6], dtype=int32)
    """
    who = "random.geometric"
    kind = integer_dtype(who, dtype)
    p = as_value(p, who)
    if not is_float(p.dtype):
        raise DtypeError(who, f"p must be floating, got {p.aval}", "Write 1.0 for 1.")
    size = sample_shape(who, shape, p)
    p = spread(cast(p, p.dtype), size)
    u = uniform(key, size, p.dtype)
    u = select(u == 0, 1, u)
    return cast(math.floor(math.log(u) / math.log1p(-p)) + 1, kind)


def smallest(dtype: Dtype) -> float:
    """The smallest normal number of a floating dtype."""
    return float(finfo(dtype).tiny)
