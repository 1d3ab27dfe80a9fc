"""Operators on values: the one place where Python's syntax meets the primitives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from oxmlx.dtypes import as_dtype, is_inexact
from oxmlx.ir.aval import get_aval
from oxmlx.ir.value import Value
from oxmlx.ops import elementwise, logic
from oxmlx.ops.convert import cast, promote_dtypes
from oxmlx.ops.dot import matmul
from oxmlx.ops.math import abs_, floor, integer_pow, power, rem
from oxmlx.ops.select import select


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
    """The largest whole number ≤ x / y."""
    x, y = elementwise.operands("floor_divide", x, y)
    dtype = get_aval(x).dtype
    if is_inexact(dtype):
        return floor(elementwise.div(x, y))
    quotient = elementwise.div(x, y)
    if dtype.kind == "u":
        return quotient
    zero = dtype.type(0)
    uneven = logic.ne(rem(x, y), zero)
    opposite = logic.lt(logic.xor(x, y), zero)
    return select(logic.and_(uneven, opposite), elementwise.sub(quotient, dtype.type(1)), quotient)


def remainder(x: Any, y: Any) -> Any:
    """x - y ⌊x / y⌋, with the sign of y."""
    x, y = elementwise.operands("remainder", x, y)
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
        return integer_pow(x, y) if y >= 0 or is_inexact(x.dtype) else integer_pow(as_float(x), y)
    x, y = elementwise.operands("power", x, y)
    return power(x, y)


def flip(f: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """f with its operands exchanged."""
    return lambda x, y: f(y, x)


OPERATORS: dict[str, Callable[..., Any]] = {
    "add": elementwise.add,
    "sub": elementwise.sub,
    "mul": elementwise.mul,
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
        setattr(Value, f"__{name}__", f)
        setattr(Value, f"__r{name}__", flip(f))
    for name, f in COMPARISONS.items():
        setattr(Value, f"__{name}__", f)
    unary = {"neg": elementwise.neg, "pos": lambda x: x, "abs": abs_, "invert": logic.not_}
    for name, f in unary.items():
        setattr(Value, f"__{name}__", f)
    setattr(Value, "astype", astype)  # noqa: B010  # unknown to the class, on purpose


install()
