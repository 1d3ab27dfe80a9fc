"""What the functions of `oxmlx.numpy` accept: arrays and numbers, axes, shapes, static numbers."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from oxmlx import conversion, dtypes
from oxmlx.errors import (
    ArgumentError,
    AxisError,
    DtypeError,
    ImmutableError,
    OxmlxError,
    ShapeError,
)
from oxmlx.ir.array import number
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.value import Value
from oxmlx.ops.convert import as_value, cast, from_numpy, promote_dtypes
from oxmlx.ops.elementwise import operands
from oxmlx.ops.operators import as_float

Array: TypeAlias = Value
ArrayLike: TypeAlias = "Value | np.ndarray[Any, Any] | np.generic | complex"
Axes: TypeAlias = "int | Sequence[int] | None"
Shape: TypeAlias = "int | Sequence[int]"

INT32, FLOAT32 = np.dtype(np.int32), np.dtype(np.float32)
BOOL = np.dtype(bool)


def value(x: Any, who: str) -> Any:
    """`x` as an array, so that it has a shape and methods; numbers are weak."""
    return x if isinstance(x, Value) else as_value(x, who)


def values(xs: Any, who: str) -> list[Any]:
    """A sequence of arrays and numbers, or the rows of an array, as arrays.

    Raises:
        ArgumentError: it is no sequence, or an item is neither an array nor a number.
    """
    if not isinstance(xs, (Value, np.ndarray, Sequence)) or isinstance(xs, str):
        problem = f"wants a sequence of arrays, got {type(xs).__name__}"
        raise ArgumentError(who, problem, "Put the arrays into a list.")
    rows: Any = value(xs, who) if isinstance(xs, np.ndarray) else xs
    return [value(x, who) for x in rows]


def inexact(x: Any, who: str) -> Any:
    """An array of floating or complex dtype: integers and bools become float32."""
    y = value(x, who)
    return y if dtypes.is_inexact(y.aval.dtype) else as_float(y)


def inexacts(who: str, *xs: Any) -> list[Any]:
    """Operands of one floating or complex dtype and of one shape, numbers as literals."""
    return [as_float(x) for x in operands(who, *xs)]


def arrays(who: str, *xs: Any) -> list[Any]:
    """Operands as arrays of one dtype, which is weak if all of them are."""
    ops = promote_dtypes(who, *xs)
    weak = all(get_aval(x).weak and x.dtype != BOOL for x in ops)
    return [x if isinstance(x, Value) else from_numpy(np.asarray(x), weak=weak) for x in ops]


def inexact_arrays(who: str, *xs: Any) -> list[Any]:
    """Operands as arrays of one floating or complex dtype."""
    return [as_float(x) for x in arrays(who, *xs)]


def converted(who: str, x: Any, dtype: dtypes.Dtype) -> Any:
    """`x` as an array of a dtype. A number goes there directly: by way of float32 it would lose.

    Raises:
        OverflowingLiteralError: an integer does not fit.
        DtypeError: a complex number for a real dtype.
    """
    if isinstance(x, Value):
        return cast(x, dtype)
    data: Any = conversion.canonical(x, dtype, who=who)
    return from_numpy(np.array(data)) if data.ndim else number(data[()], Aval((), dtype))


def strong(x: Any) -> Any:
    """`x` with a dtype that does not give way to others."""
    return cast(x, get_aval(x).dtype)


def as_bool(x: Any) -> Any:
    """Whether each element differs from zero."""
    return cast(x, BOOL)


def refuse_complex(who: str, x: Any) -> None:
    """Refuse a complex operand.

    Raises:
        DtypeError: it is complex.
    """
    if dtypes.is_complex(x.dtype):
        raise DtypeError(
            who,
            f"has no meaning for complex numbers, got {get_aval(x)}",
            "Take .real, .imag or abs(x) first.",
        )


def static_int(who: str, name: str, x: Any) -> int:
    """A whole number that must be known while tracing.

    Raises:
        ArgumentError: it is no integer.
        ConcretizationError: it is a traced value.
    """
    try:
        return operator.index(x)
    except TypeError as e:
        if isinstance(e, OxmlxError):
            raise
        problem = f"{name} must be an integer, got {x!r:.80}"
        raise ArgumentError(who, problem, "Pass a Python int.") from None


def shape_of(who: str, shape: Any) -> tuple[int, ...]:
    """A shape from an extent or a sequence of extents.

    Raises:
        ArgumentError: an extent is no integer.
        ShapeError: an extent is negative.
    """
    sizes = ints(who, "shape", shape)
    if any(n < 0 for n in sizes):
        raise ShapeError(who, f"extents must not be negative, got {sizes}")
    return sizes


def ints(who: str, name: str, x: Any) -> tuple[int, ...]:
    """One integer or a sequence of them, as a tuple."""
    if isinstance(x, Value):
        x = x.concrete(f"{name} as Python numbers")
    if isinstance(x, Sequence) or (isinstance(x, np.ndarray) and x.ndim):
        return tuple(static_int(who, name, n) for n in x)
    return (static_int(who, name, x),)


def axis_of(who: str, axis: Any, ndim: int) -> int:
    """An axis counted from 0; negative ones count from the end.

    Raises:
        AxisError: an array of rank `ndim` has no such axis.
    """
    k = static_int(who, "axis", axis)
    if not -ndim <= k < ndim:
        has = f"[{-ndim}, {ndim})" if ndim else "no axes"
        raise AxisError(who, f"axis {k} of an array of rank {ndim}", f"It has {has}.")
    return k % ndim


def axes_of(who: str, axis: Any, ndim: int) -> tuple[int, ...]:
    """Distinct axes counted from 0; `None` names them all.

    Raises:
        AxisError: the array lacks one, or one is named twice.
    """
    if axis is None:
        return tuple(range(ndim))
    axes = tuple(axis_of(who, a, ndim) for a in ints(who, "axis", axis))
    if len(set(axes)) != len(axes):
        raise AxisError(who, f"an axis is named twice in {axis}", "Name each axis once.")
    return axes


def refuse_out(who: str, out: object) -> None:
    """`out=` is there for NumPy's argument order only.

    Raises:
        ArgumentError: it is used.
    """
    if out is not None:
        raise ArgumentError(
            who,
            "out= would change an array, and arrays are immutable",
            "Leave it out, and use the result.",
        )


def refuse_inplace(who: str, inplace: bool) -> None:
    """NumPy's functions that change an array return another one here.

    Raises:
        ImmutableError: the array is to be changed.
    """
    if inplace:
        problem = "would change an array, and arrays are immutable"
        raise ImmutableError(who, problem, "Pass inplace=False, which returns the changed array.")


def choice(who: str, name: str, x: Any, options: Sequence[str]) -> str:
    """One of a few words.

    Raises:
        ArgumentError: it is none of them.
    """
    if not isinstance(x, str) or x not in options:
        listed = ", ".join(map(repr, options))
        raise ArgumentError(who, f"{name} got {x!r}", f"It takes {listed}.")
    return x
