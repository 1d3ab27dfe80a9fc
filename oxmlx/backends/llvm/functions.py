"""Elementary functions of f32 as vector code.

Arguments are reduced as in W. J. Cody and W. Waite, Software Manual for the Elementary Functions
(1980); the polynomials are our own weighted minimax fits. `tests/backends/llvm` holds each to the
error its docstring gives. What is not here is computed by the C library, lane by lane.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log2, pi

import numpy as np

from oxmlx.backends.llvm.builder import Builder, Value, register_type, typed

F32, F64, I32 = np.dtype("float32"), np.dtype("float64"), np.dtype("int32")

LN2_HIGH, LN2_LOW = 0.693145751953125, 1.42860682030941723212e-6
"""ln 2 in two parts, the first short enough that its multiples are exact."""
AVX512_LANES = 16
"""Vectors of so many f32 have the instructions of AVX-512."""
PI_2_HIGH, PI_2_LOW = 1.5707963267948966, 6.123233995736766e-17

# Coefficients, that of the highest power first.
EXPM1 = (0.000199122747, 0.0013941155, 0.00833327696, 0.0416663513, 0.166666672, 0.5)
"""(eˣ - 1 - x) / x² for |x| ≤ ln 2 / 2."""
LOG1P = (
    *(0.0691518635, -0.117897153, 0.118730091, -0.123843662, 0.142186552, -0.166692495),
    *(0.200022265, -0.249999866, 0.333333105),
)
"""(log(1 + x) - x + x² / 2) / x³ for 1/√2 ≤ 1 + x ≤ √2."""
SIN = (2.71823683e-06, -0.000198393273, 0.00833332911, -0.166666672)
"""(sin x - x) / x³, in x², for |x| ≤ π/4."""
COS = (-2.72095434e-07, 2.47995122e-05, -0.00138888834, 0.0416666679)
"""(cos x - 1 + x² / 2) / x⁴, in x², for |x| ≤ π/4."""
ERF = (
    *(-9.68012409e-06, 0.000112705406, -0.000848471071, 0.00522107491, -0.0268654451),
    *(0.112837829, -0.376126379, 1.12837923),
)
"""erf x / x, in x², for |x| ≤ 1."""
LOG_ERFC = (
    *(7.8450868e-07, -1.24525741e-05, 6.43398598e-05, 0.000101767175, -0.00336028915),
    *(0.0238365435, -0.106961533, -0.634196103, -1.12920392, 0.000125295483),
)
"""log erfc x for 1 ≤ x ≤ 4."""
ERF_INV = (
    *(-8.79105677e-09, 2.32326443e-08, 4.66170661e-07, -3.46270485e-06, -4.96334769e-06),
    *(0.000218344445, -0.0012527419, -0.00417738687, 0.24664028, 1.50140941),
)
"""erf⁻¹ y / y, in w - 2.5 with w = -log(1 - y²), for w ≤ 5."""
ERF_INV_TAIL = (
    *(0.000124545826, -0.000179178285, -0.000316110585, 0.00131832343, -0.00252437638),
    *(0.00377836125, -0.00530046877, 0.00704948651, 1.00371873, 2.95832014),
)
"""The same in √w - 3.125, for 5 ≤ w < 16, which is as far as f32 goes."""


class Functions:
    """The functions, written into one builder."""

    def __init__(self, builder: Builder) -> None:
        self.b = builder

    # Arithmetic

    def add(self, x: Value, y: Value | float) -> Value:
        return self.b.binary("fadd", x, self.like(y, x))

    def sub(self, x: Value, y: Value | float) -> Value:
        return self.b.binary("fsub", x, self.like(y, x))

    def mul(self, x: Value, y: Value | float) -> Value:
        return self.b.binary("fmul", x, self.like(y, x))

    def div(self, x: Value, y: Value) -> Value:
        return self.b.binary("fdiv", x, y)

    def fma(self, x: Value, y: Value | float, z: Value | float) -> Value:
        """x y + z, rounded once."""
        return self.b.intrinsic("fma", x, self.like(y, x), self.like(z, x))

    def like(self, y: Value | float, x: Value) -> Value:
        return y if isinstance(y, Value) else self.b.number(y, x)

    def polynomial(self, x: Value, coefficients: Sequence[float]) -> Value:
        """Horner's rule."""
        out = self.b.number(coefficients[0], x)
        for c in coefficients[1:]:
            out = self.fma(out, x, c)
        return out

    def where(self, how: str, x: Value, bound: Value | float, yes: Value, no: Value) -> Value:
        """`yes` where x compares so with the bound, else `no`."""
        return self.b.select(self.b.compare(how, x, self.like(bound, x)), yes, no)

    def clamp(self, x: Value, low: float, high: float) -> Value:
        """x between bounds; NaN stays NaN."""
        x = self.where("olt", x, low, self.like(low, x), x)
        return self.where("ogt", x, high, self.like(high, x), x)

    def bits(self, x: Value) -> Value:
        kind = typed("i32", x.lanes)
        return Value(self.b.do(f"bitcast {self.b.type_of(x)} {x.text} to {kind}"), I32, x.lanes)

    def from_bits(self, x: Value) -> Value:
        kind = typed("float", x.lanes)
        return Value(self.b.do(f"bitcast {self.b.type_of(x)} {x.text} to {kind}"), F32, x.lanes)

    def integer(self, op: str, x: Value, y: int | Value) -> Value:
        return self.b.binary(op, x, y if isinstance(y, Value) else self.b.number(y, x))

    def scale(self, x: Value, n: Value) -> Value:
        """x 2ⁿ for an integral f32 n, -252 ≤ n ≤ 254"""
        if x.lanes == AVX512_LANES:
            kind = self.b.type_of(x)
            options = [(kind, x.text), ("i16", "-1"), ("i32", "4")]
            name = "llvm.x86.avx512.mask.scalef.ps.512"
            args = [(kind, x.text), (kind, n.text), *options]
            return x._replace(text=self.b.call(name, kind, args))
        whole = self.b.convert("fptosi", n, I32)  # in two steps: the result may be subnormal
        # Of NaN it is poison: frozen, some number. What that scales becomes NaN by other ways.
        whole = whole._replace(text=self.b.do(f"freeze {self.b.type_of(whole)} {whole.text}"))
        half = self.integer("ashr", whole, 1)
        rest = self.integer("sub", whole, half)
        return self.mul(self.mul(x, self.power_of_two(half)), self.power_of_two(rest))

    def power_of_two(self, n: Value) -> Value:
        """2ⁿ for -126 ≤ n ≤ 127"""
        return self.from_bits(self.integer("shl", self.integer("add", n, 127), 23))

    def reduced(self, x: Value) -> tuple[Value, Value]:
        """(n, r), where n is an integer, with x = n ln 2 + r and |r| ≤ ln 2 / 2"""
        n = self.b.intrinsic("rint", self.mul(x, log2(np.e)))
        return n, self.fma(n, -LN2_LOW, self.fma(n, -LN2_HIGH, x))

    def expm1_near(self, r: Value) -> Value:
        """eʳ - 1 for |r| ≤ ln 2 / 2"""
        return self.fma(self.mul(r, r), self.polynomial(r, EXPM1), r)

    # Exponentials and logarithms

    def exp(self, x: Value) -> Value:
        """eˣ, to 1 unit in the last place"""
        n, r = self.reduced(self.clamp(x, -105.0, 89.5))
        return self.scale(self.add(self.expm1_near(r), 1.0), n)

    def expm1(self, x: Value) -> Value:
        """eˣ - 1, to 1.5 units in the last place"""
        near = self.clamp(x, -25.0, 40.0)
        n, r = self.reduced(near)
        power = self.scale(self.like(1.0, x), n)
        small = self.fma(power, self.expm1_near(r), self.sub(power, 1.0))
        far = self.where("ogt", x, 40.0, self.exp(x), small)
        return self.where("oeq", x, 0.0, x, far)

    def log(self, x: Value) -> Value:
        """log x, to 0.8 units in the last place"""
        tiny = self.b.compare("olt", x, self.like(1.1754944e-38, x))
        bits = self.bits(self.b.select(tiny, self.mul(x, 2.0**24), x))
        exponent = self.integer("ashr", self.integer("sub", bits, 0x3F3504F3), 23)  # from sqrt(1/2)
        mantissa = self.from_bits(self.integer("sub", bits, self.integer("shl", exponent, 23)))
        e = self.b.convert("sitofp", exponent, F32)
        e = self.b.select(tiny, self.sub(e, 24.0), e)
        f = self.sub(mantissa, 1.0)
        square = self.mul(f, f)
        tail = self.mul(self.mul(square, f), self.polynomial(f, LOG1P))
        tail = self.fma(e, LN2_LOW, tail)
        tail = self.fma(square, -0.5, tail)
        y = self.fma(e, LN2_HIGH, self.add(f, tail))
        y = self.where("oeq", x, np.inf, x, y)
        y = self.where("olt", x, 0.0, self.like(np.nan, x), y)
        y = self.where("oeq", x, 0.0, self.like(-np.inf, x), y)
        return self.where("uno", x, x, x, y)

    def log1p(self, x: Value) -> Value:
        """log(1 + x), to 1.5 units in the last place: what 1 + x has lost comes back as a slope"""
        u = self.add(x, 1.0)
        lost = self.sub(x, self.sub(u, 1.0))
        y = self.add(self.log(u), self.div(lost, u))
        y = self.where("oeq", u, 1.0, x, y)
        y = self.where("ole", x, -1.0, self.log(u), y)
        return self.where("oeq", x, np.inf, x, y)

    # Hyperbolic functions and their kin

    def tanh(self, x: Value) -> Value:
        """-t / (t + 2) with t = expm1(-2 |x|), to 2.5 units in the last place"""
        size = self.b.intrinsic("fabs", x)
        twice = self.mul(size, -2.0)
        n, r = self.reduced(self.where("olt", twice, -25.0, self.like(-25.0, x), twice))
        power = self.scale(self.like(1.0, x), n)
        t = self.fma(power, self.expm1_near(r), self.sub(power, 1.0))
        return self.b.intrinsic("copysign", self.div(t, self.add(t, 2.0)), x)

    def logistic(self, x: Value) -> Value:
        """1 / (1 + e⁻ˣ), to 2.2 units in the last place"""
        t = self.exp(self.negative(self.b.intrinsic("fabs", x)))
        top = self.where("oge", x, 0.0, self.like(1.0, x), t)
        return self.div(top, self.add(t, 1.0))

    def negative(self, x: Value) -> Value:
        return x._replace(text=self.b.do(f"fneg {self.b.type_of(x)} {x.text}"))

    def erf(self, x: Value) -> Value:
        """2/√π ∫₀ˣ exp(-t²) dt, to 2.4 units in the last place"""
        size = self.b.intrinsic("fabs", x)
        near = self.mul(x, self.polynomial(self.mul(x, x), ERF))
        tail = self.exp(self.polynomial(self.clamp(size, 1.0, 4.0), LOG_ERFC))
        far = self.b.intrinsic("copysign", self.sub(self.like(1.0, x), tail), x)
        y = self.where("olt", size, 1.0, near, far)
        return self.where("uno", x, x, x, y)

    def erf_inv(self, y: Value) -> Value:
        """The x with erf x = y, to 3.1 units in the last place"""
        w = self.negative(self.log(self.fma(self.negative(y), y, self.like(1.0, y))))
        near = self.polynomial(self.sub(w, 2.5), ERF_INV)
        far = self.polynomial(self.sub(self.b.intrinsic("sqrt", w), 3.125), ERF_INV_TAIL)
        return self.mul(self.where("olt", w, 5.0, near, far), y)

    # Circular functions

    def quarter_turns(self, x: Value) -> tuple[Value, Value]:
        """(n, r) with x = n π/2 + r and |r| ≤ π/4, reduced in f64"""
        wide = self.b.convert("fpext", x, F64)
        n = self.b.intrinsic("rint", self.mul(wide, 2 / pi))
        r = self.fma(n, -PI_2_LOW, self.fma(n, -PI_2_HIGH, wide))
        return self.b.convert("fptosi", n, I32), self.b.convert("fptrunc", r, F32)

    def circular(self, x: Value, ahead: int, name: str) -> Value:
        """sin(x + ahead π/2); beyond 2³⁰ the C library's, for such arguments are rare"""
        size = self.b.intrinsic("fabs", x)
        huge = self.b.compare("uge", size, self.like(2.0**30, x))
        safe = self.b.select(huge, self.like(0.0, x), x)
        n, r = self.quarter_turns(safe)
        n = self.integer("add", n, ahead)
        square = self.mul(r, r)
        sine = self.fma(self.mul(square, r), self.polynomial(square, SIN), r)
        cosine = self.fma(square, -0.5, self.like(1.0, x))
        cosine = self.fma(self.mul(square, square), self.polynomial(square, COS), cosine)
        is_cosine = self.b.compare("ne", self.integer("and", n, 1), self.b.number(0, n))
        y = self.b.select(is_cosine, cosine, sine)
        sign = self.integer("shl", self.integer("and", n, 2), 30)
        y = self.from_bits(self.integer("xor", self.bits(y), sign))._replace(dtype=x.dtype)
        return self.unless_any(huge, y, lambda: self.b.select(huge, c_library(self.b, name, x), y))

    def unless_any(self, condition: Value, usual: Value, rare: Callable[[], Value]) -> Value:
        """The usual value, or `rare()` computed if the condition holds in some lane."""
        b, kind = self.b, self.b.type_of(usual)
        slot = b.slot(kind)
        b.put(kind, usual.text, slot)
        some = b.any(condition)
        then, after = b.fresh("rare"), b.fresh("after")
        b.line(f"br i1 {some}, label %{then}, label %{after}")
        b.label(then)
        b.put(kind, rare().text, slot)
        b.line(f"br label %{after}")
        b.label(after)
        return usual._replace(text=b.get(kind, slot))

    def sin(self, x: Value) -> Value:
        """sin x, to 1.6 units in the last place"""
        return self.where("oeq", x, 0.0, x, self.circular(x, 0, "sin"))

    def cos(self, x: Value) -> Value:
        """cos x, to 1.6 units in the last place"""
        return self.circular(x, 1, "cos")


