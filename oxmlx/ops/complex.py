"""Complex numbers from and to their parts. Transposes are bilinear: no conjugation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oxmlx.dtypes import is_complex
from oxmlx.ir.aval import get_aval
from oxmlx.ir.primitive import Undef
from oxmlx.ir.trace import bind
from oxmlx.ops.elementwise import Elementwise, binary, neg, unary, unbroadcast, zero
from oxmlx.ops.linear import Linear


class RealLinear(Linear, Elementwise):
    """A function of one operand that is linear over the real numbers: its own derivative."""


class Real(RealLinear):
    """Re z"""

    def transpose(self, ct: Any, z: Undef) -> Sequence[Any]:
        return (complex_(ct, zero(ct)),)


class Imag(RealLinear):
    """Im z"""

    def transpose(self, ct: Any, z: Undef) -> Sequence[Any]:
        return (complex_(zero(ct), neg(ct)),)


class Conj(RealLinear):
    """the complex conjugate of z"""

    def transpose(self, ct: Any, z: Undef) -> Sequence[Any]:
        return (conj(ct),)


class Complex(Elementwise):
    """x + iy"""

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        dx, dy = (zero(x) if t is None else t for x, t in zip(primals, tangents, strict=True))
        return bind(self, *primals), bind(self, dx, dy)

    def transpose(self, ct: Any, x: Any, y: Any) -> Sequence[Any]:
        return (
            unbroadcast(real(ct), x) if isinstance(x, Undef) else None,
            unbroadcast(imag(neg(ct)), y) if isinstance(y, Undef) else None,
        )


def real(z: Any) -> Any:
    """The real part."""
    return unary(Real(), z)


def imag(z: Any) -> Any:
    """The imaginary part."""
    return unary(Imag(), z)


def conj(z: Any) -> Any:
    """The complex conjugate; `z` itself if it is real."""
    return unary(Conj(), z) if is_complex(get_aval(z).dtype) else z


def complex_(x: Any, y: Any) -> Any:
    """x + iy from two real arrays."""
    return binary(Complex(), x, y)
