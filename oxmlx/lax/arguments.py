"""What the functions of `oxmlx.lax` accept: operands of one dtype and one shape, static numbers."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from oxmlx.dtypes import is_bool, is_complex, is_float, is_integer, promote, scalar_dtype
from oxmlx.errors import ArgumentError, AxisError, DtypeError, OxmlxError, ShapeError
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.value import Value
from oxmlx.ops.axes import from_number
from oxmlx.ops.convert import NUMBERS, as_operand, as_value, cast, literal
from oxmlx.ops.shape import broadcast_to

Array: TypeAlias = Value
ArrayLike: TypeAlias = "Value | np.ndarray[Any, Any] | np.generic | complex"
Shape: TypeAlias = "Sequence[int]"

ADVICE = "Convert the operands, or use the function of ox.numpy, which promotes and broadcasts."


def value(x: Any, who: str) -> Any:
    """`x` as an array, so that it has a shape; numbers are weak."""
    return x if isinstance(x, Value) else as_value(x, who)


def is_number(x: Any) -> bool:
    """Whether `x` is a Python or NumPy number."""
    return isinstance(x, (*NUMBERS, np.number, np.bool_))


def same_dtype(who: str, *xs: Any) -> list[Any]:
    """Operands of one dtype. A number, or an array that came from one, takes that of the others if
    it is of its kind (an int beside integers, a float beside floats).

    Raises:
        DtypeError: the operands differ in dtype.
    """
    given = [x if is_number(x) else as_operand(x, who) for x in xs]
    types = [typed(x) for x in given]
    strong = {dtype for dtype, weak in types if not weak}
    if len(strong) > 1 or len({kind(dtype) for dtype, _ in types}) > 1:
        raise DtypeError(who, f"operands must have one dtype, got {listed(given)}", ADVICE)
    if strong:
        (dtype,) = strong
        return [cast(x, dtype) if isinstance(x, Value) else literal(x, dtype, who) for x in given]
    arrays = [value(x, who) for x in given]
    dtype = arrays[0].dtype
    for x in arrays[1:]:
        dtype = promote(dtype, True, x.dtype, True)[0]
    return [cast(x, dtype, x.weak_type) for x in arrays]


def arrays(who: str, *xs: Any) -> list[Any]:
    """Arrays of one dtype; numbers become arrays of rank 0.

    Raises:
        DtypeError: the operands differ in dtype.
    """
    return [as_array(x) for x in same_dtype(who, *xs)]


def as_array(x: Any) -> Any:
    """An operand as an array; a number as one of rank 0, of the dtype that it has taken."""
    return x if isinstance(x, Value) else from_number(x)


def typed(x: Any) -> tuple[np.dtype[Any], bool]:
    """The dtype of an array or a number, and whether it gives way to others of its kind."""
    if isinstance(x, Value):
        return x.dtype, x.weak_type
    dtype = scalar_dtype(x)[0]
    return dtype, dtype.kind != "b"


def kind(dtype: np.dtype[Any]) -> Any:
    """What a dtype shares with others that a number may take."""
    for is_kind in (is_bool, is_integer, is_float, is_complex):
        if is_kind(dtype):
            return is_kind
    return dtype


def same_type(who: str, *xs: Any) -> list[Any]:
    """Operands of one dtype, and of one shape or rank 0; an extent of 1 stretches.

    Raises:
        DtypeError: the operands differ in dtype.
        ShapeError: they differ in rank, or in an extent that is not 1.
    """
    if all(isinstance(x, Value) for x in xs) and len({x.aval for x in xs}) == 1:
        return list(xs)
    ops = same_dtype(who, *xs)
    shapes = {get_aval(x).shape for x in ops} - {()}
    if len(shapes) <= 1:
        return ops
    columns = list(zip(*shapes, strict=False))
    uneven = any(len(set(column) - {1}) > 1 for column in columns)
    if uneven or len({len(s) for s in shapes}) > 1:
        raise ShapeError(who, f"operands must have one shape, got {listed(ops)}", ADVICE)
    shape = tuple(next((n for n in column if n != 1), 1) for column in columns)
    return [broadcast_to(x, shape) if get_aval(x).ndim else x for x in ops]


def same_shape(who: str, *xs: Any) -> None:
    """Refuse arrays of different shapes.

    Raises:
        ShapeError: they differ.
    """
    if len({x.shape for x in xs}) > 1:
        raise ShapeError(who, f"operands must have one shape, got {listed(xs)}", ADVICE)


def listed(xs: Sequence[Any]) -> str:
    """The types of operands, as an error shows them."""
    return " and ".join(repr(x) if is_number(x) else str(get_aval(x)) for x in xs)


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
        raise ArgumentError(
            who,
            f"{name} must hold integers, got {x!r:.80}",
            "Pass Python ints.",
        ) from None


def ints(who: str, name: str, xs: Any, length: int | None = None) -> tuple[int, ...]:
    """A sequence of whole numbers, or one of them, as a tuple.

    Raises:
        ArgumentError: an item is no integer, or there are not `length` of them.
    """
    if isinstance(xs, (Value, np.ndarray)):
        xs = np.asarray(xs).tolist()
    several = isinstance(xs, Sequence) and not isinstance(xs, str)
    out = tuple(static_int(who, name, x) for x in (xs if several else (xs,)))
    if length is not None and len(out) != length:
        raise ArgumentError(who, f"{name} must hold {length} integers, got {out}")
    return out


def shape_of(who: str, shape: Any) -> tuple[int, ...]:
    """A shape from a sequence of extents.

    Raises:
        ShapeError: an extent is negative.
    """
    sizes = ints(who, "shape", shape)
    if any(n < 0 for n in sizes):
        raise ShapeError(
            who,
            f"extents must not be negative, got {sizes}",
            "Compute it so that it is 0 at least: max(n, 0).",
        )
    return sizes


def axis_of(who: str, axis: Any, ndim: int) -> int:
    """An axis counted from 0; negative ones count from the end.

    Raises:
        AxisError: an array of rank `ndim` has no such axis.
    """
    number = static_int(who, "axis", axis)
    if not -ndim <= number < ndim:
        raise AxisError(who, f"got axis {number} of an array of rank {ndim}")
    return number % ndim


def axes_of(who: str, axes: Any, ndim: int) -> tuple[int, ...]:
    """Distinct axes counted from 0.

    Raises:
        AxisError: an array of rank `ndim` lacks one, or one is named twice.
    """
    out = tuple(axis_of(who, a, ndim) for a in ints(who, "axes", axes))
    if len(set(out)) != len(out):
        raise AxisError(who, f"an axis is named twice in {tuple(axes)}", "Name each axis once.")
    return out


def check(who: str, conditions: Sequence[tuple[bool, str]], advice: str = "") -> None:
    """Refuse what breaks the first of several conditions, each with the problem to report.

    Raises:
        ShapeError: a condition does not hold.
    """
    for holds, problem in conditions:
        if not holds:
            raise ShapeError(who, problem, advice)


def of_dtype(who: str, name: str, x: Any, like: Aval) -> Any:
    """An array of the dtype of `like`; numbers, and arrays that came from one, take it.

    Raises:
        DtypeError: it is an array of another dtype.
    """
    if is_number(x):
        return from_number(literal(x, like.dtype, who))
    x = as_value(x, who)
    if x.dtype != like.dtype and not x.weak_type:
        raise DtypeError(who, f"{name} must have the dtype of {like}, got {x.aval}", ADVICE)
    return cast(x, like.dtype)


def as_scalar(who: str, name: str, x: Any, like: Aval) -> Any:
    """An array of rank 0 and of the dtype of `like`.

    Raises:
        ShapeError: it has axes.
    """
    out = of_dtype(who, name, x, like)
    check(who, [(not out.ndim, f"{name} must have rank 0, got {out.aval}")])
    return out
