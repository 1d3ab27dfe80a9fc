"""The scalar vocabulary: what a kernel may compute on one element, and what that means in NumPy.

It is the impl of the elementwise primitives and the oracle of every backend.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from oxmlx.conversion import cast
from oxmlx.dtypes import (
    Dtype,
    float0,
    is_bool,
    is_complex,
    is_float,
    is_key,
    is_signed,
    is_unsigned,
    short_name,
)
from oxmlx.errors import CheckError, DtypeError
from oxmlx.ir import special
from oxmlx.ir.special import Array

Run = Callable[..., Array]

_KINDS: dict[str, Callable[[object], bool]] = {
    "bool": is_bool,
    "uint": is_unsigned,
    "int": is_signed,
    "float": is_float,
    "complex": is_complex,
    "key": is_key,
    "float0": lambda dtype: dtype == float0,
}
BITS = frozenset({"bool", "uint", "int"})
INTEGER = BITS - {"bool"}
FLOAT = frozenset({"float"})
COMPLEX = frozenset({"complex"})
INEXACT = FLOAT | COMPLEX
REAL = INTEGER | FLOAT
NUMBER = REAL | COMPLEX
ORDERED = BITS | FLOAT
VALUE = BITS | INEXACT
BITS_OF = REAL | {"key"}  # a key is the two words of a u64
ANY = frozenset(_KINDS)


def _same(x: Dtype, y: Dtype | None = None) -> Dtype | None:
    return x if y is None or x == y else None


def _truth(x: Dtype, y: Dtype | None = None) -> Dtype | None:
    return np.dtype(bool) if y is None or x == y else None


def _part(x: Dtype) -> Dtype:
    return np.finfo(x).dtype if is_complex(x) else x


def _paired(re: Dtype, im: Dtype) -> Dtype | None:
    return np.result_type(re, np.complex64) if re == im and re.itemsize >= 4 else None


def _chosen(condition: Dtype, x: Dtype, y: Dtype) -> Dtype | None:
    return x if is_bool(condition) and x == y else None


def _target(x: Dtype, dtype: Dtype) -> Dtype:
    return dtype


def _reread(x: Dtype, dtype: Dtype) -> Dtype | None:
    return dtype if x.itemsize == dtype.itemsize else None


@dataclass(frozen=True, eq=False)
class ScalarOp:
    """One scalar operation.

    Integers behave as in XLA: they wrap, divide towards zero and have a quotient by zero. Complex
    numbers follow Annex G of C99, which keeps the sides of branch cuts. 16-bit floats compute in
    f32 and are rounded once. `max` and `min` propagate NaN; which zero they return is not defined.

    >>> SCALARS["abs"].check(np.dtype("complex64"))
    dtype('float32')
    >>> SCALARS["div"].run(np.array([7, -7, 7]), np.array([2, 2, 0]))
    array([ 3, -3, -1])
    """

    name: str
    arity: int
    cost: int
    """In vector adds."""
    accepts: frozenset[str]
    """The kinds of operands: bool, uint, int, float, complex, key, float0."""
    run: Run
    """The meaning on arrays and NumPy numbers of the dtypes that `check` takes. It broadcasts, and
    returns new memory (a cast to the same dtype aside). NumPy's floating-point warnings are the
    caller's to silence, once around a program."""
    result: Callable[..., Dtype | None] = _same
    """The result dtype for operands of these kinds; `None` if they do not fit together."""
    wants: str = ""
    """The operands in words, where arity and kinds do not say all."""
    typed: bool = False
    """Whether `check` and `run` take a target dtype after the operands."""

    def check(self, *dtypes: Dtype) -> Dtype:
        """The result dtype.

        Raises:
            DtypeError: if the operation does not take these operands.
        """
        return _check(self, *dtypes)


@cache
def _check(op: ScalarOp, *dtypes: Dtype) -> Dtype:
    count = op.arity + op.typed
    if len(dtypes) != count:
        raise CheckError(op.name, f"takes {count} dtypes, got {len(dtypes)}")
    accepted = all(any(_KINDS[kind](d) for kind in op.accepts) for d in dtypes)
    out = op.result(*dtypes) if accepted else None
    if out is None:
        operands = "one operand" if op.arity == 1 else "two operands of one dtype"
        kinds = ", ".join(kind for kind in _KINDS if kind in op.accepts)
        wanted = op.wants or f"{operands} ({kinds})"
        got = ", ".join(map(short_name, dtypes))
        raise DtypeError(op.name, f"wants {wanted}, got {got}", "Convert with `astype` first.")
    return out


