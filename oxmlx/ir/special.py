"""Functions that NumPy lacks, or has with another meaning: special functions and complex ones.

The special ones keep a relative accuracy of 1e-14, except near the zeros of `lgamma` and `digamma`
on the negative axis, where reflection cancels and it is 1e-14 of the terms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Unary = Callable[[Array], Array]


def in_double(f: Callable[..., Array]) -> Callable[..., Array]:
    """Compute `f` in f64 or complex128 whatever the operands' precision, and round once."""

    def run(*xs: Array) -> Array:
        dtype = xs[0].dtype
        wide = np.complex128 if dtype.kind == "c" else np.float64
        return f(*(x.astype(wide, copy=False) for x in xs)).astype(dtype, copy=False)

    return run


def _by_region(x: Array, edges: Sequence[float], *formulas: Unary) -> Array:
    """Formula k where x is between edges k-1 and k; the last one also sees NaN."""
    region = np.digitize(x, edges)
    return np.piecewise(x, [region == k for k in range(len(formulas))], list(formulas))


# erf and erfc: W. J. Cody, Rational Chebyshev approximations for the error function, Math. Comp. 23
# (1969): |x| < 0.46875, up to 4, and beyond. Highest power first, here and below.
_ERF_P = (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2,
          3.20937758913846947e3)  # fmt: skip
_ERF_Q = (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
          2.84423683343917062e3)  # fmt: skip
_NEAR_P = (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594,
           6.61191906371416295e1, 2.98635138197400131e2, 8.81952221241769090e2,
           1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3)  # fmt: skip
_NEAR_Q = (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
           1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3,
           3.43936767414372164e3, 1.23033935480374942e3)  # fmt: skip
_FAR_P = (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
          1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4)  # fmt: skip
_FAR_Q = (1.0, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1,
          6.05183413124413191e-2, 2.33520497626869185e-3)  # fmt: skip


def _erf_centre(x: Array) -> Array:
    return x * (np.polyval(_ERF_P, x * x) / np.polyval(_ERF_Q, x * x))


def _erfc_tail(x: Array) -> Array:
    x = np.minimum(x, 30.0)  # where erfc is long zero, and nothing below overflows
    head = np.trunc(x * 16) / 16  # its square is exact, so exp(-x²) keeps its relative accuracy
    scale = np.exp(-head * head) * np.exp((head - x) * (head + x))
    z = 1 / (x * x)
    near = np.polyval(_NEAR_P, x) / np.polyval(_NEAR_Q, x)
    far = (1 / np.sqrt(np.pi) - z * np.polyval(_FAR_P, z) / np.polyval(_FAR_Q, z)) / x
    return scale * np.where(x < 4, near, far)


@in_double
def erf(x: Array) -> Array:
    """2/√π ∫₀ˣ exp(-t²) dt"""
    edges = (-0.46875, 0.46875)
    return _by_region(
        x, edges, lambda x: _erfc_tail(-x) - 1, _erf_centre, lambda x: 1 - _erfc_tail(x)
    )


@in_double
def erfc(x: Array) -> Array:
    """1 - erf x, without cancellation where x is large"""
    edges = (-0.46875, 0.46875)
    return _by_region(
        x, edges, lambda x: 2 - _erfc_tail(-x), lambda x: 1 - _erf_centre(x), _erfc_tail
    )


# erf_inv: M. J. Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988), the normal
# quantile at (1 + y)/2 over √2. Its variables are exact here: q = y/2, min(p, 1-p) = (1 - |y|)/2.
_QUANTILE = (
    ((2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
      4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
      1.3314166789178437745e2, 3.3871328727963666080),
     (5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
      2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
      4.2313330701600911252e1, 1.0)),
    ((7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
      1.27045825245236838258, 3.64784832476320460504, 5.76949722146069140550,
      4.63033784615654529590, 1.42343711074968357734),
     (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
      1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940,
      2.05319162663775882187, 1.0)),
    ((2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
      2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580,
      5.46378491116411436990, 6.65790464350110377720),
     (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
      7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
      5.99832206555887937690e-1, 1.0)),
)  # fmt: skip


