"""Operators on values: the one place where Python's syntax meets the primitives."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from oxmlx.dtypes import as_dtype, is_inexact
from oxmlx.errors import ArgumentError
from oxmlx.ir.aval import get_aval
from oxmlx.ir.value import Value
from oxmlx.ops import elementwise, logic
from oxmlx.ops.convert import NUMBERS, cast, promote_dtypes
from oxmlx.ops.dot import matmul
from oxmlx.ops.math import abs_, integer_pow, power, rem, round_
from oxmlx.ops.select import select

BOOL, INT32 = np.dtype(np.bool_), np.dtype(np.int32)
OPERANDS = (Value, np.ndarray, np.generic, *NUMBERS)
CONTAINERS = (list, tuple, set, dict)


def add(x: Any, y: Any) -> Any:
    """x + y; the union of bools."""
    return elementwise.add(x, y) if number(x) else by_kind("add", elementwise.add, logic.or_, x, y)


def mul(x: Any, y: Any) -> Any:
    """x y; the intersection of bools."""
    return elementwise.mul(x, y) if number(x) else by_kind("mul", elementwise.mul, logic.and_, x, y)


def number(x: Any) -> bool:
    """Whether x is no bool: an array of numbers, or a Python number."""
    return x.aval.dtype is not BOOL if isinstance(x, Value) else type(x) in elementwise.PLAIN


def by_kind(who: str, numbers: Any, bools: Any, x: Any, y: Any) -> Any:
    """Apply one function to numbers, another to bools."""
    x, y = elementwise.operands(who, x, y)
    return (bools if get_aval(x).dtype.kind == "b" else numbers)(x, y)


def whole(who: str, x: Any, y: Any) -> list[Any]:
    """Operands of one dtype and shape, bools as int32."""
    xs = elementwise.operands(who, x, y)
    return [cast(x, INT32) for x in xs] if get_aval(xs[0]).dtype.kind == "b" else xs


def true_divide(x: Any, y: Any) -> Any:
    """x / y; integers become floats first."""
    x, y = promote_dtypes("true_divide", x, y)
    if not is_inexact(get_aval(x).dtype):
        x, y = as_float(x), as_float(y)
    return elementwise.div(x, y)


def as_float(x: Any) -> Any:
    """Integers and bools as f32; inexact values as they are."""
    aval = get_aval(x)
    return x if is_inexact(aval.dtype) else cast(x, np.dtype(np.float32), aval.weak)


def floor_divide(x: Any, y: Any) -> Any:
    """The largest whole number ≤ x / y, which fits the remainder: 1 // 0.1 is 9, not 1 / 0.1."""
    x, y = whole("floor_divide", x, y)
    dtype = get_aval(x).dtype
    if dtype.kind == "u":
        return elementwise.div(x, y)
    zero, one, r = dtype.type(0), dtype.type(1), rem(x, y)
    down = logic.and_(logic.ne(r, zero), logic.ne(logic.lt(r, zero), logic.lt(y, zero)))
    inexact = is_inexact(dtype)
    quotient = elementwise.div(elementwise.sub(x, r) if inexact else x, y)
    floored = select(down, elementwise.sub(quotient, one), quotient)
    if not inexact:
        return floored
    return round_(select(logic.eq(y, zero), elementwise.div(x, y), floored))


def remainder(x: Any, y: Any) -> Any:
    """x - y ⌊x / y⌋, with the sign of y."""
    x, y = whole("remainder", x, y)
    dtype = get_aval(x).dtype
    r = rem(x, y)
    if dtype.kind == "u":
        return r
    zero = dtype.type(0)
    opposite = logic.ne(logic.lt(r, zero), logic.lt(y, zero))
    wrong = logic.and_(logic.ne(r, zero), opposite)
    return select(wrong, elementwise.add(r, y), r)


def pow_(x: Any, y: Any) -> Any:
    """xʸ; a Python int as exponent multiplies."""
    if isinstance(y, int) and not isinstance(y, bool) and isinstance(x, Value):
        return integer_pow(x, y)
    return power(*whole("power", x, y))


def flip(f: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """f with its operands exchanged."""
    return lambda x, y: f(y, x)


def method(f: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """f as an operator's method: an operand of a foreign class may have a method of its own. Not so
    a container, whose user expects it to be taken for an array."""

    @functools.wraps(f)
    def operator(x: Any, y: Any) -> Any:
        try:
            return f(x, y)
        except ArgumentError:
            if isinstance(y, (*OPERANDS, *CONTAINERS)):
                raise
            return NotImplemented

    return operator


OPERATORS: dict[str, Callable[..., Any]] = {
    "add": add,
    "sub": elementwise.sub,
    "mul": mul,
    "truediv": true_divide,
    "floordiv": floor_divide,
    "mod": remainder,
    "pow": pow_,
    "matmul": matmul,
    "and": logic.and_,
    "or": logic.or_,
    "xor": logic.xor,
    "lshift": logic.shift_left,
}
COMPARISONS = {
    "eq": logic.eq,
    "ne": logic.ne,
    "lt": logic.lt,
    "le": logic.le,
    "gt": logic.gt,
    "ge": logic.ge,
}


def shift_right(x: Any, y: Any) -> Any:
    """x >> y: the sign comes in for signed integers."""
    (x, y) = promote_dtypes("shift_right", x, y)
    signed = get_aval(x).dtype.kind == "i"
    return (logic.shift_right_arithmetic if signed else logic.shift_right_logical)(x, y)


def astype(x: Value, dtype: Any, copy: bool = True, device: Any = None) -> Any:
    """The array with another dtype."""
    return cast(x, as_dtype(dtype))


def install() -> None:
    """Put the operators on `Value`, for arrays and tracers alike."""
    for name, f in {**OPERATORS, "rshift": shift_right}.items():
        setattr(Value, f"__{name}__", method(f))
        setattr(Value, f"__r{name}__", method(flip(f)))
    for name, f in COMPARISONS.items():
        setattr(Value, f"__{name}__", method(f))
    unary = {"neg": elementwise.neg, "pos": lambda x: x, "abs": abs_, "invert": logic.not_}
    for name, f in unary.items():
        setattr(Value, f"__{name}__", f)
    setattr(Value, "astype", astype)  # noqa: B010  # unknown to the class, on purpose


install()
