"""The scalar vocabulary as LLVM instructions."""

from __future__ import annotations

from functools import cache

import numpy as np

from oxmlx.backends.llvm.builder import (
    Builder,
    Value,
    mangled,
    memory_type,
    register_type,
    typed,
)
from oxmlx.backends.llvm.functions import F64, Functions, c_library
from oxmlx.dtypes import Dtype, is_bool, is_float, is_integer, is_signed, is_unsigned, short_name
from oxmlx.errors import MissingRule

FLOAT = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
INTEGER = {"add": "add", "sub": "sub", "mul": "mul", "and": "and", "or": "or", "xor": "xor"}
INTRINSICS = {"abs": "fabs", "floor": "floor", "ceil": "ceil", "round": "rint", "sqrt": "sqrt"}
ORDER = ("lt", "le", "gt", "ge")
VECTOR = ("exp", "expm1", "log", "log1p", "tanh", "logistic", "erf", "erf_inv", "sin", "cos")
"""What `Functions` has for f32."""
C_NAMES = {
    **{name: name for name in ("exp", "exp2", "expm1", "log", "log1p", "log2", "cbrt", "pow")},
    **{name: name for name in ("sin", "cos", "tan", "asin", "acos", "atan", "atan2")},
    **{name: name for name in ("sinh", "cosh", "tanh", "asinh", "acosh", "atanh")},
    **{"erf": "erf", "erfc": "erfc", "lgamma": "lgamma", "rem": "fmod"},
}
"""What the C library has."""
APPROXIMATE = frozenset((*VECTOR, *C_NAMES)) - {"rem"}
"""Operations on floats that no standard defines to the last bit."""
EXACT = frozenset(
    {"neg", "abs", "max", "min", "floor", "ceil", "round", "sign", "select", "bitcast", "nextafter"}
)
"""Operations whose result on 16-bit floats needs no rounding."""


def scalar_op(b: Builder, op: str, args: tuple[Value, ...], to: Dtype | None) -> Value:
    """One operation on operands of the same number of lanes.

    Raises:
        MissingRule: there is no such code; the equation runs as a host step.
    """
    x = args[0]
    if op == "select":
        return b.select(*args)
    if op == "cast" and to is not None:
        return cast(b, x, to)
    if op == "bitcast" and to is not None:
        return bitcast(b, x, to)
    if is_float(x.dtype):
        out = float_op(b, op, args)
    elif is_bool(x.dtype):
        out = bool_op(b, op, args)
    elif is_integer(x.dtype):
        out = integer_op(b, op, args)
    else:
        out = None
    if out is None:
        raise missing(op, x.dtype)
    if is_float(out.dtype) and out.dtype.itemsize == 2 and op not in EXACT:
        return rounded(b, out)
    return out


def missing(op: str, dtype: Dtype) -> MissingRule:
    """The error of an operation without code."""
    return MissingRule(
        "cpu", f"has no code for {op} of {short_name(dtype)}", "It runs as a host step."
    )


@cache
def has_register(dtype: Dtype) -> bool:
    """Is there a type for values of this dtype?"""
    try:
        register_type(dtype)
    except MissingRule:
        return False
    return True


@cache
def is_native(op: str, dtypes: tuple[Dtype, ...], to: Dtype | None) -> bool:
    """Is there code for this operation?"""
    if not all(map(has_register, dtypes)):
        return False
    operands = tuple(Value("%x", dtype, 1) for dtype in dtypes)
    try:
        scalar_op(Builder(), op, operands, to)
    except MissingRule:
        return False
    return True


def rounded(b: Builder, x: Value) -> Value:
    """An f32 value as its 16-bit dtype holds it."""
    return b.from_memory(b.to_memory(x), x.dtype, x.lanes)


def float_op(b: Builder, op: str, args: tuple[Value, ...]) -> Value | None:
    """As IEEE 754 has it; max and min propagate NaN."""
    x, y = args[0], args[-1]
    f = Functions(b)
    if op in FLOAT:
        return b.binary(FLOAT[op], x, y)
    if op in INTRINSICS:
        return b.intrinsic(INTRINSICS[op], x)
    if op in ORDER:
        return b.compare("o" + op, x, y)
    if op in VECTOR and x.dtype.itemsize <= 4:
        return getattr(f, op)(x)
    if op in C_NAMES:
        return c_library(b, C_NAMES[op], *args)
    match op:
        case "eq":
            return b.compare("oeq", x, y)
        case "ne":
            return b.compare("une", x, y)
        case "neg":
            return f.negative(x)
        case "max" | "min":
            ahead = b.select(b.compare("ogt" if op == "max" else "olt", x, y), x, y)
            return f.where("uno", x, x, x, ahead)  # that of NaN and y is y so far
        case "sign":
            one = b.intrinsic("copysign", b.number(1, x), x)
            return f.where("one", x, 0.0, one, x)
        case "is_finite":
            return b.compare("olt", b.intrinsic("fabs", x), b.number(np.inf, x))
        case "rsqrt":
            return f.div(b.number(1, x), b.intrinsic("sqrt", x))
        case "nextafter":
            return next_after(b, x, y)
        case "logistic":
            t = c_library(b, "exp", f.negative(b.intrinsic("fabs", x)))
            return f.div(f.where("oge", x, 0.0, b.number(1, x), t), f.add(t, 1.0))
        case _:
            return None


