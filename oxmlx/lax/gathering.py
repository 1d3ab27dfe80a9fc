"""Windows read at places that are data."""

from __future__ import annotations

from typing import Any, NamedTuple

from oxmlx.ir.trace import bind
from oxmlx.lax.arguments import Array, ArrayLike, Shape, check, ints, shape_of, value
from oxmlx.lax.indexing import GatherScatterMode, Windows, places
from oxmlx.ops.convert import literal
from oxmlx.ops.gather import fill_of
from oxmlx.ops.indexing import Gather


class GatherDimensionNumbers(NamedTuple):
    """Which axis is which in a gather.

    offset_dims: the axes of the result that are axes of a window, in order; the others are those of
        the indices without their last one.
    collapsed_slice_dims: the axes of the operand that the result has not; windows have extent 1.
    start_index_map: the axis of the operand that each element of an index vector speaks of.
    operand_batching_dims: axes of the operand that go together with axes of the indices …
    start_indices_batching_dims: … which are these.
    """

    offset_dims: tuple[int, ...]
    collapsed_slice_dims: tuple[int, ...]
    start_index_map: tuple[int, ...]
    operand_batching_dims: tuple[int, ...] = ()
    start_indices_batching_dims: tuple[int, ...] = ()


def gather(
    operand: ArrayLike,
    start_indices: ArrayLike,
    dimension_numbers: GatherDimensionNumbers,
    slice_sizes: Shape,
    *,
    unique_indices: bool = False,
    indices_are_sorted: bool = False,
    mode: str | GatherScatterMode | None = None,
    fill_value: Any = None,
) -> Array:
    """The windows of an array that start at given places.

    Args:
        operand: an array.
        start_indices: integers; along the last axis lie the elements of an index vector.
        dimension_numbers: which axis is which.
        slice_sizes: the extents of a window.
        unique_indices, indices_are_sorted: without effect.
        mode: see `GatherScatterMode`; `None` promises. Negative indices lie outside.
        fill_value: what is read outside: by default NaN, the least signed or greatest unsigned
            integer, or True.

    Raises:
        ShapeError, AxisError: dimension numbers that contradict each other or the shapes.
        DtypeError: indices that are not integers.
        ArgumentError: an unknown mode.

    >>> import oxmlx as ox
    >>> rows = ox.lax.GatherDimensionNumbers((1,), (0,), (0,))
    >>> x = ox.array([[1.0, 2.0], [3.0, 4.0]])
    >>> ox.lax.gather(x, ox.array([[1], [7]]), rows, (1, 2), mode="fill")
    array([[ 3.,  4.],
           [nan, nan]], dtype=float32)
    """
    who = "lax.gather"
    x, starts = value(operand, who), value(start_indices, who)
    check(who, [(starts.ndim > 0, f"indices need an axis of index vectors, got {starts.aval}")])
    numbers = GatherDimensionNumbers(*dimension_numbers)
    fields = [ints(who, "dimension_numbers", axes) for axes in numbers]
    w = Windows(x.shape, shape_of(who, slice_sizes), starts.shape[:-1], *fields)
    w.check(who, starts.shape[-1])
    fill = None
    if mode is not None and GatherScatterMode.from_any(mode) is GatherScatterMode.FILL_OR_DROP:
        fill = fill_of(x.dtype) if fill_value is None else literal(fill_value, x.dtype, who)
    where = places(who, w, starts, fill is None)
    batch = len(w.batch)
    prim = Gather(where.indexed_axes(batch), batch, fill)
    return where.read(bind(prim, where.ordered(x, batch), *where.indices), w)
