"""Abstract values: what is known about an array before it has elements."""

from __future__ import annotations

from math import prod
from threading import RLock
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from oxmlx.dtypes import scalar_dtype, short_name
from oxmlx.fork import TABLES, hold

PYTHON = frozenset(scalar_dtype(x)[0] for x in (0, 0.0, 0j))
"""The dtypes that a Python number has: no other can be weak."""


class Aval:
    """The type of an array: its shape, its dtype, and whether the dtype is weak.

    A weak dtype (i32, f32 or c64) came from a Python scalar and gives way to any array's dtype.
    Avals are interned: equal ones are one object, so `is` compares them.

    >>> Aval((2, 3), np.dtype("float32"))
    f32[2,3]
    >>> Aval((), np.dtype("int32"), weak=True) is Aval((), np.dtype("int32"), weak=True)
    True
    """

    __slots__ = ("__weakref__", "dtype", "ndim", "shape", "size", "weak")
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    weak: bool
    ndim: int
    size: int

    def __new__(cls, shape: tuple[int, ...], dtype: np.dtype[Any], weak: bool = False) -> Aval:
        key = (shape, dtype, weak)
        self = _table.get(key)
        if self is None:
            if weak and dtype not in PYTHON:
                return cls(shape, dtype)
            with _lock:
                self = _table.get(key)
                if self is None:
                    self = object.__new__(cls)
                    self.shape, self.dtype, self.weak = shape, dtype, weak
                    self.ndim, self.size = len(shape), prod(shape)
                    _table[key] = self
        return self

    def with_shape(self, shape: tuple[int, ...]) -> Aval:
        """The same dtype, another shape."""
        return Aval(shape, self.dtype, self.weak)

    def without(self, axes: tuple[int, ...]) -> Aval:
        """The aval with some axes removed."""
        return self.with_shape(tuple(n for a, n in enumerate(self.shape) if a not in axes))

    @property
    def strong(self) -> Aval:
        """The same aval with a dtype that does not give way."""
        return Aval(self.shape, self.dtype) if self.weak else self

    def __repr__(self) -> str:
        return f"{short_name(self.dtype)}[{','.join(map(str, self.shape))}]"

    def __reduce__(self) -> tuple[Any, ...]:
        return Aval, (self.shape, self.dtype, self.weak)


_table: WeakValueDictionary[tuple[Any, ...], Aval] = WeakValueDictionary()
_lock = RLock()  # reentrant: a finalizer of the user's may run at any allocation
hold(_lock, TABLES)
_scalars: dict[np.dtype[Any], Aval] = {}


def scalar_aval(dtype: np.dtype[Any]) -> Aval:
    """The rank-0 aval, weak if it can be, of a number that travels as a literal."""
    aval = _scalars.get(dtype)
    if aval is None:
        aval = _scalars[dtype] = Aval((), dtype, True)
    return aval


def get_aval(x: Any) -> Aval:
    """The aval of an operand: a value, or a NumPy scalar that stands for a literal."""
    try:
        return x.aval
    except AttributeError:
        return scalar_aval(x.dtype)
