"""Trigonometric and hyperbolic functions of floating and complex arrays."""

from __future__ import annotations

from oxmlx.lax.arguments import Array, ArrayLike, same_type
from oxmlx.ops import math


def sin(x: ArrayLike, *, accuracy: object = None) -> Array:
    """sin x

    >>> import oxmlx as ox
    >>> ox.lax.sin(ox.array([0.0, 1.0])).round(4)
    array([0.    , 0.8415], dtype=float32)
    """
    return math.sin(x)


def cos(x: ArrayLike, *, accuracy: object = None) -> Array:
    """cos x

    >>> import oxmlx as ox
    >>> ox.lax.cos(ox.array([0.0, 1.0])).round(4)
    array([1.    , 0.5403], dtype=float32)
    """
    return math.cos(x)


def tan(x: ArrayLike, *, accuracy: object = None) -> Array:
    """tan x

    >>> import oxmlx as ox
    >>> ox.lax.tan(ox.array([0.0, 1.0])).round(4)
    array([0.    , 1.5574], dtype=float32)
    """
    return math.tan(x)


def asin(x: ArrayLike) -> Array:
    """arcsin x

    >>> import oxmlx as ox
    >>> ox.lax.asin(ox.array([0.0, 2.0]))
    array([ 0., nan], dtype=float32)
    """
    return math.asin(x)


def acos(x: ArrayLike) -> Array:
    """arccos x

    >>> import oxmlx as ox
    >>> ox.lax.acos(ox.array([1.0, -1.0])).round(4)
    array([0.    , 3.1416], dtype=float32)
    """
    return math.acos(x)


def atan(x: ArrayLike) -> Array:
    """arctan x

    >>> import oxmlx as ox
    >>> ox.lax.atan(ox.array([0.0, 1.0])).round(4)
    array([0.    , 0.7854], dtype=float32)
    """
    return math.atan(x)


def atan2(x: ArrayLike, y: ArrayLike) -> Array:
    """The angle of the point whose ordinate is x and whose abscissa is y.

    >>> import oxmlx as ox
    >>> ox.lax.atan2(ox.array([1.0, -1.0]), ox.array([0.0, -1.0])).round(4)
    array([ 1.5708, -2.3562], dtype=float32)
    """
    return math.atan2(*same_type("lax.atan2", x, y))


def sinh(x: ArrayLike) -> Array:
    """sinh x

    >>> import oxmlx as ox
    >>> ox.lax.sinh(ox.array([0.0, 1.0])).round(4)
    array([0.    , 1.1752], dtype=float32)
    """
    return math.sinh(x)


def cosh(x: ArrayLike) -> Array:
    """cosh x

    >>> import oxmlx as ox
    >>> ox.lax.cosh(ox.array([0.0, 1.0])).round(4)
    array([1.    , 1.5431], dtype=float32)
    """
    return math.cosh(x)


def tanh(x: ArrayLike, *, accuracy: object = None) -> Array:
    """tanh x

    >>> import oxmlx as ox
    >>> ox.lax.tanh(ox.array([0.0, 1.0])).round(4)
    array([0.    , 0.7616], dtype=float32)
    """
    return math.tanh(x)


def asinh(x: ArrayLike) -> Array:
    """arsinh x

    >>> import oxmlx as ox
    >>> ox.lax.asinh(ox.array([0.0, 1.0])).round(4)
    array([0.    , 0.8814], dtype=float32)
    """
    return math.asinh(x)


def acosh(x: ArrayLike) -> Array:
    """arcosh x

    >>> import oxmlx as ox
    >>> ox.lax.acosh(ox.array([1.0, 2.0])).round(4)
    array([0.   , 1.317], dtype=float32)
    """
    return math.acosh(x)


def atanh(x: ArrayLike) -> Array:
    """artanh x

    >>> import oxmlx as ox
    >>> ox.lax.atanh(ox.array([0.0, 0.5])).round(4)
    array([0.    , 0.5493], dtype=float32)
    """
    return math.atanh(x)