def _quantile_ratio(k: int, r: Array) -> Array:
    above, below = _QUANTILE[k]
    return np.polyval(above, r) / np.polyval(below, r)


def _erf_inv_tail(y: Array) -> Array:
    r = np.sqrt(-np.log((1 - np.abs(y)) / 2))
    ratio = np.where(r <= 5, _quantile_ratio(1, r - 1.6), _quantile_ratio(2, r - 5))
    return np.copysign(np.where(np.isinf(r), r, ratio / np.sqrt(2)), y)


def _erf_inv_centre(y: Array) -> Array:
    return y * (_quantile_ratio(0, 0.180625 - y * y / 4) / np.sqrt(8))


@in_double
def erf_inv(y: Array) -> Array:
    """The x with erf x = y; ±∞ at ±1, NaN beyond"""
    return _by_region(y, (-0.85, 0.85), _erf_inv_tail, _erf_inv_centre, _erf_inv_tail)


# lgamma and digamma around 2: M. Abramowitz and I. Stegun, 6.1.33 and 6.3.14 moved by one:
# log Γ(2+z) = (1-γ) z + Σ (-1)ᵏ (ζ(k)-1) zᵏ/k, and ψ(2+z) is its derivative.
_ZETA_LESS_1 = (
    6.4493406684822643647e-1, 2.0205690315959428540e-1, 8.2323233711138191516e-2,
    3.6927755143369926331e-2, 1.7343061984449139715e-2, 8.3492773819228268398e-3,
    4.0773561979443393787e-3, 2.0083928260822144179e-3, 9.9457512781808533715e-4,
    4.9418860411946455870e-4, 2.4608655330804829864e-4, 1.2271334757848914675e-4,
    6.1248135058704829259e-5, 3.0588236307020493552e-5, 1.5282259408651871733e-5,
    7.6371976378997622736e-6, 3.8172932649998398565e-6, 1.9082127165539389257e-6,
    9.5396203387279611315e-7, 4.7693298678780646312e-7, 2.3845050272773299000e-7,
    1.1921992596531107307e-7, 5.9608189051259479612e-8, 2.9803503514652280186e-8,
    1.4901554828365041235e-8, 7.4507117898354294920e-9, 3.7253340247884570548e-9,
    1.8626597235130490064e-9, 9.3132743241966818287e-10, 4.6566290650337840730e-10,
    2.3283118336765054920e-10,
)  # fmt: skip
_SIGNED = [(-1) ** k * c for k, c in enumerate(_ZETA_LESS_1)]
_ONE_LESS_GAMMA = 0.42278433509846713939
_LGAMMA_2 = [_ONE_LESS_GAMMA, *(c / k for k, c in enumerate(_SIGNED, 2))][::-1]
_DIGAMMA_2 = [_ONE_LESS_GAMMA, *_SIGNED][::-1]
# ψ's positive zero in two parts, and ψ(x) / (x - zero) by synthetic division.
_ZERO, _ZERO_LOW = 1.4616321449683622, 9.5499954299656977e-17
_DIGAMMA_2_BY_ZERO = [*accumulate(_DIGAMMA_2, lambda b, c: b * (_ZERO - 2) + c)][:-1]
# Stirling's series, A&S 6.1.40 and 6.3.18, from x = 10: Bernoulli numbers B₁₆ … B₂.
_BERNOULLI = (-3617 / 510, 7 / 6, -691 / 2730, 5 / 66, -1 / 30, 1 / 42, -1 / 30, 1 / 6)
_STIRLING = [b / (n * (n - 1)) for n, b in zip(range(16, 0, -2), _BERNOULLI, strict=True)]
_STIRLING_SLOPE = [b / n for n, b in zip(range(16, 0, -2), _BERNOULLI, strict=True)]
_STEPS = np.arange(1.0, 9.0)[:, None]


def _lgamma_near_2(z: Array) -> Array:
    return z * np.polyval(_LGAMMA_2, z)


