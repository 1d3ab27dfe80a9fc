"""Windows written at places that are data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from oxmlx.api.vectorize import vmap
from oxmlx.control.while_loop import fori_loop
from oxmlx.ir.trace import bind
from oxmlx.lax.arguments import Array, ArrayLike, Shape, check, ints, of_dtype, shape_of, value
from oxmlx.lax.indexing import WANTED, GatherScatterMode, Windows, places
from oxmlx.ops.axes import full
from oxmlx.ops.elementwise import neg
from oxmlx.ops.indexing import Scatter
from oxmlx.ops.logic import lt
from oxmlx.ops.reduction import reduce_max
from oxmlx.ops.select import select
from oxmlx.ops.shape import inverse, reshape, transpose

INT32 = np.dtype(np.int32)


class ScatterDimensionNumbers(NamedTuple):
    """Which axis is which in a scatter.

    update_window_dims: the axes of the updates that are axes of a window, in order; the others are
        those of the indices without their last one.
    inserted_window_dims: the axes of the operand that the updates have not; windows have extent 1.
    scatter_dims_to_operand_dims: the axis of the operand that each element of an index vector
        speaks of.
    operand_batching_dims: axes of the operand that go together with axes of the indices …
    scatter_indices_batching_dims: … which are these.
    """

    update_window_dims: tuple[int, ...]
    inserted_window_dims: tuple[int, ...]
    scatter_dims_to_operand_dims: tuple[int, ...]
    operand_batching_dims: tuple[int, ...] = ()
    scatter_indices_batching_dims: tuple[int, ...] = ()


Mode: TypeAlias = "str | GatherScatterMode | None"


def scatter(
    operand: ArrayLike,
    scatter_indices: ArrayLike,
    updates: ArrayLike,
    dimension_numbers: ScatterDimensionNumbers,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Mode = None,
) -> Array:
    """An array with windows replaced; where several meet, the last one stays.

    Args:
        operand: an array.
        scatter_indices: integers; along the last axis lie the elements of an index vector.
        updates: the windows, of the dtype of the operand.
        dimension_numbers: which axis is which.
        indices_are_sorted: without effect.
        unique_indices: a promise that no element is written twice.
        mode: see `GatherScatterMode`; `None` drops. Negative indices lie outside.

    Raises:
        ShapeError, AxisError: dimension numbers that contradict each other or the shapes.
        DtypeError: updates of another dtype, or indices that are not integers.
        ArgumentError: an unknown mode.

    >>> import oxmlx as ox
    >>> rows = ox.lax.ScatterDimensionNumbers((1,), (0,), (0,))
    >>> x = ox.array([[1, 2], [3, 4]])
    >>> ox.lax.scatter(x, ox.array([[1], [7]]), ox.array([[8, 9], [5, 5]]), rows)
    array([[1, 2],
           [8, 9]], dtype=int32)
    """
    args = operand, scatter_indices, updates, dimension_numbers
    return write("lax.scatter", "set", *args, unique_indices, mode)


def scatter_add(
    operand: ArrayLike,
    scatter_indices: ArrayLike,
    updates: ArrayLike,
    dimension_numbers: ScatterDimensionNumbers,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Mode = None,
) -> Array:
    """An array with windows added; args and errors as for `scatter`.

    >>> import oxmlx as ox
    >>> each = ox.lax.ScatterDimensionNumbers((), (0,), (0,))
    >>> ox.lax.scatter_add(ox.array([1, 2]), ox.array([[1], [1]]), ox.array([10, 100]), each)
    array([  1, 112], dtype=int32)
    """
    args = operand, scatter_indices, updates, dimension_numbers
    return write("lax.scatter_add", "add", *args, unique_indices, mode)


def scatter_sub(
    operand: ArrayLike,
    scatter_indices: ArrayLike,
    updates: ArrayLike,
    dimension_numbers: ScatterDimensionNumbers,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Mode = None,
) -> Array:
    """An array with windows subtracted; args and errors as for `scatter`.

    >>> import oxmlx as ox
    >>> each = ox.lax.ScatterDimensionNumbers((), (0,), (0,))
    >>> ox.lax.scatter_sub(ox.array([1, 2]), ox.array([[1], [1]]), ox.array([10, 100]), each)
    array([   1, -108], dtype=int32)
    """
    who = "lax.scatter_sub"
    x = value(operand, who)
    less = neg(of_dtype(who, "the updates", updates, x.aval))
    return write(who, "add", x, scatter_indices, less, dimension_numbers, unique_indices, mode)


def scatter_mul(
    operand: ArrayLike,
    scatter_indices: ArrayLike,
    updates: ArrayLike,
    dimension_numbers: ScatterDimensionNumbers,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Mode = None,
) -> Array:
    """An array with elements multiplied; args and errors as for `scatter`.

    The derivative along the updates needs `unique_indices`.

    >>> import oxmlx as ox
    >>> each = ox.lax.ScatterDimensionNumbers((), (0,), (0,))
    >>> ox.lax.scatter_mul(ox.array([1, 2]), ox.array([[1], [1]]), ox.array([10, 100]), each)
    array([   1, 2000], dtype=int32)
    """
    args = operand, scatter_indices, updates, dimension_numbers
    return write("lax.scatter_mul", "mul", *args, unique_indices, mode)


def scatter_min(
    operand: ArrayLike,
    scatter_indices: ArrayLike,
    updates: ArrayLike,
    dimension_numbers: ScatterDimensionNumbers,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Mode = None,
) -> Array:
    """The smaller of an array and of windows in it; args and errors as for `scatter`.

    >>> import oxmlx as ox
    >>> each = ox.lax.ScatterDimensionNumbers((), (0,), (0,))
    >>> ox.lax.scatter_min(ox.array([5, 6]), ox.array([[1], [0]]), ox.array([3, 9]), each)
    array([5, 3], dtype=int32)
    """
    args = operand, scatter_indices, updates, dimension_numbers
    return write("lax.scatter_min", "min", *args, unique_indices, mode)


def scatter_max(
    operand: ArrayLike,
    scatter_indices: ArrayLike,
    updates: ArrayLike,
    dimension_numbers: ScatterDimensionNumbers,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Mode = None,
) -> Array:
    """The larger of an array and of windows in it; args and errors as for `scatter`.

    >>> import oxmlx as ox
    >>> each = ox.lax.ScatterDimensionNumbers((), (0,), (0,))
    >>> ox.lax.scatter_max(ox.array([5, 6]), ox.array([[1], [0]]), ox.array([3, 9]), each)
    array([9, 6], dtype=int32)
    """
    args = operand, scatter_indices, updates, dimension_numbers
    return write("lax.scatter_max", "max", *args, unique_indices, mode)


def scatter_apply(
    operand: ArrayLike,
    scatter_indices: ArrayLike,
    func: Callable[[Any], Any],
    dimension_numbers: ScatterDimensionNumbers,
    *,
    update_shape: Shape = (),
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Mode = None,
) -> Array:
    """An array with a function applied to the elements of windows, as often as they are in one.

    Args:
        operand: an array.
        scatter_indices: as in `scatter`.
        func: from a scalar to one of the same dtype.
        dimension_numbers: as in `scatter`.
        update_shape: of what would be the updates.
        indices_are_sorted: without effect.
        unique_indices: a promise that no element is in two windows; the derivative needs it.
        mode: as in `scatter`.

    >>> import oxmlx as ox
    >>> each = ox.lax.ScatterDimensionNumbers((), (0,), (0,))
    >>> i = ox.array([[1], [2], [1]])
    >>> ox.lax.scatter_apply(ox.array([5, 6, 7]), i, lambda x: 2 * x, each, update_shape=(3,))
    array([ 5, 24, 14], dtype=int32)
    """
    who = "lax.scatter_apply"
    x = value(operand, who)
    none = full(x.shape, 0, INT32)
    ones = full(shape_of(who, update_shape), 1, INT32)
    counts = write(who, "add", none, scatter_indices, ones, dimension_numbers, unique_indices, mode)

    def once(k: Any, y: Any) -> Any:
        new = reshape(vmap(func)(reshape(y, (x.size,))), x.shape)
        return select(lt(k, counts), of_dtype(who, "the result", new, x.aval), y)

    if unique_indices:
        return once(0, x)
    return fori_loop(0, reduce_max(counts, tuple(range(x.ndim))) if x.size else 0, once, x)


def write(
    who: str,
    combine: str,
    operand: Any,
    scatter_indices: Any,
    updates: Any,
    dimension_numbers: ScatterDimensionNumbers,
    unique: bool,
    mode: Mode,
) -> Any:
    """Windows combined with what an array has there."""
    x, starts = value(operand, who), value(scatter_indices, who)
    new = of_dtype(who, "the updates", updates, x.aval)
    check(who, [(starts.ndim > 0, f"indices need an axis of index vectors, got {starts.aval}")])
    numbers = ScatterDimensionNumbers(*dimension_numbers)
    fields = [ints(who, "dimension_numbers", axes) for axes in numbers]
    offsets, inserted, _, batch, _ = fields
    kept = [a for a in range(x.ndim) if a not in inserted + batch]
    extents = [n for a, n in enumerate(new.shape) if a in offsets]
    outer = tuple(n for a, n in enumerate(new.shape) if a not in offsets)
    problem = f"updates {new.aval} with window axes {offsets} do not fit indices {starts.aval}"
    fits = outer == starts.shape[:-1] and len(extents) == len(offsets) == len(kept)
    check(who, [(fits, problem)], WANTED)
    sizes = dict(zip(kept, extents, strict=True))
    w = Windows(x.shape, tuple(sizes.get(a, 1) for a in range(x.ndim)), starts.shape[:-1], *fields)
    w.check(who, starts.shape[-1])
    clip = GatherScatterMode.from_any(mode) is GatherScatterMode.CLIP
    where = places(who, w, starts, clip)
    prim = Scatter(where.indexed_axes(len(batch)), len(batch), combine, clip, bool(unique))
    whole = where.ordered(x, len(batch))
    out = bind(prim, whole, where.written(new, w), *where.indices)
    shape = tuple(x.shape[a] for a in where.perm)
    return transpose(reshape(out, shape), inverse(where.perm))
