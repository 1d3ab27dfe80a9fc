"""Arrays of one value, of another's shape, and from functions and raw memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any, TypeAlias

import numpy as np

from oxmlx.api.evaluation import device_put
from oxmlx.array.construct import array
from oxmlx.conversion import canonical
from oxmlx.dtypes import Dtype, as_dtype, is_complex, short_name
from oxmlx.errors import DtypeError
from oxmlx.ir.device import Device, use_device
from oxmlx.numpy.arguments import (
    FLOAT32,
    INT32,
    Array,
    ArrayLike,
    Shape,
    converted,
    shape_of,
    static_int,
    value,
)
from oxmlx.ops import axes
from oxmlx.ops.convert import as_data, cast, from_numpy
from oxmlx.ops.elementwise import add
from oxmlx.ops.logic import eq, ge
from oxmlx.ops.shape import broadcast_to
from oxmlx.ops.slicing import iota

Place: TypeAlias = "Device | str | None"


def zeros(shape: Shape, dtype: Any = None, *, device: Place = None) -> Array:
    """An array of zeros, float32 by default.

    >>> import oxmlx.numpy as np
    >>> np.zeros((2, 2))
    array([[0., 0.],
           [0., 0.]], dtype=float32)
    """
    return filled("zeros", shape, 0, dtype, device)


def ones(shape: Shape, dtype: Any = None, *, device: Place = None) -> Array:
    """An array of ones, float32 by default.

    >>> import oxmlx.numpy as np
    >>> np.ones(3, "int32")
    array([1, 1, 1], dtype=int32)
    """
    return filled("ones", shape, 1, dtype, device)


def empty(shape: Shape, dtype: Any = None, *, device: Place = None) -> Array:
    """An array of zeros: memory is never left as it was.

    >>> import oxmlx.numpy as np
    >>> np.empty((1, 2)).shape
    (1, 2)
    """
    return filled("empty", shape, 0, dtype, device)


def full(shape: Shape, fill_value: ArrayLike, dtype: Any = None, *, device: Place = None) -> Array:
    """An array of one value.

    Args:
        shape: the extents.
        fill_value: a number, or an array that is repeated to fill the shape.
        dtype: by default that of the value.
        device: where the array lives.

    >>> import oxmlx.numpy as np
    >>> np.full((2, 2), np.array([1, 2]))
    array([[1, 2],
           [1, 2]], dtype=int32)
    """
    extents = shape_of("full", shape)
    with at(device):
        own = None if dtype is None else as_dtype(dtype, "full")
        x = as_data(fill_value, "full") if own is None else converted("full", fill_value, own)
        return broadcast_to(x, extents)


def zeros_like(
    a: Any, dtype: Any = None, shape: Shape | None = None, *, device: Place = None
) -> Array:
    """Zeros with the shape and dtype of another array.

    >>> import oxmlx.numpy as np
    >>> np.zeros_like(np.array([1, 2]))
    array([0, 0], dtype=int32)
    """
    return like("zeros_like", a, 0, dtype, shape, device)


def ones_like(
    a: Any, dtype: Any = None, shape: Shape | None = None, *, device: Place = None
) -> Array:
    """Ones with the shape and dtype of another array.

    >>> import oxmlx.numpy as np
    >>> np.ones_like(np.array([1.5, 2.5]))
    array([1., 1.], dtype=float32)
    """
    return like("ones_like", a, 1, dtype, shape, device)


def empty_like(
    prototype: Any, dtype: Any = None, shape: Shape | None = None, *, device: Place = None
) -> Array:
    """Zeros with the shape and dtype of another array.

    >>> import oxmlx.numpy as np
    >>> np.empty_like(np.array([1, 2])).dtype
    dtype('int32')
    """
    return like("empty_like", prototype, 0, dtype, shape, device)


def full_like(
    a: Any,
    fill_value: ArrayLike,
    dtype: Any = None,
    shape: Shape | None = None,
    *,
    device: Place = None,
) -> Array:
    """An array of one value with the shape and dtype of another array.

    >>> import oxmlx.numpy as np
    >>> np.full_like(np.array([1, 2]), 7)
    array([7, 7], dtype=int32)
    """
    own, extents = type_of("full_like", a, dtype, shape)
    with at(device):
        return broadcast_to(converted("full_like", fill_value, own), extents)


def eye(
    N: int, M: int | None = None, k: int = 0, dtype: Any = None, *, device: Place = None
) -> Array:
    """Ones on the k-th diagonal of a matrix of N rows, zeros elsewhere.

    Args:
        N: the number of rows.
        M: the number of columns; N by default.
        k: the diagonal, counted upwards from the main one; it may be traced.
        dtype: float32 by default.
        device: where the array lives.

    >>> import oxmlx.numpy as np
    >>> np.eye(2, 3, k=1)
    array([[0., 1., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    with at(device):
        row, column = places("eye", N, M, k)
        return cast(eq(row, column), number_dtype("eye", dtype))


def identity(n: int, dtype: Any = None) -> Array:
    """The identity matrix of n rows.

    >>> import oxmlx.numpy as np
    >>> np.identity(2)
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    return eye(n, dtype=dtype)


def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Array:
    """Ones on and below the k-th diagonal of a matrix of N rows, zeros above.

    >>> import oxmlx.numpy as np
    >>> np.tri(2, 3)
    array([[1., 0., 0.],
           [1., 1., 0.]], dtype=float32)
    """
    row, column = places("tri", N, M, k)
    return cast(ge(row, column), number_dtype("tri", dtype))


def fromfunction(
    function: Callable[..., Any], shape: Shape, *, dtype: Any = float, **kwargs: Any
) -> Any:
    """What a function makes of the index of each element.

    Args:
        function: a function of one array of indices an axis, all of the shape.
        shape: the extents.
        dtype: the dtype of the indices.
        kwargs: further arguments of the function.

    >>> import oxmlx.numpy as np
    >>> np.fromfunction(lambda i, j: 10 * i + j, (2, 3), dtype=int)
    array([[ 0,  1,  2],
           [10, 11, 12]], dtype=int32)
    """
    extents = shape_of("fromfunction", shape)
    own = as_dtype(dtype, "fromfunction")
    return function(*(iota(own, extents, k) for k in range(len(extents))), **kwargs)


def frombuffer(buffer: Any, dtype: Any = float, count: int = -1, offset: int = 0) -> Array:
    """The elements that lie in a buffer of bytes.

    Args:
        buffer: an object with Python's buffer protocol.
        dtype: the dtype of the elements in the buffer; float reads float64, as in NumPy.
        count: how many elements; -1 for all.
        offset: the byte where they start.

    >>> import oxmlx.numpy as np
    >>> np.frombuffer(b"oxmlx", dtype="uint8")
    array([111, 120, 109, 108, 120], dtype=uint8)
    """
    return from_host("frombuffer", np.frombuffer(buffer, np.dtype(dtype), count, offset))


def fromstring(string: str, dtype: Any = float, count: int = -1, *, sep: str) -> Array:
    """The numbers that a text spells.

    >>> import oxmlx.numpy as np
    >>> np.fromstring("1 2 3", dtype=int, sep=" ")
    array([1, 2, 3], dtype=int32)
    """
    return from_host("fromstring", np.fromstring(string, np.dtype(dtype), count, sep=sep))


def fromiter(iter: Iterable[Any], dtype: Any, count: int = -1) -> Array:
    """The numbers that an iterator yields.

    >>> import oxmlx.numpy as np
    >>> np.fromiter((k * k for k in range(4)), int)
    array([0, 1, 4, 9], dtype=int32)
    """
    return from_host("fromiter", np.fromiter(iter, np.dtype(dtype), count))


def fromfile(
    file: Any, dtype: Any = float, count: int = -1, sep: str = "", offset: int = 0
) -> Array:
    """The numbers of a raw or a text file; use `ox.io` for files that say what they hold."""
    return from_host("fromfile", np.fromfile(file, np.dtype(dtype), count, sep, offset))


def copy(a: ArrayLike, order: str | None = None) -> Array:
    """Another array with the same elements.

    >>> import oxmlx.numpy as np
    >>> np.copy(np.array([1, 2]))
    array([1, 2], dtype=int32)
    """
    return array(as_data(a, "copy"))


def astype(x: ArrayLike, dtype: Any, /, *, copy: bool = False, device: Place = None) -> Array:
    """The array with another dtype.

    Floats become integers by truncation, clamped to what the integer holds.

    Raises:
        DtypeError: x is complex and the dtype is real.

    >>> import oxmlx.numpy as np
    >>> np.astype(np.array([1.9, -1.9, 300.0]), np.int8)
    array([  1,  -1, 127], dtype=int8)
    """
    y, wanted = value(x, "astype"), as_dtype(dtype, "astype")
    if is_complex(y.dtype) and not (is_complex(wanted) or wanted.kind == "b"):
        problem = f"{y.aval} cannot become {short_name(wanted)}"
        raise DtypeError("astype", problem, "Take its real part or its magnitude first.")
    y = cast(y, wanted)
    return y if device is None else device_put(y, device)


def at(device: Place) -> Any:
    """The block in which new arrays live on a device."""
    return nullcontext() if device is None else use_device(device)


def number_dtype(who: str, dtype: Any) -> Dtype:
    """The dtype that is asked for, float32 by default.

    Raises:
        DtypeError: it is an extent, or no dtype.
    """
    if isinstance(dtype, int):
        advice = f"A shape is one tuple, as in {who}((2, 3))."
        raise DtypeError(who, f"the argument after the shape is a dtype, got {dtype!r}", advice)
    return FLOAT32 if dtype is None else as_dtype(dtype, who)


def filled(who: str, shape: Any, number: int, dtype: Any, device: Place) -> Any:
    """An array of one number."""
    extents, own = shape_of(who, shape), number_dtype(who, dtype)
    with at(device):
        return axes.full(extents, bool(number) if own.kind == "b" else number, own)


def type_of(who: str, a: Any, dtype: Any, shape: Shape | None) -> tuple[Dtype, tuple[int, ...]]:
    """The dtype and shape of what has them, unless others are asked for."""
    typed = a if hasattr(a, "dtype") and hasattr(a, "shape") else value(a, who)
    own = typed.dtype if dtype is None else as_dtype(dtype, who)
    return as_dtype(own, who), tuple(typed.shape) if shape is None else shape_of(who, shape)


def like(who: str, a: Any, number: int, dtype: Any, shape: Any, device: Place) -> Any:
    """An array of one number with the type of another one."""
    own, extents = type_of(who, a, dtype, shape)
    return filled(who, extents, number, own, device)


def places(who: str, rows: Any, columns: Any, k: Any) -> tuple[Any, Any]:
    """The number of the row, plus k, and that of the column of each element of a matrix."""
    n = static_int(who, "N", rows)
    shape = shape_of(who, (n, n if columns is None else static_int(who, "M", columns)))
    row, column = iota(INT32, shape, 0), iota(INT32, shape, 1)
    if not isinstance(k, Array):
        k = max(min(static_int(who, "k", k), shape[1]), -shape[0])  # what lies farther out is alike
    return add(row, k) if isinstance(k, Array) or k else row, column


def from_host(who: str, data: np.ndarray[Any, Any]) -> Any:
    """The array of NumPy's reading; 64-bit numbers become 32-bit ones."""
    return from_numpy(np.array(canonical(data, who=who)))