def _in_f32(f: Run) -> Run:
    """Compute 16-bit floats in f32 and round once."""

    def run(*xs: Array) -> Array:
        dtype = xs[0].dtype
        if dtype.itemsize > 2:
            return f(*xs)
        return f(*(x.astype(np.float32) for x in xs)).astype(dtype)

    return run


def _by_kind(other: Run, *, integer: Run | None = None, complex: Run | None = None) -> Run:
    runs = {"i": integer or other, "u": integer or other, "c": complex or other}
    return lambda *xs: runs.get(xs[0].dtype.kind, other)(*xs)


def _on_bits(kind: str, f: Run) -> Run:
    """Compute on bits read as signed ("i") or unsigned ("u") integers."""

    def run(*xs: Array) -> Array:
        dtype = xs[0].dtype
        return f(*(x.view(f"{kind}{dtype.itemsize}") for x in xs)).view(dtype)

    return run


def _integer_div(x: Array, y: Array) -> Array:
    divisor = np.where(y == 0, 1, y)
    quotient = np.floor_divide(x - np.fmod(x, divisor), divisor)  # exact, hence towards zero
    return np.where(y == 0, np.invert(y), quotient)  # by zero: all bits set


def _integer_rem(x: Array, y: Array) -> Array:
    return np.where(y == 0, x, np.fmod(x, np.where(y == 0, 1, y)))


def _integer_pow(x: Array, y: Array) -> Array:
    power = np.power(x, np.where(y < 0, y & 1, y))  # XLA reads 6 bits of y, NumPy all of them
    return np.where((y < 0) & (np.abs(x) != 1), 0, power)  # 1/xⁿ towards zero, and 0 where x is 0


def _population_count(x: Array) -> Array:
    return np.bitwise_count(x).astype(x.dtype)


def _clz(x: Array) -> Array:
    bits = 8 * x.dtype.itemsize
    for shift in (1, 2, 4, 8, 16, 32):
        x = x | np.right_shift(x, shift)
    return (bits - np.bitwise_count(x)).astype(x.dtype)


def _sign(x: Array) -> Array:
    return np.where(x == 0, x, np.sign(x))  # keeps -0


def _rsqrt(x: Array) -> Array:
    return 1 / np.sqrt(x)


def _logistic(x: Array) -> Array:
    right = np.real(x) >= 0
    t = np.exp(np.where(right, -x, x))
    return np.where(right, 1, t) / (1 + t)


def _real(x: Array) -> Array:
    return np.positive(np.real(x))


def _imag(x: Array) -> Array:
    return np.positive(np.imag(x))


def _bitcast(x: Array, dtype: Dtype) -> Array:
    return np.array(x.view(dtype))


_div = _by_kind(_in_f32(np.divide), integer=_integer_div, complex=special.complex_div)
_rem = _by_kind(_in_f32(np.fmod), integer=_integer_rem)
_pow = _by_kind(_in_f32(np.power), integer=_integer_pow, complex=special.complex_pow)

