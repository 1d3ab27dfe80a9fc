"""Dtypes and what they are: NumPy's names for them, kinds, and the array API's inspection."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np

from oxmlx import dtypes
from oxmlx.dtypes import (
    SCALAR_TYPES,
    Dtype,
    as_dtype,
    bool_,
    complex64,
    complex128,
    float32,
    float64,
    int32,
    is_bool,
    is_complex,
    is_float,
    is_integer,
    is_signed,
    is_unsigned,
    uint32,
)
from oxmlx.ir.device import Device, default_device, devices
from oxmlx.ir.value import Value
from oxmlx.numpy.arguments import choice

bool = bool_
int_, uint, float_, complex_ = int32, uint32, float32, complex64
single, double, csingle, cdouble = float32, float64, complex64, complex128

KINDS: dict[str, Callable[[Dtype], builtins.bool]] = {
    "bool": is_bool,
    "signed integer": is_signed,
    "unsigned integer": is_unsigned,
    "integral": is_integer,
    "real floating": is_float,
    "complex floating": is_complex,
    "numeric": lambda d: is_integer(d) or is_float(d) or is_complex(d),
}
"""The kinds of the array API."""


def isdtype(dtype: Any, kind: Any) -> builtins.bool:
    """Is a dtype of a kind?

    Args:
        dtype: a dtype.
        kind: a dtype, "bool", "signed integer", "unsigned integer", "integral", "real floating",
            "complex floating", "numeric", or a tuple of such.

    >>> import oxmlx.numpy as np
    >>> np.isdtype(np.float32, "real floating"), np.isdtype(np.int8, ("bool", "integral"))
    (True, True)
    """
    own = as_dtype(dtype, "isdtype")
    if isinstance(kind, tuple):
        return any(isdtype(own, k) for k in kind)
    if isinstance(kind, str):
        return KINDS[choice("isdtype", "kind", kind, tuple(KINDS))](own)
    return own == as_dtype(kind, "isdtype")


def can_cast(from_: Any, to: Any, casting: str = "safe") -> builtins.bool:
    """Whether a dtype, or that of an array, converts to another one by a rule.

    Args:
        from_: a dtype or an array.
        to: a dtype.
        casting: "no" and "equiv" for the same dtype only, "safe" if the other holds it,
            "same_kind" also for a narrower one of the kind, "unsafe" for any.

    >>> import oxmlx.numpy as np
    >>> np.can_cast(np.int8, np.int32), np.can_cast(np.float32, np.int32)
    (True, False)
    """
    rules = ("no", "equiv", "safe", "same_kind", "unsafe")
    rule: Any = choice("can_cast", "casting", casting, rules)
    source = as_dtype(from_.dtype if hasattr(from_, "dtype") else from_, "can_cast")
    return np.can_cast(source, as_dtype(to, "can_cast"), rule)


def isscalar(element: Any) -> builtins.bool:
    """Whether something is a number, or an array of rank 0.

    >>> import oxmlx.numpy as np
    >>> np.isscalar(1.0), np.isscalar(np.array(1.0)), np.isscalar(np.ones(1))
    (True, True, False)
    """
    return element.ndim == 0 if isinstance(element, Value | np.ndarray) else np.isscalar(element)


def iterable(y: Any) -> builtins.bool:
    """Whether something can be iterated over.

    >>> import oxmlx.numpy as np
    >>> np.iterable(np.ones(2)), np.iterable(np.array(1.0))
    (True, False)
    """
    return y.ndim > 0 if isinstance(y, Value) else np.iterable(y)


class ArrayNamespaceInfo:
    """What this implementation of the array API offers.

    >>> import oxmlx.numpy as np
    >>> np.__array_namespace_info__().capabilities()["boolean indexing"]
    True
    """

    def capabilities(self) -> dict[str, Any]:
        """What the standard leaves open."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> Device:
        """Where new arrays live."""
        return default_device()

    def devices(self) -> list[Device]:
        """Every device."""
        return devices()

    def default_dtypes(self, *, device: Any = None) -> dict[str, Dtype]:
        """The dtypes of new arrays."""
        names = ("real floating", "complex floating", "integral", "indexing")
        return dict(zip(names, map(as_dtype, (float32, complex64, int32, int32)), strict=True))

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, Dtype]:
        """The dtypes of a kind, by name."""
        every = [t.dtype for t in SCALAR_TYPES if t.dtype.kind != "V" and t.name != "float16"]
        return {d.name: d for d in every if kind is None or isdtype(d, kind)}


def __array_namespace_info__() -> ArrayNamespaceInfo:
    """What this implementation of the array API offers.

    >>> import oxmlx.numpy as np
    >>> np.__array_namespace_info__().default_dtypes()["integral"]
    dtype('int32')
    """
    return ArrayNamespaceInfo()


def finfo(dtype: Any) -> Any:
    """The limits of a floating-point dtype, or of that of an array.

    Raises:
        DtypeError: the dtype is not floating point.

    >>> import oxmlx.numpy as np
    >>> float(np.finfo("bfloat16").eps)
    0.0078125
    """
    return dtypes.finfo(dtype.dtype if isinstance(dtype, Value | np.ndarray) else dtype)


def iinfo(int_type: Any) -> Any:
    """The limits of an integer dtype, or of that of an array.

    Raises:
        DtypeError: the dtype is not an integer.

    >>> import oxmlx.numpy as np
    >>> np.iinfo("int8").max
    127
    """
    return dtypes.iinfo(int_type.dtype if isinstance(int_type, Value | np.ndarray) else int_type)


def issubdtype(arg1: Any, arg2: Any) -> builtins.bool:
    """Is a dtype another one, or one of a kind such as `np.floating`?

    >>> import oxmlx.numpy as np
    >>> np.issubdtype(np.bfloat16, np.floating), np.issubdtype("uint8", np.signedinteger)
    (True, False)
    """
    return dtypes.issubdtype(arg1, arg2)


def promote_types(a: Any, b: Any) -> Dtype:
    """The dtype that holds both; Python's int, float and complex give way to the other.

    Raises:
        DtypeError: the two have no common dtype.

    >>> import oxmlx.numpy as np
    >>> np.promote_types("float16", "bfloat16"), np.promote_types("int8", int)
    (dtype('float32'), dtype('int8'))
    """
    return dtypes.promote_types(a, b)


def result_type(*args: Any) -> Dtype:
    """The dtype that an operation on these arrays, numbers and dtypes computes in.

    Raises:
        DtypeError: they have no common dtype.

    >>> import oxmlx.numpy as np
    >>> np.result_type(np.ones(3, "float16"), 2.5, np.int32)
    dtype('float16')
    """
    return dtypes.result_type(*args)