def _lgamma_near_0(x: Array) -> Array:
    return _lgamma_near_2(x) - np.log1p(x) - np.log(np.abs(x))


def _lgamma_near_1(x: Array) -> Array:
    return _lgamma_near_2(x - 1) - np.log(x)


def _lgamma_to_10(x: Array) -> Array:
    whole = np.rint(x)
    steps = np.prod(x - _STEPS, axis=0, where=whole - 2 >= _STEPS)  # Γ(x) = (x-1)(x-2)… Γ(2+z)
    return _lgamma_near_2(x - whole) + np.log(steps)


def _lgamma_stirling(x: Array) -> Array:
    z = 1 / x
    series = z * np.polyval(_STIRLING, z * z)
    return (x - 0.5) * (np.log(x) - 1) + (np.log(2 * np.pi) - 1) / 2 + series


def _lgamma_reflected(x: Array) -> Array:
    x = np.maximum(x, -(2.0**53))  # all integers from here on, -∞ included
    sine = np.sin(np.pi * (x - np.rint(x)))
    return np.log(np.pi) - np.log(np.abs(x * sine)) - lgamma(-x)


@in_double
def lgamma(x: Array) -> Array:
    """log |Γ(x)|; +∞ at 0, -1, -2, …"""
    return _by_region(
        x,
        (-0.5, 0.5, 1.5, 10),
        _lgamma_reflected,
        _lgamma_near_0,
        _lgamma_near_1,
        _lgamma_to_10,
        _lgamma_stirling,
    )


def _digamma_near_0(x: Array) -> Array:
    return np.polyval(_DIGAMMA_2, x) - 1 / (1 + x) - 1 / x


def _digamma_near_1(x: Array) -> Array:
    return np.polyval(_DIGAMMA_2, x - 1) - 1 / x


def _digamma_near_2(x: Array) -> Array:
    return (x - _ZERO - _ZERO_LOW) * np.polyval(_DIGAMMA_2_BY_ZERO, x - 2)


def _digamma_to_10(x: Array) -> Array:
    whole = np.rint(x)
    steps = np.sum(1 / (x - _STEPS), axis=0, where=whole - 2 >= _STEPS)
    return np.polyval(_DIGAMMA_2, x - whole) + steps


def _digamma_stirling(x: Array) -> Array:
    z = 1 / x
    return np.log(x) - z / 2 - z * z * np.polyval(_STIRLING_SLOPE, z * z)


def _digamma_reflected(x: Array) -> Array:
    return digamma(-x) - 1 / x - np.pi / np.tan(np.pi * (x - np.rint(x)))


@in_double
def digamma(x: Array) -> Array:
    """d/dx log Γ(x); NaN at 0, -1, -2, … and -∞"""
    x = np.where((x <= 0) & (x == np.floor(x)), np.nan, x)
    return _by_region(
        x,
        (-0.5, 0.5, 1.4, 2.5, 10),
        _digamma_reflected,
        _digamma_near_0,
        _digamma_near_1,
        _digamma_near_2,
        _digamma_to_10,
        _digamma_stirling,
    )


# polygamma: (-1)ⁿ⁺¹ n! ζ(n + 1, x) with Hurwitz's ζ by the Euler-Maclaurin formula (DLMF 25.11.28):
# a sum of terms up to x + N, then a correction with the Bernoulli numbers B₂, B₄, …, over (2j)!.
_RATIOS = (1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000,
              1 / 74724249600, -3617 / 10670622842880000)  # fmt: skip
_FARTHEST = 4096  # terms that are summed to the left of 0, beyond which polygamma gives NaN


