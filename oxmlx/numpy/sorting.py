"""Elements in order. NaN comes after the numbers, complex numbers go by real part first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from oxmlx.dtypes import as_dtype, is_complex
from oxmlx.errors import ArgumentError, OutOfBoundsError, ShapeError
from oxmlx.numpy.arguments import Array, ArrayLike, axis_of, ints, value, values
from oxmlx.numpy.joining import along
from oxmlx.ops import sort as ops
from oxmlx.ops.convert import cast
from oxmlx.ops.reduction import index_dtype
from oxmlx.ops.slicing import iota


def sort(
    a: ArrayLike,
    axis: int | None = -1,
    *,
    kind: str | None = None,
    order: None = None,
    stable: bool = True,
    descending: bool = False,
) -> Array:
    """The elements along an axis in order.

    Args:
        a: an array.
        axis: the axis; `None` sorts the flattened array.
        kind: ignored.
        order: not supported.
        stable: whether equals keep their order.
        descending: the largest first.

    >>> import oxmlx.numpy as np
    >>> np.sort(np.array([3.0, np.nan, 1.0]))
    array([ 1.,  3., nan], dtype=float32)
    """
    refuse_order("sort", order)
    x, k = along("sort", a, axis)
    return ops.sort([x], k, 1, stable, descending)[0]


def argsort(
    a: ArrayLike,
    axis: int | None = -1,
    *,
    kind: str | None = None,
    order: None = None,
    stable: bool = True,
    descending: bool = False,
    dtype: Any = None,
) -> Array:
    """The indices along an axis that put the elements in order.

    Args:
        a: an array.
        axis: the axis; `None` sorts the flattened array.
        kind: ignored.
        order: not supported.
        stable: whether equals keep their order.
        descending: the largest first.
        dtype: the dtype of the indices, int32 by default.

    >>> import oxmlx.numpy as np
    >>> np.argsort(np.array([3, 1, 2]))
    array([1, 2, 0], dtype=int32)
    """
    refuse_order("argsort", order)
    x, k = along("argsort", a, axis)
    out = ops.argsort(x, k, stable, descending)
    return out if dtype is None else cast(out, as_dtype(dtype, "argsort"))


def lexsort(keys: ArrayLike | Sequence[ArrayLike], axis: int = -1) -> Array:
    """The indices along an axis that sort by the last key, equals by the one before, and so on.

    Raises:
        ArgumentError: there is no key.
        ShapeError: the keys differ in shape.

    >>> import oxmlx.numpy as np
    >>> np.lexsort((np.array([2, 1, 3]), np.array([0, 1, 0])))
    array([0, 2, 1], dtype=int32)
    """
    given = values(keys, "lexsort")
    if not given:
        raise ArgumentError("lexsort", "got no key", "Give it at least one.")
    shape = given[0].shape
    if any(x.shape != shape for x in given):
        listed = " and ".join(str(x.aval) for x in given)
        raise ShapeError(
            "lexsort", f"keys must have one shape, got {listed}", "Broadcast them first."
        )
    if not shape:
        return iota(index_dtype(0), (1,), 0)
    k = axis_of("lexsort", axis, len(shape))
    places = iota(index_dtype(max(shape)), shape, k)
    return ops.sort([*given[::-1], places], k, len(given))[-1]


def partition(a: ArrayLike, kth: int, axis: int | None = -1) -> Array:
    """The elements along an axis, no larger ones before the kth and no smaller ones after it.

    They are in order altogether, which is one such way.

    >>> import oxmlx.numpy as np
    >>> np.partition(np.array([3, 1, 2]), 1)
    array([1, 2, 3], dtype=int32)
    """
    x, k = along("partition", a, axis)
    check_places("partition", kth, x.shape[k])
    return ops.sort([x], k)[0]


def argpartition(a: ArrayLike, kth: int, axis: int | None = -1) -> Array:
    """The indices along an axis with which `partition` takes the elements.

    >>> import oxmlx.numpy as np
    >>> np.argpartition(np.array([3, 1, 2]), 1)
    array([1, 2, 0], dtype=int32)
    """
    x, k = along("argpartition", a, axis)
    check_places("argpartition", kth, x.shape[k])
    return ops.argsort(x, k)


def sort_complex(a: ArrayLike) -> Array:
    """The elements along the last axis in order, as complex numbers.

    >>> import oxmlx.numpy as np
    >>> np.sort_complex(np.array([2, 1 - 1j, 1 - 2j]))
    array([1.-2.j, 1.-1.j, 2.+0.j], dtype=complex64)
    """
    x = sort(value(a, "sort_complex"))
    if is_complex(x.dtype):
        return x
    return cast(x, np.dtype(np.complex128 if x.dtype == np.float64 else np.complex64))


def refuse_order(who: str, order: object) -> None:
    """Refuse NumPy's order of fields.

    Raises:
        ArgumentError: it is given.
    """
    if order is not None:
        raise ArgumentError(
            who,
            "order= is for structured arrays, which there are none of",
            "Sort by several keys with lexsort.",
        )


def check_places(who: str, kth: Any, n: int) -> None:
    """Refuse places that an axis of n elements does not have.

    Raises:
        OutOfBoundsError: it lacks one.
    """
    for k in ints(who, "kth", kth):
        if not -n <= k < n:
            raise OutOfBoundsError(who, f"kth is {k} for an axis of {n} elements")
