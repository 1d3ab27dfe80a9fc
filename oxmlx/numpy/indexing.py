"""Elements at given indices, taken and put."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oxmlx.dtypes import is_integer
from oxmlx.errors import DtypeError, OutOfBoundsError, ShapeError
from oxmlx.numpy.arguments import (
    INT32,
    Array,
    ArrayLike,
    arrays,
    as_bool,
    choice,
    converted,
    refuse_inplace,
    refuse_out,
    value,
    values,
)
from oxmlx.numpy.joining import along
from oxmlx.numpy.searching import flatnonzero
from oxmlx.numpy.shaping import ravel, resize
from oxmlx.ops import gather as ops
from oxmlx.ops import select as selecting
from oxmlx.ops.convert import broadcast_shapes, cast
from oxmlx.ops.cumulative import cumsum
from oxmlx.ops.elementwise import sub
from oxmlx.ops.logic import eq
from oxmlx.ops.operators import remainder
from oxmlx.ops.select import clamp
from oxmlx.ops.shape import broadcast_to, reshape


def take(
    a: ArrayLike,
    indices: ArrayLike,
    axis: int | None = None,
    out: None = None,
    mode: str | None = None,
    unique_indices: bool = False,
    indices_are_sorted: bool = False,
    fill_value: ArrayLike | None = None,
) -> Array:
    """The slices at indices along an axis, or elements of the flattened array.

    Args:
        a: an array.
        indices: integers of any shape, which takes the place of the axis.
        axis: the axis that they index; `None` for the flattened array.
        out: not supported.
        mode: what an index outside reads: "fill", the fill value, "clip", the nearest, "wrap". It
            fills by default, and is an error with `config.check`.
        unique_indices, indices_are_sorted: without effect.
        fill_value: by default NaN, or the least signed or greatest unsigned integer.

    >>> import oxmlx.numpy as np
    >>> np.take(np.array([1.0, 2.0, 3.0]), np.array([2, -1, 7]))
    array([ 3.,  3., nan], dtype=float32)
    """
    refuse_out("take", out)
    return ops.take(value(a, "take"), value(indices, "take"), axis, mode, fill_value)


def take_along_axis(
    arr: ArrayLike,
    indices: ArrayLike,
    axis: int | None = -1,
    mode: str | None = None,
    fill_value: ArrayLike | None = None,
    *,
    wrap_negative_indices: bool | None = None,
) -> Array:
    """Along an axis, the elements at the indices that each vector has for itself.

    Args:
        arr: an array.
        indices: integers, of as many axes; the other axes are broadcast.
        axis: the axis that they index; `None` for the flattened array.
        mode, fill_value: as in `take`.
        wrap_negative_indices: without effect; they count from the end.

    >>> import oxmlx.numpy as np
    >>> x = np.array([[3, 1, 2], [6, 5, 4]])
    >>> np.take_along_axis(x, np.argsort(x, axis=1), axis=1)
    array([[1, 2, 3],
           [4, 5, 6]], dtype=int32)
    """
    index = value(indices, "take_along_axis")
    return ops.take_along_axis(value(arr, "take_along_axis"), index, axis, mode, fill_value)


def put_along_axis(
    arr: ArrayLike,
    indices: ArrayLike,
    values: ArrayLike,
    axis: int | None,
    inplace: bool = True,
    *,
    mode: str | None = None,
) -> Array:
    """An array with other elements where `take_along_axis` reads.

    Args:
        arr: an array.
        indices: integers, of as many axes.
        values: the new elements, which broadcast to the shape of the indices.
        axis: the axis that they index; `None` for the flattened array.
        inplace: must be `False`: arrays are immutable.
        mode: what happens to an element outside: "drop", or "clip", it moves to the nearest place.

    Raises:
        ImmutableError: inplace is true.

    >>> import oxmlx.numpy as np
    >>> x = np.array([[3, 1, 2], [6, 5, 4]])
    >>> np.put_along_axis(x, np.array([[0], [2]]), 9, axis=1, inplace=False)
    array([[9, 1, 2],
           [6, 5, 9]], dtype=int32)
    """
    refuse_inplace("put_along_axis", inplace)
    x, index = value(arr, "put_along_axis"), value(indices, "put_along_axis")
    return ops.put_along_axis(x, index, values, axis, mode)


def put(
    a: ArrayLike,
    ind: ArrayLike,
    v: ArrayLike,
    mode: str | None = None,
    *,
    inplace: bool = True,
) -> Array:
    """An array with other elements at indices of the flattened array.

    Args:
        a: an array.
        ind: integers.
        v: the new elements, repeated as often as it takes.
        mode: what happens to an element outside: "drop", the default, "clip" or "wrap".
        inplace: must be `False`: arrays are immutable.

    Raises:
        ImmutableError: inplace is true.

    >>> import oxmlx.numpy as np
    >>> np.put(np.zeros(4), np.array([0, 2]), np.array([5, 6]), inplace=False)
    array([5., 0., 6., 0.], dtype=float32)
    """
    refuse_inplace("put", inplace)
    x, index = value(a, "put"), ravel(integers("put", ind))
    new = ravel(converted("put", v, x.dtype))
    way = choice("put", "mode", "drop" if mode is None else mode, ("drop", "clip", "wrap"))
    if not (index.size and x.size):
        return x
    index = ops.checked_index(index, x.size, 0, mode)
    if way != "drop":
        (index,) = bounded("put", [index], [x.size], way)
    new = resize(new, index.shape)
    return reshape(ops.scatter(ravel(x), new, (index,), (0,)), x.shape)


def place(arr: ArrayLike, mask: ArrayLike, vals: ArrayLike, *, inplace: bool = True) -> Array:
    """An array with other elements where a mask holds, one after the other.

    Args:
        arr: an array.
        mask: truth values of the same size.
        vals: the new elements, repeated as often as it takes.
        inplace: must be `False`: arrays are immutable.

    Raises:
        ImmutableError: inplace is true.
        ShapeError: the sizes differ, or there is no new element.

    >>> import oxmlx.numpy as np
    >>> x = np.arange(5)
    >>> np.place(x, x % 2 == 0, np.array([10, 20]), inplace=False)
    array([10,  1, 20,  3, 10], dtype=int32)
    """
    refuse_inplace("place", inplace)
    x, holds, new = value(arr, "place"), value(mask, "place"), ravel(value(vals, "place"))
    if x.size != holds.size or not new.size:
        problem = f"a mask {holds.aval} and {new.size} elements do not fit {x.aval}"
        raise ShapeError("place", problem)
    if not x.size:
        return x
    holds = reshape(as_bool(holds), (x.size,))
    rank = sub(cumsum(cast(holds, INT32), 0), 1)
    chosen = ops.take(cast(new, x.dtype), rank, 0, "wrap")
    return reshape(selecting.select(holds, chosen, ravel(x)), x.shape)


def compress(
    condition: ArrayLike,
    a: ArrayLike,
    axis: int | None = None,
    *,
    size: int | None = None,
    fill_value: ArrayLike = 0,
    out: None = None,
) -> Array:
    """The slices along an axis where a condition holds.

    Args:
        condition: a vector of truth values, no longer than the axis.
        a: an array.
        axis: the axis; `None` flattens.
        size: how many slices, which must be given if the condition is traced.
        fill_value: the elements of slices that are missing.
        out: not supported.

    >>> import oxmlx.numpy as np
    >>> np.compress(np.array([False, True, True]), np.array([1, 2, 3]))
    array([2, 3], dtype=int32)
    """
    refuse_out("compress", out)
    x, k = along("compress", a, axis)
    holds = value(condition, "compress")
    if holds.ndim != 1 or holds.size > x.shape[k]:
        raise ShapeError("compress", f"condition {holds.aval} does not fit axis {k} of {x.aval}")
    index = flatnonzero(holds, size=size, fill_value=x.shape[k])
    return ops.take(x, index, k, "fill", fill_value)


def extract(
    condition: ArrayLike, arr: ArrayLike, *, size: int | None = None, fill_value: ArrayLike = 0
) -> Array:
    """The elements where a condition holds.

    >>> import oxmlx.numpy as np
    >>> x = np.arange(6)
    >>> np.extract(x % 2 == 0, x)
    array([0, 2, 4], dtype=int32)
    """
    holds = ravel(value(condition, "extract"))
    return compress(holds, ravel(arr), size=size, fill_value=fill_value)


def choose(
    a: ArrayLike,
    choices: ArrayLike | Sequence[ArrayLike],
    out: None = None,
    mode: str = "raise",
) -> Array:
    """For each index in a, the element at its place in the choice with that number.

    Args:
        a: numbers of choices.
        choices: arrays, or one array with one row a choice; broadcast to the shape of `a`.
        out: not supported.
        mode: what a number out of range does: "raise", for which `a` must be known, "wrap", "clip".

    Raises:
        OutOfBoundsError: a number is out of range and mode is "raise".
        ConcretizationError: mode is "raise" and `a` is traced.

    >>> import oxmlx.numpy as np
    >>> np.choose(np.array([1, 0, 1]), [np.array([1, 2, 3]), np.array([10, 20, 30])])
    array([10,  2, 30], dtype=int32)
    """
    refuse_out("choose", out)
    options = arrays("choose", *values(choices, "choose"))
    (index,) = bounded("choose", [integers("choose", a)], (len(options),), mode)
    chosen = options[-1]
    for k in range(len(options) - 2, -1, -1):
        chosen = selecting.select(eq(index, k), options[k], chosen)
    shape = broadcast_shapes("choose", index.shape, *(x.shape for x in options))
    return broadcast_to(chosen, shape)


def integers(who: str, x: Any) -> Any:
    """An array of integers.

    Raises:
        DtypeError: it is none.
    """
    index = value(x, who)
    if not is_integer(index.dtype):
        raise DtypeError(
            who,
            f"indices must be integers, got {index.aval}",
            "Convert them with .astype(ox.int32).",
        )
    return index


def bounded(who: str, indices: Sequence[Any], extents: Sequence[int], mode: str) -> list[Any]:
    """Indices inside their axes.

    Raises:
        ConcretizationError: they must be known and are traced.
        OutOfBoundsError: one is out of range and mode is "raise".
    """
    way = choice(who, "mode", mode, ("raise", "wrap", "clip"))
    if way == "clip":
        return [clamp(0, i, n - 1) for i, n in zip(indices, extents, strict=True)]
    if way == "wrap":
        return [remainder(i, n) for i, n in zip(indices, extents, strict=True)]
    for index, n in zip(indices, extents, strict=True):
        known = index.concrete("whether indices are in range")
        if known.size and not 0 <= known.min() <= known.max() < n:
            wrong = known[(known < 0) | (known >= n)].flat[0]
            advice = 'Use mode="wrap" or mode="clip".'
            raise OutOfBoundsError(who, f"{wrong} is out of range for {n}", advice)
    return list(indices)