def bool_op(b: Builder, op: str, args: tuple[Value, ...]) -> Value | None:
    """False is less than True."""
    x, y = args[0], args[-1]
    if op in ("and", "or", "xor"):
        return b.binary(op, x, y)
    if op in ("max", "min"):
        return b.binary("or" if op == "max" else "and", x, y)
    if op in ("eq", "ne"):
        return b.compare(op, x, y)
    if op in ORDER:
        return b.compare("u" + op, x, y)
    if op == "not":
        return b.binary("xor", x, b.number(True, x))
    return None


def integer_op(b: Builder, op: str, args: tuple[Value, ...]) -> Value | None:
    """Integers wrap, and have an answer for zero."""
    x, y = args[0], args[-1]
    sign = "s" if is_signed(x.dtype) else "u"
    bits = 8 * x.dtype.itemsize
    if op in INTEGER:
        return b.binary(INTEGER[op], x, y)
    if op in ("max", "min"):
        return b.intrinsic(sign + op, x, y)
    if op in ORDER:
        return b.compare(sign + op, x, y)
    if op in ("eq", "ne"):
        return b.compare(op, x, y)
    match op:
        case "div" | "rem":
            return divide(b, op, sign, x, y)
        case "neg":
            return b.binary("sub", b.number(0, x), x)
        case "not":
            return b.binary("xor", x, b.number(-1, x))
        case "abs":
            return flagged(b, "abs", x) if sign == "s" else x
        case "sign":
            up = b.convert("zext", b.compare(sign + "gt", x, b.number(0, x)), x.dtype)
            down = b.convert("zext", b.compare("slt", x, b.number(0, x)), x.dtype)
            return b.binary("sub", up, down) if sign == "s" else up
        case "shift_left" | "shift_right_logical":
            shift = "shl" if op == "shift_left" else "lshr"
            inside = b.compare("ult", y, b.number(bits, y))
            safe = b.select(inside, y, b.number(0, y))
            return b.select(inside, b.binary(shift, x, safe), b.number(0, x))
        case "shift_right_arithmetic":
            return b.binary("ashr", x, b.intrinsic("umin", y, b.number(bits - 1, y)))
        case "population_count":
            return b.intrinsic("ctpop", x)
        case "clz":
            return flagged(b, "ctlz", x)
        case "pow":
            return integer_power(b, x, y)
        case _:
            return None


def integer_power(b: Builder, x: Value, y: Value) -> Value:
    """xʸ by squaring; 1/xⁿ towards zero, and 0 where x is 0."""
    zero, one = b.number(0, x), b.number(1, x)
    inverts = b.compare("slt", y, zero) if is_signed(x.dtype) else None
    exponent = b.select(inverts, b.binary("and", y, one), y) if inverts else y
    kind = b.type_of(x)
    power, square, rest = (b.slot(kind) for _ in range(3))
    for slot, start in ((power, one), (square, x), (rest, exponent)):
        b.put(kind, start.text, slot)
    with b.loop("0", str(8 * x.dtype.itemsize), 1):
        now, factor, bits = (x._replace(text=b.get(kind, s)) for s in (power, square, rest))
        is_odd = b.compare("ne", b.binary("and", bits, one), zero)
        b.put(kind, b.select(is_odd, b.binary("mul", now, factor), now).text, power)
        b.put(kind, b.binary("mul", factor, factor).text, square)
        b.put(kind, b.binary("lshr", bits, one).text, rest)
    out = x._replace(text=b.get(kind, power))
    if inverts is None:
        return out
    is_unit = b.binary("or", b.compare("eq", x, one), b.compare("eq", x, b.number(-1, x)))
    return b.select(inverts, b.select(is_unit, out, zero), out)


