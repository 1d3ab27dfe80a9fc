"""Complex numbers from and to their parts."""

from __future__ import annotations

from oxmlx.dtypes import is_complex
from oxmlx.lax.arguments import Array, ArrayLike, same_type, value
from oxmlx.ops import complex as parts
from oxmlx.ops.math import constant


def complex(x: ArrayLike, y: ArrayLike) -> Array:
    """x + iy from two arrays of float32 or float64.

    >>> import oxmlx as ox
    >>> ox.lax.complex(ox.array([1.0, 2.0]), -1.0)
    array([1.-1.j, 2.-1.j], dtype=complex64)
    """
    return parts.complex_(*same_type("lax.complex", x, y))


def conj(x: ArrayLike) -> Array:
    """The complex conjugate; a complex array for a real one too.

    >>> import oxmlx as ox
    >>> ox.lax.conj(ox.array([1 + 2j]))
    array([1.-2.j], dtype=complex64)
    """
    z = value(x, "lax.conj")
    return parts.conj(z) if is_complex(z.dtype) else parts.complex_(z, constant(0, z))


def real(x: ArrayLike) -> Array:
    """The real part of a complex array.

    >>> import oxmlx as ox
    >>> ox.lax.real(ox.array([1 + 2j]))
    array([1.], dtype=float32)
    """
    return parts.real(x)


def imag(x: ArrayLike) -> Array:
    """The imaginary part of a complex array.

    >>> import oxmlx as ox
    >>> ox.lax.imag(ox.array([1 + 2j]))
    array([2.], dtype=float32)
    """
    return parts.imag(x)
