"""Broadcast and sum, each other's adjoint."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from oxmlx import dtypes
from oxmlx.dtypes import is_inexact, short_name
from oxmlx.errors import AxisError, DtypeError, ShapeError
from oxmlx.ir.array import number
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.kernel import Expr, Operand, fold
from oxmlx.ir.primitive import Undef
from oxmlx.ir.trace import bind
from oxmlx.ir.value import Value
from oxmlx.ops.convert import literal
from oxmlx.ops.linear import Linear


class Broadcast(Linear):
    """out[i, k] = x[i]: the output has `axes` that x lacks."""

    shape: tuple[int, ...]
    axes: tuple[int, ...]
    kind, reuses = "move", True

    def abstract(self, x: Aval) -> Aval:
        if any(not 0 <= a < len(self.shape) for a in self.axes):
            raise AxisError("broadcast", f"axes {self.axes} do not lie in shape {self.shape}")
        if x.shape != Aval(self.shape, x.dtype).without(self.axes).shape:
            problem = f"got {x} for shape {self.shape} with new axes {self.axes}"
            raise ShapeError(
                "broadcast", problem, "The other extents must be those of the operand."
            )
        return x.with_shape(self.shape)

    def impl(self, x: Any) -> Any:
        if np.size(x) == prod(self.shape):
            return np.reshape(x, self.shape)
        kept = [1 if a in self.axes else n for a, n in enumerate(self.shape)]
        return np.broadcast_to(np.reshape(x, kept), self.shape)

    def transpose(self, ct: Any, x: Undef) -> Sequence[Any]:
        return (reduce_sum(ct, self.axes),)

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        (x,), (d,) = args, dims
        kept = [a for a in range(len(self.shape)) if a not in self.axes]
        at = kept[d] if d is not None and d < len(kept) else len(self.shape)
        shape = (*self.shape[:at], size, *self.shape[at:])
        return broadcast(x, shape, tuple(a + (a >= at) for a in self.axes)), at

    def lower(self, index: tuple[Expr, ...], x: Operand, *, out: Aval) -> Expr:
        return x(tuple(i for a, i in enumerate(index) if a not in self.axes))


class ReduceSum(Linear):
    """out[i] = Σₖ x[i, k]; 16-bit floats accumulate in f32."""

    axes: tuple[int, ...]
    kind = "fold"

    def abstract(self, x: Aval) -> Aval:
        check_axes(self.name, x, self.axes)
        if x.dtype.kind == "b" or dtypes.is_key(x.dtype):
            problem = f"cannot add elements of {short_name(x.dtype)}, got {x}"
            raise DtypeError(self.name, problem, "Convert with .astype first.")
        return x.without(self.axes)

    def impl(self, x: Any) -> Any:
        if x.dtype.itemsize == 2 and is_inexact(x.dtype):
            return add_up(x.astype(np.float32), self.axes).astype(x.dtype)
        return add_up(x, self.axes)

    def transpose(self, ct: Any, x: Undef) -> Sequence[Any]:
        return (broadcast(ct, x.aval.shape, self.axes),)

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        return vmap_reduction(self, args, dims)

    def lower(self, index: tuple[Expr, ...], x: Operand, *, out: Aval) -> Expr:
        return lower_reduction("add", self.axes, index, x)


SHORT, BLOCK = 128, 32
"""So many rows are added one after another; longer columns are cut into such blocks."""


def add_up(x: Any, axes: tuple[int, ...]) -> Any:
    """Σ over `axes`. NumPy adds pairwise along memory, but the rows of a column one after another,
    so that the rounding errors of a million rows show; here long columns are added by blocks."""
    first = x.ndim - len(axes)
    along = x.flags.c_contiguous and min(axes, default=first) == first
    if along or not is_inexact(x.dtype) or prod(x.shape[a] for a in axes) <= SHORT:
        return np.add.reduce(x, axis=axes, dtype=x.dtype)
    for axis in sorted(axes, reverse=True):
        x = add_column(x, axis)
    return x


def add_column(x: Any, axis: int) -> Any:
    """Σ along one axis: of blocks, then of their sums."""
    n = x.shape[axis]
    if n <= SHORT or x.strides[axis] == x.itemsize:
        return np.add.reduce(x, axis=axis)
    before, cut = (slice(None),) * axis, n - n % BLOCK
    blocks = x[(*before, slice(cut))]
    blocks = blocks.reshape(*x.shape[:axis], n // BLOCK, BLOCK, *x.shape[axis + 1 :])
    sums = add_column(np.add.reduce(blocks, axis=axis + 1), axis)
    return sums + np.add.reduce(x[(*before, slice(cut, None))], axis=axis)


def check_axes(who: str, x: Aval, axes: tuple[int, ...]) -> None:
    """Refuse axes that `x` does not have, or one given twice."""
    if len(set(axes)) != len(axes) or any(not 0 <= a < x.ndim for a in axes):
        raise AxisError(who, f"axes must be distinct and lie in [0, {x.ndim}), got {axes} for {x}")


def vmap_reduction(prim: Any, args: Sequence[Any], dims: Sequence[Any]) -> Any:
    """Batch a reduction of one operand over `prim.axes`."""
    (x,), (d,) = args, dims
    axes = tuple(a + (d <= a) for a in prim.axes)
    others = [getattr(prim, f) for f in prim.fields if f != "axes"]
    return bind(type(prim)(axes, *others), x), d - sum(a < d for a in axes)


def lower_reduction(monoid: str, axes: tuple[int, ...], index: Any, x: Operand) -> Expr:
    """Fold `axes` of x, the others at `index`."""
    extents = tuple(x.extents[a] for a in axes)
    return fold(monoid, extents, lambda ks: x(insert(index, axes, ks)))


def insert(index: Sequence[Any], axes: Sequence[int], values: Sequence[Any]) -> tuple[Any, ...]:
    """The index of the whole: `values` at `axes`, `index` elsewhere."""
    at = dict(zip(axes, values, strict=True))
    rest = iter(index)
    return tuple(at[a] if a in at else next(rest) for a in range(len(index) + len(values)))


def broadcast(x: Any, shape: tuple[int, ...], axes: tuple[int, ...]) -> Any:
    """`x` with new `axes`, repeated along them to fill `shape`."""
    return bind(Broadcast(shape, axes), x) if axes else x


def broadcast_scalar(x: Any, shape: tuple[int, ...]) -> Any:
    """A rank-0 operand repeated to fill `shape`; other operands as they are."""
    return x if get_aval(x).ndim else broadcast(x, shape, tuple(range(len(shape))))


def reduce_sum(x: Any, axes: tuple[int, ...]) -> Any:
    """The sum over `axes`."""
    return bind(ReduceSum(axes), x) if axes else x


def full(shape: tuple[int, ...], value: Any, dtype: np.dtype[Any]) -> Any:
    """An array of one value: a broadcast literal."""
    return broadcast_scalar(from_number(literal(value, dtype, "full")), shape)


def from_number(x: Any) -> Value:
    """A literal as a rank-0 array of its (strong) dtype."""
    return number(x, Aval((), x.dtype))


def zeros_like(aval: Aval) -> Any:
    """Zeros of the type `aval`."""
    return broadcast_scalar(from_number(np.zeros((), aval.dtype)[()]), aval.shape)
