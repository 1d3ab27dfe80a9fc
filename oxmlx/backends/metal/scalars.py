"""How a scalar operation is spelled in MSL 2.3 under fast math.

Floats of 16 bits are held in `float` and rounded after each operation that may need it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from oxmlx.dtypes import Dtype, is_bool, is_float, is_integer, is_signed, short_name
from oxmlx.errors import DtypeError, MissingRule
from oxmlx.ir.kernel import Const, Scalar, Size

Spelling = tuple[str, int]
"""A text, and how tightly it binds."""
ATOM, UNARY, ARITHMETIC, CHOICE = 9, 8, 5, 0

MEMORY = {
    **{"bool": "bool", "i8": "char", "u8": "uchar", "i16": "short", "u16": "ushort"},
    **{"i32": "int", "u32": "uint", "i64": "long", "u64": "ulong"},
    **{"f16": "half", "bf16": "ushort", "f32": "float"},
}
"""The type of an element in a buffer."""

INFIX = {
    **{"mul": ("*", 7), "div": ("/", 7), "rem": ("%", 7), "add": ("+", 6), "sub": ("-", 6)},
    **{"lt": ("<", 4), "le": ("<=", 4), "gt": (">", 4), "ge": (">=", 4)},
    **{"eq": ("==", 3), "ne": ("!=", 3), "and": ("&", 1), "or": ("|", 1), "xor": ("^", 1)},
}
LOGIC = {"and": ("&&", 1), "min": ("&&", 1), "or": ("||", 1), "max": ("||", 1), "xor": ("!=", 1)}

FLOAT_CALLS = {
    **{name: f"precise::{name}" for name in ("exp", "exp2", "log", "log2", "sqrt", "rsqrt", "pow")},
    **{name: f"precise::{name}" for name in ("sin", "cos", "tan", "asin", "acos", "atan", "atan2")},
    **{name: f"precise::{name}" for name in ("sinh", "cosh", "tanh", "asinh", "acosh", "atanh")},
    **{"div": "precise::divide", "rem": "precise::fmod", "max": "max_nan", "min": "min_nan"},
    **{"floor": "floor", "ceil": "ceil", "round": "rint", "abs": "abs", "sign": "sign_nan"},
    **{name: f"{name}_nan" for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    **{name: name for name in ("erf", "erfc", "erf_inv", "expm1", "log1p", "cbrt", "logistic")},
    **{name: name for name in ("is_finite", "nextafter")},
}
INTEGER_CALLS = {"max": "max", "min": "min", "div": "int_div", "rem": "int_rem"}
SHIFTS = frozenset({"shift_left", "shift_right_logical", "shift_right_arithmetic"})
KEEPS = frozenset(
    ("select", "max", "min", "neg", "abs", "sign", "floor", "ceil", "round", "rem", "nextafter")
)
"""Operations on 16-bit floats whose result is one."""
WRAPS = frozenset({"add", "sub", "mul", "neg"})


def memory_type(dtype: Dtype) -> str:
    """The MSL type of an element in a buffer.

    Raises:
        DtypeError: MSL 2.3 has no such type.
    """
    name = short_name(dtype)
    if name not in MEMORY:
        known = ", ".join(MEMORY)
        raise DtypeError("metal", f"cannot hold {name}", f"There are {known}; or run on the CPU.")
    return MEMORY[name]


def register_type(dtype: Dtype) -> str:
    """The MSL type of a value."""
    return "float" if is_float(dtype) and memory_type(dtype) else memory_type(dtype)


def unsigned(dtype: Dtype) -> str:
    """The unsigned type of the same width."""
    return MEMORY[f"u{8 * dtype.itemsize}"]


def spell_const(e: Const) -> Spelling:
    """A finite number."""
    value = e.value.item()
    if is_bool(e.dtype):
        return str(value).lower(), ATOM
    if is_float(e.dtype):
        text = f"{np.float32(value)!s}f"
    elif e.dtype.itemsize < 4:
        return f"{memory_type(e.dtype)}({value})", ATOM  # there are no literals of these types
    elif value == -(2**31) or value == -(2**63):
        return f"({value + 1}{'l' if value < -(2**31) else ''} - 1)", ATOM
    else:
        text = f"{value}{'u' * (not is_signed(e.dtype))}{'l' * (e.dtype.itemsize == 8)}"
    return text, UNARY if text.startswith("-") else ATOM


def spell(e: Scalar, show: Callable[..., str], is_index: bool) -> Spelling:
    """The text of an operation.

    Args:
        show: (operand, how tightly it must bind) -> its text.
        is_index: the operands come from indices, sizes and constants alone, so nothing overflows.

    Raises:
        MissingRule: MSL has no such operation, and the prelude neither.
    """
    text, tight = spell_raw(e, show, is_index)
    if is_index or (e.op in KEEPS and is_float(e.dtype)):
        return text, tight
    if is_float(e.dtype) and e.dtype.itemsize == 2:
        half = short_name(e.dtype) == "f16"
        return (f"float(half({text}))" if half else f"round_bf16({text})"), ATOM
    if is_integer(e.dtype) and e.dtype.itemsize < 4:
        return f"{memory_type(e.dtype)}({text})", ATOM
    return text, tight


def spell_raw(e: Scalar, show: Callable[..., str], is_index: bool) -> Spelling:
    """The operation as C++ computes it, before 16-bit results are rounded."""
    args, x = e.args, e.args[0]
    listed = ", ".join(show(a, 0) for a in args)
    if e.op == "select":
        c, a, b = args
        return f"{show(c, 1)} ? {show(a, 1)} : {show(b, 1)}", CHOICE
    if e.op == "cast":
        return spell_cast(e, show)
    if e.op == "bitcast":
        return spell_bitcast(e, show)
    if e.op in ("eq", "ne") and x is args[1] and is_float(x.dtype):
        return ("!" * (e.op == "eq")) + f"is_nan({show(x, 0)})", UNARY
    if is_bool(x.dtype):
        if e.op == "not":
            return f"!{show(x, ATOM)}", UNARY
        sign = LOGIC.get(e.op) or INFIX.get(e.op)
    elif is_float(x.dtype):
        if e.op in FLOAT_CALLS:
            grid = (
                f"_{short_name(x.dtype)}" if e.op == "nextafter" and x.dtype.itemsize == 2 else ""
            )
            return f"{FLOAT_CALLS[e.op]}{grid}({listed})", ATOM
        sign = INFIX.get(e.op)
    else:
        known = spell_integer(e, show, is_index)
        if known is not None:
            return known
        sign = INFIX.get(e.op)
    if e.op == "neg":
        return f"-{show(x, ATOM)}", UNARY
    if sign is None or not isinstance(sign, tuple):
        raise MissingRule(
            "metal",
            f"cannot spell `{e.op}` for {short_name(x.dtype)}",
            "Write it in oxmlx/backends/metal/scalars.py, or run on the CPU.",
        )
    word, tight = sign
    inner = max(tight, ARITHMETIC) if tight <= 1 else tight
    return f"{show(x, inner)} {word} {show(args[1], inner + 1)}", tight


def spell_integer(e: Scalar, show: Callable[..., str], is_index: bool) -> Spelling | None:
    """An operation on integers that is no plain sign: it wraps, and has an answer for zero."""
    args, dtype = e.args, e.args[0].dtype
    x, t, u = args[0], memory_type(dtype), unsigned(dtype)
    listed = ", ".join(show(a, 0) for a in args)
    if e.op in ("div", "rem") and (is_index or is_nonzero(args[1])):
        return None
    if e.op in INTEGER_CALLS:
        return f"{INTEGER_CALLS[e.op]}({listed})", ATOM
    if e.op == "pow":
        return f"int_pow<{t}, {'ulong' if dtype.itemsize == 8 else 'uint'}>({listed})", ATOM
    if e.op in SHIFTS:
        return f"{e.op}<{t}, {u[1:]}, {u}>({listed})", ATOM
    if e.op in WRAPS and is_signed(dtype) and dtype.itemsize >= 4 and not is_index:
        parts = [f"{u}({show(a, 0)})" for a in args]
        text = f"-{parts[0]}" if e.op == "neg" else f" {INFIX[e.op][0]} ".join(parts)
        return f"{t}({text})", ATOM
    if e.op in ("population_count", "clz"):
        count = ("popcount" if e.op == "population_count" else "clz") + "64" * (u == "ulong")
        bits = f"{u}({show(x, 0)})"
        if dtype.itemsize < 4:
            bits = f"uint({bits})"
        spare = f" - {32 - 8 * dtype.itemsize}" if e.op == "clz" and dtype.itemsize < 4 else ""
        return f"{t}({count}({bits}){spare})", ATOM
    match e.op:
        case "abs":
            return (f"{t}(abs({listed}))" if is_signed(dtype) else listed), ATOM
        case "sign":
            return f"{t}(({show(x, ARITHMETIC)} > 0) - ({show(x, ARITHMETIC)} < 0))", ATOM
        case "not":
            return f"~{show(x, ATOM)}", UNARY
        case _:
            return None


def is_nonzero(e: object) -> bool:
    """Can this divisor be neither 0 nor -1?"""
    return isinstance(e, Size) or (isinstance(e, Const) and e.value.item() not in (0, -1))


def spell_cast(e: Scalar, show: Callable[..., str]) -> Spelling:
    """A conversion; floats saturate, integers wrap."""
    (x,) = e.args
    if is_bool(e.dtype):
        return f"{show(x, 4)} != 0", 3
    if is_float(e.dtype):
        return (show(x, ATOM), ATOM) if is_float(x.dtype) else (f"float({show(x, 0)})", ATOM)
    t = memory_type(e.dtype)
    return (f"to_int<{t}>({show(x, 0)})" if is_float(x.dtype) else f"{t}({show(x, 0)})"), ATOM


def spell_bitcast(e: Scalar, show: Callable[..., str]) -> Spelling:
    """The same bits as another type of the same width."""
    (x,) = e.args
    text = to_memory(x.dtype, show(x, 0))
    if memory_type(x.dtype) != memory_type(e.dtype):
        text = f"as_type<{memory_type(e.dtype)}>({text})"
    return from_memory(e.dtype, text), ATOM


def from_memory(dtype: Dtype, text: str) -> str:
    """An element of a buffer as a value."""
    wrap = {"f16": "float", "bf16": "from_bf16"}.get(short_name(dtype))
    return f"{wrap}({text})" if wrap else text


def to_memory(dtype: Dtype, text: str) -> str:
    """A value as an element of a buffer."""
    wrap = {"f16": "half", "bf16": "to_bf16"}.get(short_name(dtype))
    return f"{wrap}({text})" if wrap else text
