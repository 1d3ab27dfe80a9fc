"""What Python's own functions of numbers do with arrays: abs, divmod and round."""

from __future__ import annotations

from typing import Any

from oxmlx.dtypes import int32, int64, is_integer, uint32
from oxmlx.ir.value import Value
from oxmlx.ops.math import abs_
from oxmlx.ops.operators import floor_divide, remainder


def divided(x: Any, y: Any) -> tuple[Any, Any]:
    """The quotient rounded down, and the remainder."""
    return floor_divide(x, y), remainder(x, y)


def divides(x: Any, y: Any) -> tuple[Any, Any]:
    """The same with its operands exchanged."""
    return floor_divide(y, x), remainder(y, x)


def magnitude(x: Value) -> Any:
    """|x|; unsigned integers and bools as they are."""
    return x if x.dtype.kind in "bu" else abs_(x)


def rounded(x: Value, ndigits: int | None = None) -> Any:
    """The nearest number with so many decimals; without `ndigits` the nearest integer, of 32 bits
    unless the number has 64."""
    if ndigits is not None:
        return x.round(ndigits)
    wide = x.dtype.itemsize > int32.dtype.itemsize
    if is_integer(x.dtype) and (wide or x.dtype == uint32.dtype):
        return x
    return x.round().astype(int64 if wide else int32)


def install() -> None:
    """Put the functions on values."""
    methods = {
        "__abs__": magnitude,
        "__divmod__": divided,
        "__rdivmod__": divides,
        "__round__": rounded,
    }
    for name, method in methods.items():
        setattr(Value, name, method)