@in_double
def polygamma(n: Array, x: Array) -> Array:
    """the n-th derivative of digamma, for whole n ≥ 1 and x > -4096; ±∞ or NaN at 0, -1, -2, …"""
    s = n + 1
    left = np.nanmin(x, initial=0.0, where=np.isfinite(x))
    terms = 12 + min(int(-left), _FARTHEST)
    total = np.zeros(np.broadcast_shapes(n.shape, x.shape))
    for k in range(terms):
        total = total + (x + k) ** -s
    end = np.where(x < -_FARTHEST, np.nan, x + terms)
    total = total + end**-s * (end / n + 0.5)
    factor = s * end ** (-s - 1)
    for j, b in enumerate(_RATIOS):
        total = total + b * factor
        factor = factor * (s + 2 * j + 1) * (s + 2 * j + 2) / (end * end)
    sign = np.where(n % 2 == 1, 1.0, -1.0)
    return np.where(n >= 1, sign * np.exp(lgamma(s)) * total, np.nan)


# Complex numbers. Their parts are set one by one: in 1 + z, NumPy adds +0 to the imaginary part,
# which loses the sign of a -0 there, and with it the side of a branch cut.


def make_complex(x: Array, y: Array) -> Array:
    """x + iy, signs of zeros included"""
    shape = np.broadcast_shapes(np.shape(x), np.shape(y))
    out: Any = np.empty(shape, np.result_type(x.dtype, np.complex64))
    out.real, out.imag = x, y
    return out


def _parts(z: Any) -> tuple[Array, Array]:
    return z.real, z.imag


def _is_lost(z: Array) -> Array:
    x, y = _parts(z)
    return np.isnan(x) & np.isnan(y)


def _boxed(z: Array) -> Array:
    """Infinite numbers moved to the edge of the unit box, in the same direction."""
    x, y = _parts(z)
    edge = make_complex(np.copysign(np.isinf(x), x), np.copysign(np.isinf(y), y))
    return np.where(np.isinf(z), edge, z)


def complex_div(z: Array, w: Array) -> Array:
    """z / w, where ∞ / finite = ∞ and finite / ∞ = 0 as in C99 (G.5.1); NumPy has NaN"""
    quotient = np.divide(z, w)
    large, small = np.isinf(z) & np.isfinite(w), np.isfinite(z) & np.isinf(w)
    wrong = (large | small) & _is_lost(quotient)
    if not np.any(wrong):
        return quotient
    x, y = _parts(_boxed(z) * np.conjugate(_boxed(w)))
    scale = np.where(large, np.inf, 0).astype(x.dtype)
    return np.where(wrong, make_complex(scale * x, scale * y), quotient)


@in_double
def complex_pow(z: Array, w: Array) -> Array:
    """zʷ = exp(w log z), and 1 / z⁻ʷ where NumPy's repeated products lose the way to 0"""
    power = np.power(z, w)
    x, y = _parts(w)
    wrong = _is_lost(power) & (x < 0) & (y == 0) & (z != 0)
    return np.where(wrong, complex_div(np.ones_like(z), np.power(z, -w)), power)


def complex_rsqrt(z: Array) -> Array:
    """1 / √z"""
    root = np.sqrt(z)
    return complex_div(np.ones_like(root), root)


@in_double
def complex_exp2(z: Array) -> Array:
    """2ᶻ, scaled exactly by the whole part of x"""
    x, y = _parts(z)
    whole = np.nan_to_num(np.clip(np.rint(x), -1100, 1100))
    u, v = _parts(np.exp(make_complex((x - whole) * np.log(2), y * np.log(2))))
    exponent = whole.astype(np.int32)
    return make_complex(np.ldexp(u, exponent), np.ldexp(v, exponent))


@in_double
def complex_expm1(z: Array) -> Array:
    """eᶻ - 1, accurate near 0"""
    x, y = _parts(z)
    u, v = _parts(np.exp(z))
    near = np.expm1(x) * np.cos(y) - 2 * np.sin(y / 2) ** 2
    return make_complex(np.where(np.abs(x) < 1, near, u - 1), v)


@in_double
def complex_log1p(z: Array) -> Array:
    """log (1 + z), accurate near 0"""
    x, y = _parts(z)
    u, v = _parts(np.log(make_complex(1 + x, y)))
    near = np.log1p(x * (2 + x) + y * y) / 2
    return make_complex(np.where(np.abs(z) < 0.5, near, u), v)
