"""Transcendental and rounding functions, elementwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log as _ln
from math import pi
from typing import Any

import numpy as np

from oxmlx.dtypes import is_complex, is_inexact
from oxmlx.errors import DtypeError
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.kernel import Expr, Operand, const, scalar
from oxmlx.ir.scalar import SCALARS
from oxmlx.ir.trace import bind
from oxmlx.ops.axes import full
from oxmlx.ops.complex import conj, real
from oxmlx.ops.elementwise import (
    Elementwise,
    Flat,
    add,
    binary,
    div,
    mul,
    neg,
    one,
    reciprocal,
    sub,
    unary,
)
from oxmlx.ops.logic import eq
from oxmlx.ops.select import select


class Sign(Flat):
    """-1, 0 or 1; x / |x| for complex x"""

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        (z,), (dz,) = primals, tangents
        if not is_complex(get_aval(z).dtype):
            return super().jvp(primals, tangents)
        unit = sign(z)  # d(z/|z|) = (dz - u² conj(dz)) / 2|z|
        return unit, div(sub(dz, mul(mul(unit, unit), conj(dz))), mul(constant(2, z), abs_(z)))


class Floor(Flat):
    """the largest integer ≤ x"""


class Ceil(Flat):
    """the smallest integer ≥ x"""


class Round(Flat):
    """the nearest integer, ties to even"""


class Nextafter(Flat):
    """the next number after x towards y"""


class IsFinite(Flat):
    """whether x is neither infinite nor NaN"""


class Abs(Elementwise):
    """|x|; real for complex x"""

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        (x,), (dx,) = primals, tangents
        if is_complex(get_aval(x).dtype):
            return bind(self, x), real(mul(conj(sign(x)), dx))
        return bind(self, x), mul(sign(x), dx)


class Exp(Elementwise):
    """eˣ"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return out


class Exp2(Elementwise):
    """2ˣ"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return mul(out, constant(_ln(2), x))


class Expm1(Elementwise):
    """eˣ - 1, accurate near 0"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return add(out, one(x))


class Log(Elementwise):
    """ln x"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return reciprocal(x)


class Log1p(Elementwise):
    """ln (1 + x), accurate near 0"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return reciprocal(add(one(x), x))


class Log2(Elementwise):
    """log₂ x"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return reciprocal(mul(x, constant(_ln(2), x)))


class Sqrt(Elementwise):
    """√x"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return div(constant(0.5, x), out)


class Rsqrt(Elementwise):
    """1 / √x"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return mul(constant(-0.5, x), div(out, x))


class Cbrt(Elementwise):
    """∛x"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return reciprocal(mul(constant(3, x), mul(out, out)))


class Sin(Elementwise):
    """sin x"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return cos(x)


class Cos(Elementwise):
    """cos x"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return neg(sin(x))


class Tan(Elementwise):
    """tan x"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return add(one(x), mul(out, out))


class Asin(Elementwise):
    """arcsin x"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return rsqrt(sub(one(x), mul(x, x)))


class Acos(Elementwise):
    """arccos x"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return neg(rsqrt(sub(one(x), mul(x, x))))


class Atan(Elementwise):
    """arctan x"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return reciprocal(add(one(x), mul(x, x)))


class Atan2(Elementwise):
    """the angle of the point (y, x), where x₀ = y and x₁ = x"""

    def partial(self, k: int, out: Any, y: Any, x: Any) -> Any:
        radius = add(mul(x, x), mul(y, y))
        return div(x, radius) if k == 0 else div(neg(y), radius)


class Sinh(Elementwise):
    """sinh x"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return cosh(x)


class Cosh(Elementwise):
    """cosh x"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return sinh(x)


class Tanh(Elementwise):
    """tanh x"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return sub(one(x), mul(out, out))


class Asinh(Elementwise):
    """arsinh x"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return rsqrt(add(mul(x, x), one(x)))


class Acosh(Elementwise):
    """arcosh x"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return mul(rsqrt(sub(x, one(x))), rsqrt(add(x, one(x))))


class Atanh(Elementwise):
    """artanh x"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return reciprocal(sub(one(x), mul(x, x)))


