"""Blocks at places that are data: dynamic slice and dynamic update slice, which never leave the
array: a start that would is moved to the nearest that does not."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from oxmlx.dtypes import is_integer
from oxmlx.errors import ArgumentError, DtypeError, ShapeError
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.kernel import INDEX, Expr, Operand, const, scalar, size
from oxmlx.ir.primitive import Primitive, Undef
from oxmlx.ir.trace import bind
from oxmlx.ops.axes import broadcast, zeros_like
from oxmlx.ops.bounds import lower_clamp, wide, wrap
from oxmlx.ops.convert import as_operand, literal
from oxmlx.ops.elementwise import add
from oxmlx.ops.indexing import Gather, Scatter
from oxmlx.ops.select import clamp
from oxmlx.ops.shape import batch_axis, inverse, transpose
from oxmlx.ops.slicing import iota


class DynamicSlice(Primitive):
    """out[i] = x[start + i], each start clamped to [0, n - size]; operands x, start₀, start₁, …"""

    sizes: tuple[int, ...]
    kind = "move"

    def abstract(self, x: Aval, *starts: Aval) -> Aval:
        check_window(str(self), x, self.sizes, starts)
        return x.with_shape(self.sizes)

    def impl(self, x: Any, *starts: Any) -> Any:
        return x[window(x.shape, self.sizes, starts)]

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        x, *starts = primals
        return bind(self, x, *starts), bind(self, tangents[0], *starts)

    def transpose(self, ct: Any, x: Any, *starts: Any) -> Sequence[Any]:
        ct_x = bind(DynamicUpdateSlice(), zeros_like(x.aval), ct, *starts)
        return ct_x, *(None for _ in starts)

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        (x, *starts), (d, *ds) = args, dims
        if d is not None and all(s is None for s in ds):
            sizes = (*self.sizes[:d], size, *self.sizes[d:])
            return bind(DynamicSlice(sizes), x, *starts[:d], np.int32(0), *starts[d:]), d
        batch = d is not None
        x = batch_axis(x, d, size) if batch else x
        axes, indices = window_indices(get_aval(x).shape[batch:], self.sizes, starts, ds, size)
        if not axes:
            return x, 0 if batch else None
        out = bind(Gather(tuple(a + batch for a in axes), int(batch)), x, *indices)
        return transpose(out, inverse(by_index(axes, len(self.sizes)))), 0

    def lower(self, index: tuple[Expr, ...], x: Operand, *starts: Operand, out: Aval) -> Expr:
        return x(
            [i + start for i, start in zip(index, lower_starts(x, self.sizes, starts), strict=True)]
        )


class DynamicUpdateSlice(Primitive):
    """out[start + i] = update[i], elsewhere x, each start clamped to [0, n - size]; operands x,
    update, start₀, start₁, …"""

    kind, amends = "move", True

    def abstract(self, x: Aval, update: Aval, *starts: Aval) -> Aval:
        check_window("dynamic_update_slice", x, update.shape, starts)
        if update.dtype != x.dtype:
            problem = f"got an update {update} for {x}"
            raise DtypeError("dynamic_update_slice", problem, "Wanted one dtype.")
        return Aval(x.shape, x.dtype, x.weak and update.weak)

    def impl(self, x: Any, update: Any, *starts: Any) -> Any:
        out = np.array(x)
        out[window(x.shape, update.shape, starts)] = update
        return out

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        (x, update, *starts), (dx, du, *_) = primals, tangents
        dx = zeros_like(get_aval(x)) if dx is None else dx
        du = zeros_like(get_aval(update)) if du is None else du
        return bind(self, x, update, *starts), bind(self, dx, du, *starts)

    def transpose(self, ct: Any, x: Any, update: Any, *starts: Any) -> Sequence[Any]:
        aval = update.aval if isinstance(update, Undef) else get_aval(update)
        return (
            bind(self, ct, zeros_like(aval), *starts) if isinstance(x, Undef) else None,
            bind(DynamicSlice(aval.shape), ct, *starts) if isinstance(update, Undef) else None,
            *(None for _ in starts),
        )

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        (x, update, *starts), (dx, du, *ds) = args, dims
        update = batch_axis(update, du, size)
        if all(s is None for s in ds):
            return bind(self, batch_axis(x, dx, size), update, np.int32(0), *starts), 0
        sizes = get_aval(update).shape[1:]
        shape = get_aval(x).without(() if dx is None else (dx,)).shape
        axes, indices = window_indices(shape, sizes, starts, ds, size)
        if not axes:
            return update, 0
        prim = Scatter(tuple(a + 1 for a in axes), 1, "set", True, True)
        moved = transpose(update, by_index(axes, len(sizes)))
        return bind(prim, batch_axis(x, dx, size), moved, *indices), 0

    def lower(
        self, index: tuple[Expr, ...], x: Operand, update: Operand, *starts: Operand, out: Aval
    ) -> Expr:
        at: list[Expr] = []
        inside: list[Expr] = []
        first = lower_starts(x, update.shape, starts)
        for i, start, whole, m in zip(index, first, x.shape, update.shape, strict=True):
            at.append(i - start)
            if m != whole:
                inside += [i >= start, i < start + size(m)]
        if not inside:
            return update(at)
        return scalar("select", reduce(Expr.__and__, inside), update(at), x(index))


def check_window(who: str, x: Aval, sizes: tuple[int, ...], starts: Sequence[Aval]) -> None:
    """Refuse a block that does not fit into `x`, or starts that are no places."""
    if len(sizes) != x.ndim or any(not 0 <= m <= n for m, n in zip(sizes, x.shape, strict=True)):
        problem = f"a block of shape {sizes} does not fit into {x}"
        raise ShapeError(who, problem, "Wanted as many axes, none of them longer.")
    if len(starts) != x.ndim or any(s.ndim or not is_integer(s.dtype) for s in starts):
        problem = f"got starts {', '.join(map(str, starts))} for {x}"
        raise DtypeError(who, problem, "Wanted an integer of rank 0 for each axis.")


def window(shape: Sequence[int], sizes: Sequence[int], starts: Sequence[Any]) -> tuple[slice, ...]:
    """The slices of a block whose starts are known."""
    first = (min(max(int(s), 0), n - m) for s, n, m in zip(starts, shape, sizes, strict=True))
    return tuple(slice(s, s + m) for s, m in zip(first, sizes, strict=True))


def window_indices(
    shape: Sequence[int],
    sizes: Sequence[int],
    starts: Sequence[Any],
    dims: Sequence[int | None],
    batch: int,
) -> tuple[list[int], list[Any]]:
    """The axes along which a batch of blocks does not fill an array of `shape`, and for each of
    them the index of every element: the batch first, then these axes of the blocks."""
    axes = [a for a, (n, m) in enumerate(zip(shape, sizes, strict=True)) if m != n]
    full = (batch, *(sizes[a] for a in axes))
    indices: list[Any] = []
    for k, a in enumerate(axes, 1):
        start = clamp(0, wide(starts[a]), shape[a] - sizes[a])
        along = iota(get_aval(start).dtype, full, k)
        start = batch_axis(start, dims[a], batch)
        indices.append(add(broadcast(start, full, tuple(range(1, len(full)))), along))
    return axes, indices


def by_index(axes: Sequence[int], ndim: int) -> tuple[int, ...]:
    """The axes of a batch of blocks as gather has them: the batch, `axes`, the others."""
    return (0, *(a + 1 for a in axes), *(a + 1 for a in range(ndim) if a not in axes))


def lower_starts(x: Operand, sizes: Sequence[int], starts: Sequence[Operand]) -> list[Expr]:
    """Where a block starts on each axis: at 0 if it fills the axis."""
    return [
        const(0) if m == whole else lower_clamp(start(()), n - size(m))
        for start, n, whole, m in zip(starts, x.extents, x.shape, sizes, strict=True)
    ]


def start_operands(who: str, starts: Sequence[Any], shape: Sequence[int]) -> list[Any]:
    """Starts as operands, counted from the start of their axes."""
    if len(starts) != len(shape):
        problem = f"got {len(starts)} starts for shape {shape}"
        raise ArgumentError(who, problem, "Wanted one start for each axis.")
    return [
        literal(s + n if s < 0 else s, INDEX, who)
        if isinstance(s, (int, np.integer))
        else wrap(as_operand(s, who), n)
        for s, n in zip(starts, shape, strict=True)
    ]


def dynamic_slice(x: Any, starts: Sequence[Any], sizes: Sequence[int]) -> Any:
    """The block of `x` of shape `sizes` that begins at `starts`, moved inside if it does not fit.

    Args:
        x: an array.
        starts: an integer for each axis; negative ones count from the end.
        sizes: the shape of the block.

    Raises:
        ShapeError: the block is larger than `x`.
        ArgumentError: not one start for each axis.
        DtypeError: a start is not an integer.
    """
    starts = start_operands("dynamic_slice", starts, get_aval(x).shape)
    return bind(DynamicSlice(tuple(sizes)), x, *starts)


def dynamic_update_slice(x: Any, update: Any, starts: Sequence[Any]) -> Any:
    """`x` with `update` in place of the block that begins at `starts`, moved inside if it does not
    fit.

    Args:
        x: an array.
        update: a block of the dtype of `x`.
        starts: an integer for each axis; negative ones count from the end.

    Raises:
        ShapeError: the block is larger than `x`.
        ArgumentError: not one start for each axis.
        DtypeError: a start is not an integer, or the dtypes differ.
    """
    starts = start_operands("dynamic_update_slice", starts, get_aval(x).shape)
    return bind(DynamicUpdateSlice(), x, update, *starts)