def next_after(b: Builder, x: Value, y: Value) -> Value:
    """The neighbour of x in the direction of y: one more or less, as integers have the bits."""
    kind, memory = f"i{8 * x.dtype.itemsize}", memory_type(x.dtype)
    word = np.dtype(f"i{x.dtype.itemsize}")

    def bits(v: Value) -> Value:
        text = b.to_memory(v)
        if memory != kind:
            text = b.do(f"bitcast {typed(memory, v.lanes)} {text} to {typed(kind, v.lanes)}")
        return Value(text, word, v.lanes)

    def floats(v: Value) -> Value:
        text = v.text
        if memory != kind:
            text = b.do(f"bitcast {typed(kind, v.lanes)} {text} to {typed(memory, v.lanes)}")
        return b.from_memory(text, x.dtype, v.lanes)

    zero = b.number(0, x)
    grows = b.binary("xor", b.compare("olt", x, y), b.compare("olt", x, zero))
    at = bits(x)
    step = b.select(grows, b.number(1, at), b.number(-1, at))
    sign = b.binary("and", bits(y), b.number(np.iinfo(word).min, at))
    least = b.binary("or", sign, b.number(1, at))
    moved = b.select(b.compare("oeq", x, zero), least, b.binary("add", at, step))
    out = b.select(b.compare("oeq", x, y), y, floats(moved))
    return b.select(b.compare("uno", x, y), b.binary("fadd", x, y), out)


def flagged(b: Builder, name: str, x: Value) -> Value:
    """An intrinsic whose second operand says that no value is undefined."""
    kind = b.type_of(x)
    full = f"llvm.{name}.{mangled(register_type(x.dtype), x.lanes)}"
    return x._replace(text=b.call(full, kind, [(kind, x.text), ("i1", "false")]))


def divide(b: Builder, op: str, sign: str, x: Value, y: Value) -> Value:
    """Towards zero; the hardware would trap on a divisor 0, and on the quotient that overflows."""
    zero, one, all_bits = b.number(0, y), b.number(1, y), b.number(-1, y)
    is_zero = b.compare("eq", y, zero)
    traps = is_zero
    if sign == "s":
        lowest = b.number(np.iinfo(x.dtype).min, x)
        overflows = b.binary("and", b.compare("eq", y, all_bits), b.compare("eq", x, lowest))
        traps = b.binary("or", is_zero, overflows)
    safe = b.select(traps, one, y)
    out = quotient(b, op, sign, x, safe)
    return b.select(is_zero, all_bits if op == "div" else x, out)


def quotient(b: Builder, op: str, sign: str, x: Value, y: Value) -> Value:
    """x / y or its remainder. Vectors of up to 32 bits divide in f64, where that is exact: there is
    no vector instruction for integers."""
    if x.lanes == 1 or x.dtype.itemsize > 4:
        return b.binary(sign + op, x, y)
    into, back = ("sitofp", "fptosi") if sign == "s" else ("uitofp", "fptoui")
    ratio = b.binary("fdiv", b.convert(into, x, F64), b.convert(into, y, F64))
    out = b.convert(back, ratio, x.dtype)
    return out if op == "div" else b.binary("sub", x, b.binary("mul", out, y))


def cast(b: Builder, x: Value, to: Dtype) -> Value:
    """As `dtypes.cast`: floats saturate, integers wrap, 16-bit floats are reached through f32."""
    if x.dtype == to:
        return x
    if not (has_register(to) and has_register(x.dtype)):
        raise missing("cast", x.dtype if has_register(to) else to)
    if is_bool(to):
        return b.compare("une" if is_float(x.dtype) else "ne", x, b.number(0, x))
    if is_float(x.dtype):
        return float_to_float(b, x, to) if is_float(to) else float_to_integer(b, x, to)
    if is_integer(to):
        small = 8 * to.itemsize < (1 if is_bool(x.dtype) else 8 * x.dtype.itemsize)
        return b.convert("trunc", x, to) if small else b.widen(x, to)
    unsigned = is_bool(x.dtype) or is_unsigned(x.dtype)
    out = b.convert("uitofp" if unsigned else "sitofp", x, to)
    return rounded(b, out) if to.itemsize == 2 else out


def float_to_float(b: Builder, x: Value, to: Dtype) -> Value:
    """Rounded to nearest, ties to even."""
    op = "fptrunc" if to.itemsize < x.dtype.itemsize else "fpext"
    out = b.convert(op, x, to)
    return rounded(b, out) if to.itemsize == 2 else out


def float_to_integer(b: Builder, x: Value, to: Dtype) -> Value:
    """By truncation, clamped to what the integer holds; NaN becomes 0."""
    low, high = int(np.iinfo(to).min), int(np.iinfo(to).max)
    below = b.compare("olt", x, b.number(low, x))
    above = b.compare("oge", x, b.number(high + 1, x))
    outside = b.binary("or", b.binary("or", below, above), b.compare("uno", x, x))
    safe = b.select(outside, b.number(0, x), x)
    out = b.convert("fptosi" if is_signed(to) else "fptoui", safe, to)
    out = b.select(below, b.number(low, out), out)
    return b.select(above, b.number(high, out), out)


def bitcast(b: Builder, x: Value, to: Dtype) -> Value:
    """The same bits as another dtype of the same width."""
    text, source, target = b.to_memory(x), memory_type(x.dtype), memory_type(to)
    if source != target:
        text = b.do(f"bitcast {typed(source, x.lanes)} {text} to {typed(target, x.lanes)}")
    return b.from_memory(text, to, x.lanes)
