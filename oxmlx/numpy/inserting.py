"""Slices put into an array and taken out, at places that are known."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx.errors import DtypeError, OutOfBoundsError, ShapeError
from oxmlx.ir.value import Tracer, Value
from oxmlx.numpy.arguments import (
    Array,
    ArrayLike,
    converted,
)
from oxmlx.numpy.joining import along
from oxmlx.numpy.shaping import between
from oxmlx.ops import slicing
from oxmlx.ops.axes import broadcast, reduce_sum
from oxmlx.ops.bounds import wrap
from oxmlx.ops.convert import cast
from oxmlx.ops.elementwise import add, sub
from oxmlx.ops.gather import take
from oxmlx.ops.logic import le
from oxmlx.ops.shape import broadcast_to, moveaxis, reshape
from oxmlx.ops.slicing import iota
from oxmlx.ops.sort import sort


def insert(arr: ArrayLike, obj: Any, values: ArrayLike, axis: int | None = None) -> Array:
    """An array with further slices before given places.

    Args:
        arr: an array.
        obj: places, known while tracing: an integer, a slice or a sequence of integers.
        values: the new slices, of one place or of all.
        axis: the axis; `None` works on the flattened array.

    Raises:
        OutOfBoundsError: there is no such place.

    >>> import oxmlx.numpy as np
    >>> np.insert(np.array([1, 2, 3]), np.array([0, 2]), np.array([8, 9]))
    array([8, 1, 2, 9, 3], dtype=int32)
    """
    x, k = along("insert", arr, axis)
    n = x.shape[k]
    places = static_places("insert", obj, n, n + 1)
    new = converted("insert", values, x.dtype)
    new = reshape(new, (1,) * (x.ndim - new.ndim) + new.shape)
    if places.ndim == 0:
        new = moveaxis(new, 0, k)
    one = places.size == 1
    count = new.shape[k] if one else places.size
    new = broadcast_to(new, (*x.shape[:k], count, *x.shape[k + 1 :]))
    if one:
        at = int(places.reshape(()))
        return slicing.concatenate([between(x, k, 0, at), new, between(x, k, at, n)], k)
    order = np.argsort(places, kind="stable")
    source = np.full(n + count, -1)
    source[places[order] + np.arange(count)] = n + order
    source[source < 0] = np.arange(n)
    return take(slicing.concatenate([x, new], k), source, k, "clip")


def delete(
    arr: ArrayLike, obj: Any, axis: int | None = None, *, assume_unique_indices: bool = False
) -> Array:
    """An array without some slices.

    Args:
        arr: an array.
        obj: their places: an integer, a slice, a sequence of integers or of bools.
        axis: the axis; `None` works on the flattened array.
        assume_unique_indices: a promise that lets a sequence of integers be traced.

    Raises:
        ConcretizationError: traced places that may be equal, so that the extent is not known.
        OutOfBoundsError: there is no such place.

    >>> import oxmlx.numpy as np
    >>> np.delete(np.array([1, 2, 3, 4]), np.array([0, 2]))
    array([2, 4], dtype=int32)
    """
    x, k = along("delete", arr, axis)
    n = x.shape[k]
    if isinstance(obj, Tracer) and (obj.ndim == 0 or assume_unique_indices):
        return take(x, remaining(obj, n), k, "clip")
    places = static_places("delete", obj, n, n)
    gone = np.unique(places)
    if gone.size and gone[-1] - gone[0] == gone.size - 1:  # neighbours: two slices stay
        stays = [between(x, k, 0, int(gone[0])), between(x, k, int(gone[-1]) + 1, n)]
        return slicing.concatenate(stays, k)
    return take(x, np.delete(np.arange(n), gone), k, "clip") if gone.size else x


def static_places(who: str, obj: Any, n: int, limit: int) -> np.ndarray[Any, Any]:
    """Places along an axis of n elements that are known now, counted from the start.

    Raises:
        ConcretizationError: they are traced.
        DtypeError: they are no integers.
        OutOfBoundsError: there is no such place below the limit.
    """
    if isinstance(obj, slice):
        return np.arange(n)[obj]
    given = obj.concrete(f"places to {who}") if isinstance(obj, Value) else np.asarray(obj)
    if given.dtype == bool:
        if given.shape != (n,):
            raise ShapeError(who, f"a mask of shape {given.shape} for an axis of {n} elements")
        return np.flatnonzero(given)
    if given.size and given.dtype.kind not in "iu":
        raise DtypeError(
            who, f"places must be integers, got {given.dtype}", "Convert them with .astype(int)."
        )
    places = given.astype(np.int64)
    places = np.where(places < 0, places + n, places)
    if places.size and not 0 <= places.min() <= places.max() < limit:
        raise OutOfBoundsError(who, f"place {given} of an axis of {n} elements")
    return places if places.ndim < 2 else places.reshape(-1)


def remaining(obj: Any, n: int) -> Any:
    """The places of an axis of n elements that are not among some distinct ones."""
    (gone,) = sort([wrap(reshape(obj, (obj.size,)), n)], 0)
    m = obj.size
    before = sub(gone, iota(gone.dtype, (m,), 0))  # how many stay before each one that goes
    rank = iota(gone.dtype, (n - m, m), 0)
    passed = cast(le(broadcast(before, (n - m, m), (0,)), rank), gone.dtype)
    return add(iota(gone.dtype, (n - m,), 0), reduce_sum(passed, (1,)))