_OPS = (
    ScalarOp("add", 2, 1, NUMBER, np.add),
    ScalarOp("sub", 2, 1, NUMBER, np.subtract),
    ScalarOp("mul", 2, 1, NUMBER, np.multiply),
    ScalarOp("div", 2, 4, NUMBER, _div),
    ScalarOp("rem", 2, 12, REAL, _rem),
    ScalarOp("pow", 2, 30, NUMBER, _pow),
    ScalarOp("max", 2, 1, ORDERED, np.maximum),
    ScalarOp("min", 2, 1, ORDERED, np.minimum),
    ScalarOp("neg", 1, 1, NUMBER, np.negative),
    ScalarOp("abs", 1, 1, NUMBER - {"uint"}, np.absolute, _part),
    ScalarOp("sign", 1, 3, NUMBER, _by_kind(_sign, integer=np.sign)),
    ScalarOp("floor", 1, 1, FLOAT, np.floor),
    ScalarOp("ceil", 1, 1, FLOAT, np.ceil),
    ScalarOp("round", 1, 1, FLOAT, np.rint),
    ScalarOp("nextafter", 2, 6, FLOAT, np.nextafter),
    ScalarOp("is_finite", 1, 1, FLOAT, np.isfinite, _truth),
    ScalarOp("sqrt", 1, 5, INEXACT, _in_f32(np.sqrt)),
    ScalarOp("rsqrt", 1, 6, INEXACT, _by_kind(_in_f32(_rsqrt), complex=special.complex_rsqrt)),
    ScalarOp("cbrt", 1, 16, FLOAT, _in_f32(np.cbrt)),
    ScalarOp("exp", 1, 12, INEXACT, _in_f32(np.exp)),
    ScalarOp("exp2", 1, 10, INEXACT, _by_kind(_in_f32(np.exp2), complex=special.complex_exp2)),
    ScalarOp("expm1", 1, 16, INEXACT, _by_kind(_in_f32(np.expm1), complex=special.complex_expm1)),
    ScalarOp("log", 1, 12, INEXACT, _in_f32(np.log)),
    ScalarOp("log1p", 1, 16, INEXACT, _by_kind(_in_f32(np.log1p), complex=special.complex_log1p)),
    ScalarOp("log2", 1, 12, INEXACT, _in_f32(np.log2)),
    ScalarOp("sin", 1, 20, INEXACT, _in_f32(np.sin)),
    ScalarOp("cos", 1, 20, INEXACT, _in_f32(np.cos)),
    ScalarOp("tan", 1, 26, INEXACT, _in_f32(np.tan)),
    ScalarOp("asin", 1, 16, INEXACT, _in_f32(np.arcsin)),
    ScalarOp("acos", 1, 16, INEXACT, _in_f32(np.arccos)),
    ScalarOp("atan", 1, 16, INEXACT, _in_f32(np.arctan)),
    ScalarOp("atan2", 2, 22, FLOAT, _in_f32(np.arctan2)),
    ScalarOp("sinh", 1, 18, INEXACT, _in_f32(np.sinh)),
    ScalarOp("cosh", 1, 18, INEXACT, _in_f32(np.cosh)),
    ScalarOp("tanh", 1, 14, INEXACT, _in_f32(np.tanh)),
    ScalarOp("asinh", 1, 24, INEXACT, _in_f32(np.arcsinh)),
    ScalarOp("acosh", 1, 24, INEXACT, _in_f32(np.arccosh)),
    ScalarOp("atanh", 1, 24, INEXACT, _in_f32(np.arctanh)),
    ScalarOp("logistic", 1, 18, INEXACT, _in_f32(_logistic)),
    ScalarOp("erf", 1, 16, FLOAT, special.erf),
    ScalarOp("erfc", 1, 28, FLOAT, special.erfc),
    ScalarOp("erf_inv", 1, 28, FLOAT, special.erf_inv),
    ScalarOp("lgamma", 1, 60, FLOAT, special.lgamma),
    ScalarOp("digamma", 1, 60, FLOAT, special.digamma),
    ScalarOp("polygamma", 2, 400, FLOAT, special.polygamma),
    ScalarOp("eq", 2, 1, VALUE, np.equal, _truth),
    ScalarOp("ne", 2, 1, VALUE, np.not_equal, _truth),
    ScalarOp("lt", 2, 1, ORDERED, np.less, _truth),
    ScalarOp("le", 2, 1, ORDERED, np.less_equal, _truth),
    ScalarOp("gt", 2, 1, ORDERED, np.greater, _truth),
    ScalarOp("ge", 2, 1, ORDERED, np.greater_equal, _truth),
    ScalarOp("and", 2, 1, BITS, np.bitwise_and),
    ScalarOp("or", 2, 1, BITS, np.bitwise_or),
    ScalarOp("xor", 2, 1, BITS, np.bitwise_xor),
    ScalarOp("not", 1, 1, BITS, np.invert),
    ScalarOp("shift_left", 2, 1, INTEGER, _on_bits("u", np.left_shift)),
    ScalarOp("shift_right_logical", 2, 1, INTEGER, _on_bits("u", np.right_shift)),
    ScalarOp("shift_right_arithmetic", 2, 1, INTEGER, _on_bits("i", np.right_shift)),
    ScalarOp("population_count", 1, 4, INTEGER, _on_bits("u", _population_count)),
    ScalarOp("clz", 1, 4, INTEGER, _on_bits("u", _clz)),
    ScalarOp("select", 3, 1, ANY, np.where, _chosen, "a bool and two operands of one dtype"),
    ScalarOp("complex", 2, 0, FLOAT, special.make_complex, _paired, "two f32 or two f64 operands"),
    ScalarOp("conj", 1, 1, COMPLEX, np.conjugate),
    ScalarOp("real", 1, 0, COMPLEX, _real, _part),
    ScalarOp("imag", 1, 0, COMPLEX, _imag, _part),
    ScalarOp("cast", 1, 1, VALUE, cast, _target, "a number or bool, and such a target", True),
    ScalarOp("bitcast", 1, 0, BITS_OF, _bitcast, _reread, "two real dtypes of one width", True),
)
SCALARS: dict[str, ScalarOp] = {op.name: op for op in _OPS}
