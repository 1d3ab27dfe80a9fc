"""Powers, exponentials, logarithms and roots of floating and complex arrays.

`accuracy` is there for JAX programs: results are as accurate as the dtype allows.
"""

from __future__ import annotations

from oxmlx.lax.arguments import Array, ArrayLike
from oxmlx.ops import math


def exp(x: ArrayLike, *, accuracy: object = None) -> Array:
    """eˣ

    >>> import oxmlx as ox
    >>> ox.lax.exp(ox.array([0.0, 1.0])).round(4)
    array([1.    , 2.7183], dtype=float32)
    """
    return math.exp(x)


def exp2(x: ArrayLike, *, accuracy: object = None) -> Array:
    """2ˣ

    >>> import oxmlx as ox
    >>> ox.lax.exp2(ox.array([3.0, -1.0]))
    array([8. , 0.5], dtype=float32)
    """
    return math.exp2(x)


def expm1(x: ArrayLike, *, accuracy: object = None) -> Array:
    """eˣ - 1, accurate near 0.

    >>> import oxmlx as ox
    >>> ox.lax.expm1(ox.array([1e-10]))
    array([1.e-10], dtype=float32)
    """
    return math.expm1(x)


def log(x: ArrayLike, *, accuracy: object = None) -> Array:
    """ln x

    >>> import oxmlx as ox
    >>> ox.lax.log(ox.array([1.0, 0.0]))
    array([  0., -inf], dtype=float32)
    """
    return math.log(x)


def log1p(x: ArrayLike, *, accuracy: object = None) -> Array:
    """ln (1 + x), accurate near 0.

    >>> import oxmlx as ox
    >>> ox.lax.log1p(ox.array([1e-10]))
    array([1.e-10], dtype=float32)
    """
    return math.log1p(x)


def sqrt(x: ArrayLike, *, accuracy: object = None) -> Array:
    """√x

    >>> import oxmlx as ox
    >>> ox.lax.sqrt(ox.array([9.0, -1.0]))
    array([ 3., nan], dtype=float32)
    """
    return math.sqrt(x)


def rsqrt(x: ArrayLike, *, accuracy: object = None) -> Array:
    """1 / √x

    >>> import oxmlx as ox
    >>> ox.lax.rsqrt(ox.array([4.0, 16.0]))
    array([0.5 , 0.25], dtype=float32)
    """
    return math.rsqrt(x)


def cbrt(x: ArrayLike, *, accuracy: object = None) -> Array:
    """∛x

    >>> import oxmlx as ox
    >>> ox.lax.cbrt(ox.array([-8.0, 27.0])).round(4)
    array([-2.,  3.], dtype=float32)
    """
    return math.cbrt(x)


def logistic(x: ArrayLike, *, accuracy: object = None) -> Array:
    """1 / (1 + e⁻ˣ)

    >>> import oxmlx as ox
    >>> ox.lax.logistic(ox.array([0.0, 100.0]))
    array([0.5, 1. ], dtype=float32)
    """
    return math.logistic(x)
