"""How arrays print: as in NumPy, with the dtype always said."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx.api.boundary import boundary
from oxmlx.dtypes import is_key, short_name
from oxmlx.ir.array import Array
from oxmlx.ir.value import Value
from oxmlx.ops.convert import as_value


def array_repr(
    arr: Any,
    max_line_width: int | None = None,
    precision: int | None = None,
    suppress_small: bool | None = None,
) -> str:
    """The text of an array, as `repr` gives it.

    Args:
        arr: an array.
        max_line_width, precision, suppress_small: as in NumPy, whose print options hold.

    >>> import oxmlx.numpy as np
    >>> np.array_repr(np.array([0.12345, 1.0]), precision=2)
    'array([0.12, 1.  ], dtype=float32)'
    """
    value = as_value(arr, "array_repr")
    if not isinstance(value, Array):
        return repr(value)
    data = value.buffer
    if is_key(data.dtype):
        words = np.array2string(key_words(data), max_line_width, prefix="overlaying ")
        return f"array({data.shape}, dtype={short_name(data.dtype)}) overlaying {words}"
    dtype = f"dtype={data.dtype.name})"
    if data.size == 0:
        shape = "" if data.shape == (0,) else f"shape={data.shape}, "
        return f"array([], {shape}{dtype}"
    text = np.array2string(
        data,
        max_line_width=max_line_width,
        precision=precision,
        suppress_small=suppress_small,
        separator=", ",
        prefix="array(",
        suffix=f", {dtype}",
    )
    return f"array({text}, {dtype}"


def array_str(
    a: Any,
    max_line_width: int | None = None,
    precision: int | None = None,
    suppress_small: bool | None = None,
) -> str:
    """The elements of an array as text, as `str` gives it.

    Args:
        a: an array.
        max_line_width, precision, suppress_small: as in NumPy, whose print options hold.

    >>> import oxmlx.numpy as np
    >>> np.array_str(np.array([0.12345, 1.0]), precision=2)
    '[0.12 1.  ]'
    """
    value = as_value(a, "array_str")
    if not isinstance(value, Array):
        return repr(value)
    data = key_words(value.buffer) if is_key(value.dtype) else value.buffer
    return np.array2string(data, max_line_width, precision, suppress_small)


def key_words(data: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The two words of each key."""
    return np.atleast_1d(data).view(np.uint32).reshape(*data.shape, 2)


def array_format(x: Value, spec: str) -> str:
    """A rank-0 array formats as its number, any other as its text."""
    return format(x.item(), spec) if spec and not x.ndim else format(str(x), spec)


def install() -> None:
    """Put the texts on arrays."""
    methods = {"__repr__": array_repr, "__str__": array_str, "__format__": array_format}
    for name, method in methods.items():  # printing computes, and what it computes may fail
        setattr(Array, name, boundary(method))