def c_library(b: Builder, name: str, *args: Value) -> Value:
    """A function of the C library, lane by lane."""
    x = args[0]
    scalar, kind = register_type(x.dtype), b.type_of(x)
    symbol = name if scalar == "double" else name + "f"
    if x.lanes == 1:
        return x._replace(text=b.call(symbol, scalar, [(scalar, a.text) for a in args]))
    b.declared[symbol] = f"declare {scalar} @{symbol}({', '.join(scalar for _ in args)})"
    by_lane = f"{symbol}.v{x.lanes}"
    b.helpers[by_lane] = lane_by_lane(symbol, by_lane, scalar, x.lanes, len(args))
    listed = ", ".join(f"{kind} {a.text}" for a in args)
    return x._replace(text=b.do(f"call {kind} @{by_lane}({listed})"))


def lane_by_lane(symbol: str, name: str, scalar: str, lanes: int, arity: int) -> str:
    """A function of vectors that calls one of scalars."""
    kind = typed(scalar, lanes)
    b = Builder()
    out = "poison"
    for lane in range(lanes):
        parts = [b.do(f"extractelement {kind} %x{k}, i32 {lane}") for k in range(arity)]
        y = b.do(f"call {scalar} @{symbol}({', '.join(f'{scalar} {p}' for p in parts)})")
        out = b.do(f"insertelement {kind} {out}, {scalar} {y}, i32 {lane}")
    params = ", ".join(f"{kind} %x{k}" for k in range(arity))
    body = "\n".join(b.lines)
    return f"define internal {kind} @{name}({params}) {{\n{body}\n  ret {kind} {out}\n}}"
