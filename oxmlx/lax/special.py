"""Special functions of floating arrays."""

from __future__ import annotations

from math import factorial, pi
from typing import Any

from oxmlx.dtypes import is_float
from oxmlx.errors import DtypeError
from oxmlx.lax.arguments import Array, ArrayLike, as_array, listed, same_type
from oxmlx.ops import elementwise, logic, math
from oxmlx.ops.elementwise import div, mul, neg, one, reciprocal, sub, zero
from oxmlx.ops.math import constant, nested_series
from oxmlx.ops.select import maximum, select

HEAD = 12
"""How many terms of ζ are added before the rest is an integral with corrections."""
BERNOULLI = [
    (1, 6), (-1, 30), (1, 42), (-1, 30), (5, 66), (-691, 2730), (7, 6), (-3617, 510),
    (43867, 798), (-174611, 330),
]  # fmt: skip
"""B₂, B₄, … as fractions."""
CORRECTIONS = [p / q / factorial(2 * k) for k, (p, q) in enumerate(BERNOULLI, 1)]

SPLIT = 18.0
TERMS = range(1, 33)
"""Up to SPLIT, Iₙ(x) is its Taylor series; beyond, its asymptotic one in 1/x."""


def erf(x: ArrayLike) -> Array:
    """2/√π ∫₀ˣ exp(-t²) dt

    >>> import oxmlx as ox
    >>> ox.lax.erf(ox.array([0.0, 1.0])).round(4)
    array([0.    , 0.8427], dtype=float32)
    """
    return math.erf(x)


def erfc(x: ArrayLike) -> Array:
    """1 - erf x, accurate in the right tail.

    >>> import oxmlx as ox
    >>> ox.lax.erfc(ox.array([0.0, 1.0])).round(4)
    array([1.    , 0.1573], dtype=float32)
    """
    return math.erfc(x)


def erf_inv(x: ArrayLike) -> Array:
    """The y with erf y = x.

    >>> import oxmlx as ox
    >>> ox.lax.erf_inv(ox.array([0.0, 0.5, 1.0])).round(4)
    array([0.    , 0.4769,    inf], dtype=float32)
    """
    return math.erf_inv(x)


def lgamma(x: ArrayLike) -> Array:
    """ln |Γ(x)|

    >>> import oxmlx as ox
    >>> ox.lax.lgamma(ox.array([1.0, 4.0])).round(4)
    array([0.    , 1.7918], dtype=float32)
    """
    return math.lgamma(x)


def digamma(x: ArrayLike) -> Array:
    """Γ′(x) / Γ(x)

    >>> import oxmlx as ox
    >>> ox.lax.digamma(ox.array([1.0, 4.0])).round(4)
    array([-0.5772,  1.2561], dtype=float32)
    """
    return math.digamma(x)


def polygamma(m: ArrayLike, x: ArrayLike) -> Array:
    """The m-th derivative of digamma at x, for whole numbers m ≥ 0 written as floats.

    >>> import oxmlx as ox
    >>> ox.lax.polygamma(ox.array([0.0, 1.0]), 1.0).round(4)
    array([-0.5772,  1.6449], dtype=float32)
    """
    m, x = floats("lax.polygamma", m, x)
    order = maximum(m, one(m))
    return select(logic.eq(m, zero(m)), math.digamma(x), math.polygamma(order, x))


def zeta(x: ArrayLike, q: ArrayLike) -> Array:
    """Hurwitz's ζ(x, q) = Σ (q + k)⁻ˣ over k ≥ 0, for x > 1 and q > 0; NaN elsewhere.

    >>> import oxmlx as ox
    >>> ox.lax.zeta(ox.array([2.0, 4.0]), 1.0).round(4)
    array([1.6449, 1.0823], dtype=float32)
    """
    x, q = floats("lax.zeta", x, q)
    defined = logic.and_(logic.gt(x, one(x)), logic.gt(q, zero(q)))
    s = select(defined, x, constant(2, x))
    q = select(defined, q, one(q))
    total = math.power(q, neg(s))
    for k in range(1, HEAD):
        total = elementwise.add(total, math.power(elementwise.add(q, constant(k, q)), neg(s)))
    at = elementwise.add(q, constant(HEAD, q))  # Euler and Maclaurin's formula from here on
    term = math.power(at, neg(s))
    total = elementwise.add(total, mul(term, div(at, sub(s, one(s)))))
    total = elementwise.add(total, mul(term, constant(0.5, s)))
    for k, coefficient in enumerate(CORRECTIONS):
        rising = s if k == 0 else mul(
            elementwise.add(s, constant(2 * k - 1, s)), elementwise.add(s, constant(2 * k, s))
        )  # fmt: skip
        term = mul(term, div(rising, at if k == 0 else mul(at, at)))
        total = elementwise.add(total, mul(term, constant(coefficient, s)))
    return select(defined, total, constant(float("nan"), x))


def bessel_i0e(x: ArrayLike) -> Array:
    """e⁻ˡˣˡ I₀(x), the modified Bessel function of the first kind and order 0, scaled.

    >>> import oxmlx as ox
    >>> ox.lax.bessel_i0e(ox.array([0.0, 1.0, 100.0])).round(4)
    array([1.    , 0.4658, 0.0399], dtype=float32)
    """
    return scaled_bessel("lax.bessel_i0e", 0, x)


def bessel_i1e(x: ArrayLike) -> Array:
    """e⁻ˡˣˡ I₁(x), the modified Bessel function of the first kind and order 1, scaled.

    >>> import oxmlx as ox
    >>> ox.lax.bessel_i1e(ox.array([0.0, 1.0, -100.0])).round(4)
    array([ 0.    ,  0.2079, -0.0397], dtype=float32)
    """
    return scaled_bessel("lax.bessel_i1e", 1, x)


def scaled_bessel(who: str, order: int, x: Any) -> Any:
    """e⁻ˡˣˡ Iₙ(x) for n = 0 or 1, by series whose derivatives are those of the function."""
    (x,) = floats(who, x)
    size = math.abs_(x)
    near = logic.lt(size, constant(SPLIT, x))
    small, large = select(near, x, zero(x)), select(near, constant(SPLIT, x), size)
    half = mul(small, constant(0.5, x))
    taylor = nested_series(mul(half, half), [1 / (k * (k + order)) for k in TERMS])
    taylor = mul(taylor, math.exp(neg(math.abs_(small))))
    signs = [((2 * k - 1) ** 2 - 4 * order) / (8 * k) for k in TERMS]
    tail = mul(math.rsqrt(mul(large, constant(2 * pi, x))), nested_series(reciprocal(large), signs))
    if order:
        taylor, tail = mul(taylor, half), mul(tail, math.sign(x))
    return select(near, taylor, tail)


def floats(who: str, *xs: Any) -> list[Any]:
    """Operands of one floating dtype.

    Raises:
        DtypeError: they are not floating.
    """
    ops = list(map(as_array, same_type(who, *xs)))
    if not is_float(ops[0].dtype):
        raise DtypeError(
            who,
            f"wants floating operands, got {listed(ops)}",
            "Convert them with .astype(ox.float32).",
        )
    return ops