class Logistic(Elementwise):
    """1 / (1 + e⁻ˣ)"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return mul(out, sub(one(x), out))


class Erf(Elementwise):
    """2/√π ∫₀ˣ exp(-t²) dt"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return mul(constant(2 / pi**0.5, x), exp(neg(mul(x, x))))


class Erfc(Elementwise):
    """1 - erf x, accurate in the right tail"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return mul(constant(-2 / pi**0.5, x), exp(neg(mul(x, x))))


class ErfInv(Elementwise):
    """the y with erf y = x"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return mul(constant(pi**0.5 / 2, x), exp(mul(out, out)))


class Lgamma(Elementwise):
    """ln |Γ(x)|"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return digamma(x)


class Digamma(Elementwise):
    """Γ′(x) / Γ(x)"""

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return polygamma(one(x), x)


class Polygamma(Elementwise):
    """the n-th derivative of digamma at x, for a whole number n ≥ 1 written as a float"""

    def partial(self, k: int, out: Any, n: Any, x: Any) -> Any:
        return None if k == 0 else polygamma(add(n, one(n)), x)


class Rem(Elementwise):
    """the remainder of x / y, with the sign of x"""

    def partial(self, k: int, out: Any, x: Any, y: Any) -> Any:
        return one(x) if k == 0 else neg(round_(div(sub(x, out), y)))  # a whole number


class Pow(Elementwise):
    """xʸ"""

    def partial(self, k: int, out: Any, x: Any, y: Any) -> Any:
        if k == 0:  # y xʸ⁻¹, and 0 where y = 0 whatever x is
            less = select(eq(y, constant(0, y)), one(y), sub(y, one(y)))
            return mul(y, power(x, less))
        zero = eq(x, constant(0, x))
        return mul(log(select(zero, one(x), x)), out)


class IntegerPow(Elementwise):
    """xⁿ for a fixed integer n ≠ 0, by repeated squaring"""

    n: int

    def abstract(self, x: Aval) -> Aval:
        SCALARS["mul"].check(x.dtype, x.dtype)
        if self.n < 0 and not is_inexact(x.dtype):
            problem = f"got {x}, whose elements have no reciprocal, for the power {self.n}"
            raise DtypeError(self.name, problem, "Convert the base to a float first.")
        return x

    def impl(self, x: Any) -> Any:
        y = repeated_square(x, abs(self.n), SCALARS["mul"].run)
        return SCALARS["div"].run(x.dtype.type(1), y) if self.n < 0 else y

    def lower(self, index: tuple[Expr, ...], x: Operand, *, out: Aval) -> Expr:
        y = repeated_square(x(index), abs(self.n), lambda a, b: scalar("mul", a, b))
        return scalar("div", const(1, out.dtype), y) if self.n < 0 else y

    def partial(self, k: int, out: Any, x: Any) -> Any:
        return mul(constant(self.n, x), integer_pow(x, self.n - 1))


def repeated_square(x: Any, n: int, times: Callable[[Any, Any], Any]) -> Any:
    """xⁿ for n ≥ 1, by squaring, in the order of the bits of n from the lowest."""
    result = None
    while True:
        if n & 1:
            result = x if result is None else times(result, x)
        n >>= 1
        if not n:
            return result
        x = times(x, x)


def constant(value: float, like: Any) -> np.generic:
    """A number as a literal in the dtype of `like`."""
    return get_aval(like).dtype.type(value)


def nested_series(u: Any, ratios: Sequence[float]) -> Any:
    """1 + r₁u (1 + r₂u (1 + …)): a series whose terms neither overflow nor cancel."""
    out: Any = one(u)
    for ratio in reversed(ratios):
        out = add(mul(mul(u, constant(ratio, u)), out), one(u))
    return out


def integer_pow(x: Any, n: int) -> Any:
    """xⁿ for a fixed integer n."""
    if n == 0:
        aval = get_aval(x)
        return full(aval.shape, 1, aval.dtype)
    return x if n == 1 else unary(IntegerPow(n), x)


def sign(x: Any) -> Any:
    """-1, 0 or 1; x / |x| for complex x."""
    return unary(Sign(), x)


def abs_(x: Any) -> Any:
    """|x|"""
    return unary(Abs(), x)


def floor(x: Any) -> Any:
    """The largest integer ≤ x."""
    return unary(Floor(), x)


def ceil(x: Any) -> Any:
    """The smallest integer ≥ x."""
    return unary(Ceil(), x)


def round_(x: Any) -> Any:
    """The nearest integer, ties to even."""
    return unary(Round(), x)


def is_finite(x: Any) -> Any:
    """Whether x is neither infinite nor NaN."""
    return unary(IsFinite(), x)


def nextafter(x: Any, y: Any) -> Any:
    """The next number after x towards y."""
    return binary(Nextafter(), x, y)


def exp(x: Any) -> Any:
    """eˣ"""
    return unary(Exp(), x)


def exp2(x: Any) -> Any:
    """2ˣ"""
    return unary(Exp2(), x)


def expm1(x: Any) -> Any:
    """eˣ - 1, accurate near 0"""
    return unary(Expm1(), x)


def log(x: Any) -> Any:
    """ln x"""
    return unary(Log(), x)


def log1p(x: Any) -> Any:
    """ln (1 + x), accurate near 0"""
    return unary(Log1p(), x)


def log2(x: Any) -> Any:
    """log₂ x"""
    return unary(Log2(), x)


def sqrt(x: Any) -> Any:
    """√x"""
    return unary(Sqrt(), x)


def rsqrt(x: Any) -> Any:
    """1 / √x"""
    return unary(Rsqrt(), x)


def cbrt(x: Any) -> Any:
    """∛x"""
    return unary(Cbrt(), x)


def sin(x: Any) -> Any:
    """sin x"""
    return unary(Sin(), x)


def cos(x: Any) -> Any:
    """cos x"""
    return unary(Cos(), x)


def tan(x: Any) -> Any:
    """tan x"""
    return unary(Tan(), x)


def asin(x: Any) -> Any:
    """arcsin x"""
    return unary(Asin(), x)


def acos(x: Any) -> Any:
    """arccos x"""
    return unary(Acos(), x)


def atan(x: Any) -> Any:
    """arctan x"""
    return unary(Atan(), x)


def sinh(x: Any) -> Any:
    """sinh x"""
    return unary(Sinh(), x)


def cosh(x: Any) -> Any:
    """cosh x"""
    return unary(Cosh(), x)


def tanh(x: Any) -> Any:
    """tanh x"""
    return unary(Tanh(), x)


def asinh(x: Any) -> Any:
    """arsinh x"""
    return unary(Asinh(), x)


def acosh(x: Any) -> Any:
    """arcosh x"""
    return unary(Acosh(), x)


def atanh(x: Any) -> Any:
    """artanh x"""
    return unary(Atanh(), x)


def logistic(x: Any) -> Any:
    """1 / (1 + e⁻ˣ)"""
    return unary(Logistic(), x)


def erf(x: Any) -> Any:
    """2/√π ∫₀ˣ exp(-t²) dt"""
    return unary(Erf(), x)


def erfc(x: Any) -> Any:
    """1 - erf x, accurate in the right tail"""
    return unary(Erfc(), x)


def erf_inv(x: Any) -> Any:
    """the y with erf y = x"""
    return unary(ErfInv(), x)


def lgamma(x: Any) -> Any:
    """ln |Γ(x)|"""
    return unary(Lgamma(), x)


def digamma(x: Any) -> Any:
    """Γ′(x) / Γ(x)"""
    return unary(Digamma(), x)


def atan2(y: Any, x: Any) -> Any:
    """The angle of the point (x, y)."""
    return binary(Atan2(), y, x)


def rem(x: Any, y: Any) -> Any:
    """The remainder of x / y, with the sign of x."""
    return binary(Rem(), x, y)


def power(x: Any, y: Any) -> Any:
    """xʸ"""
    return binary(Pow(), x, y)


def polygamma(n: Any, x: Any) -> Any:
    """The n-th derivative of digamma at x."""
    return binary(Polygamma(), n, x)
