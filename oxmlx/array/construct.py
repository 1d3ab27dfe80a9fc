"""Arrays from numbers, nested lists, NumPy arrays and whatever NumPy understands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from oxmlx import conversion
from oxmlx.api.evaluation import device_put
from oxmlx.dtypes import Dtype, ScalarType, as_dtype, short_name
from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.ir.array import Array
from oxmlx.ir.device import Device
from oxmlx.ir.value import Value
from oxmlx.ops.axes import broadcast
from oxmlx.ops.convert import NUMBERS, as_data, as_value, cast, copied, from_numpy, promote_dtypes
from oxmlx.ops.shape import reshape
from oxmlx.ops.slicing import concatenate


def array(
    object: Any,
    dtype: Any = None,
    *,
    copy: bool | None = True,
    order: str | None = "K",
    ndmin: int = 0,
    device: Device | str | None = None,
) -> Value:
    """An array with the given elements.

    Args:
        object: a number, nested lists of numbers and arrays, a NumPy array, or what has a buffer.
        dtype: the dtype; by default that of the data, 64-bit numbers becoming 32-bit ones. A Python
            number is weak: it takes the dtype of an array that it meets.
        copy: `True` copies, `None` only if it must, `False` shares memory or raises.
        order: ignored; arrays have no memory order that can be seen.
        ndmin: at least so many axes; new ones come first.
        device: where the array lives.

    Raises:
        ArgumentError: there is no way to make an array without the copy that `copy=False` forbids.
        DtypeError: the data has no dtype of oxmlx.
        OverflowingLiteralError: an integer does not fit the dtype.
        ShapeError: nested lists of unequal lengths.

    >>> import oxmlx as ox
    >>> ox.array([[1, 2], [3, 4.5]])
    array([[1. , 2. ],
           [3. , 4.5]], dtype=float32)
    """
    out = build(object, None if dtype is None else as_dtype(dtype, "array"), copy, "array")
    if out.ndim < ndmin:
        out = reshape(out, (1,) * (ndmin - out.ndim) + out.shape)
    return out if device is None else device_put(out, device)


def asarray(
    a: Any,
    dtype: Any = None,
    order: str | None = None,
    *,
    copy: bool | None = None,
    device: Device | str | None = None,
) -> Value:
    """`a` as an array; an array itself if nothing has to change.

    NumPy arrays are copied, since they may change, unless they are read-only or `copy=False`.

    Args:
        a: as in `array`.
        dtype: the dtype; by default that of the data, 64-bit numbers becoming 32-bit ones.
        order: ignored.
        copy: `True` copies, `None` only if it must, `False` shares memory, which must
            not change from now on, or raises.
        device: where the array lives.

    Raises:
        ArgumentError: there is no way to make an array without the copy that `copy=False` forbids.

    >>> import oxmlx as ox
    >>> x = ox.asarray([1, 2])
    >>> ox.asarray(x) is x, ox.asarray(x, "float16")
    (True, array([1., 2.], dtype=float16))
    """
    out = build(a, None if dtype is None else as_dtype(dtype, "asarray"), copy, "asarray")
    return out if device is None else device_put(out, device)


def build(x: Any, dtype: Dtype | None, copy: bool | None, who: str) -> Any:
    """The array of `x`, with `dtype` if it is given."""
    if isinstance(x, Value):
        return renewed(x, dtype, copy, who)
    if dtype is None and isinstance(x, (*NUMBERS, np.generic)):
        if copy is False:
            raise copy_needed(who, "a number")
        return as_data(x, who)
    if isinstance(x, (list, tuple)) and any(isinstance(leaf, Value) for leaf in leaves(x)):
        if copy is False:
            raise copy_needed(who, "a list")
        out = stacked(x, who)
        return cast(out, out.dtype if dtype is None else dtype)
    return entered(x, dtype, copy, who)


def renewed(x: Value, dtype: Dtype | None, copy: bool | None, who: str) -> Any:
    """A value with `dtype`; a copy is another handle on the same immutable elements."""
    if dtype is not None and (x.dtype != dtype or x.weak_type):
        if copy is False and x.dtype != dtype:
            raise copy_needed(who, f"{x.aval} as {short_name(dtype)}")
        return cast(x, dtype)
    return Array(x.aval, x.place, x.node) if copy and type(x) is Array else x


def entered(x: Any, dtype: Dtype | None, copy: bool | None, who: str) -> Array:
    """The array of data from outside."""
    data = conversion.canonical(x, dtype, who=who)
    given = x if isinstance(x, np.ndarray) else np.asarray(x)
    shared = np.may_share_memory(data, given)
    if copy is False and not shared:
        raise copy_needed(who, f"{type(x).__name__} as {short_name(data.dtype)}")
    may_change = given.flags.writeable and not isinstance(x, (list, tuple, *NUMBERS))
    return from_numpy(copied(data) if copy is not False and shared and may_change else data)


def leaves(x: Any) -> Iterator[Any]:
    """The items of nested lists."""
    if isinstance(x, (list, tuple)):
        for item in x:
            yield from leaves(item)
    else:
        yield x


def stacked(xs: Any, who: str) -> Any:
    """Nested lists of arrays and numbers as one array; numbers give way to arrays."""
    items = [item(x, who) for x in xs]
    if not items:
        return from_numpy(np.zeros((0,), np.float32), weak=True)
    if len({x.shape for x in items}) > 1:
        shapes = " and ".join(sorted({str(x.shape) for x in items}))
        raise ShapeError(who, f"nested lists of unequal shapes: {shapes}", "Make them equal.")
    rows = [broadcast(x, (1, *x.shape), (0,)) for x in promote_dtypes(who, *items)]
    return concatenate(rows, 0)


def item(x: Any, who: str) -> Any:
    """One of several things to stack; a NumPy scalar among arrays is weak, as in operations."""
    if isinstance(x, (list, tuple)):
        return stacked(x, who)
    return as_value(x, who) if isinstance(x, np.generic) else build(x, None, None, who)


def copy_needed(who: str, what: str) -> ArgumentError:
    """The error of `copy=False` where memory cannot be shared."""
    return ArgumentError(who, f"cannot make an array of {what} without a copy", "Drop copy=False.")


ScalarType.make_array = array
