"""Gather and scatter: elements at places that are data, each other's adjoint."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import prod
from typing import Any

import numpy as np

from oxmlx.dtypes import is_integer, short_name
from oxmlx.errors import (
    ArgumentError,
    DtypeError,
    GradientError,
    OutOfBoundsError,
    ShapeError,
)
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.kernel import INDEX, Expr, Operand, const, scalar
from oxmlx.ir.kernel import cast as cast_expr
from oxmlx.ir.primitive import Primitive, Undef
from oxmlx.ir.scalar import SCALARS
from oxmlx.ir.trace import bind
from oxmlx.ops.accumulate import COMBINE, update_rows
from oxmlx.ops.axes import broadcast, check_axes, insert, zeros_like
from oxmlx.ops.bounds import locate, lower_clamp, lower_index, wrap
from oxmlx.ops.convert import cast
from oxmlx.ops.elementwise import add, div, mul
from oxmlx.ops.logic import and_, eq
from oxmlx.ops.select import clamp, select
from oxmlx.ops.shape import inverse, moveaxis, reshape
from oxmlx.ops.slicing import iota, listed, zero_of


class Gather(Primitive):
    """out[b, i, w] = x[b, …, indexₖ[b, i] at axes[k], …, w]: operands x, index₀, index₁, …

    The first `batch` axes of x and of the indices go together; w are the axes of x that no index
    names. A negative index counts from the end. Where one lies outside its axis the output is
    `fill`, or without a fill the element of the nearest index.
    """

    axes: tuple[int, ...]
    batch: int = 0
    fill: np.generic | None = None
    kind, reuses = "move", True

    def abstract(self, x: Aval, *indices: Aval) -> Aval:
        check_places(self, x, indices)
        shape = gathered(self, x, indices[0])
        if self.fill is not None and self.fill.dtype != x.dtype:
            raise DtypeError("gather", f"got a fill of {short_name(self.fill.dtype)} for {x}")
        if self.fill is None:
            check_nearest(self, x, shape)
        return x.with_shape(shape)

    def impl(self, x: Any, *indices: Any) -> Any:
        extents = [x.shape[a] for a in self.axes]
        if 0 in extents:
            return np.full(gathered(self, x, indices[0]), self.fill, x.dtype)
        places, inside = locate(indices, extents)
        if self.batch == 0 and len(places) == 1:
            (axis,), (i,) = self.axes, places
            out = np.asarray(np.take(x, i, axis, mode="clip"))
            out = np.moveaxis(out, range(axis, axis + i.ndim), range(i.ndim)) if axis else out
        else:
            batch = grid(x.shape[: self.batch], places[0].ndim)
            out = np.asarray(np.transpose(x, order(self, x.ndim))[(*batch, *places)])
        if self.fill is None or inside is None:
            return out
        out = out if out.flags.owndata else out.copy()
        out[~inside] = self.fill
        return out

    def linear(self, x: Aval) -> Gather:
        """The linear part: outside is zero."""
        return self if self.fill is None else Gather(self.axes, self.batch, zero_of(x.dtype))

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        x, *indices = primals
        return bind(self, x, *indices), bind(self.linear(get_aval(x)), tangents[0], *indices)

    def transpose(self, ct: Any, x: Any, *indices: Any) -> Sequence[Any]:
        if prod(get_aval(indices[0]).shape[self.batch :]) == 1:
            return self.placed(ct, x.aval, indices), *(None for _ in indices)
        prim = Scatter(self.axes, self.batch, "add", self.fill is None)
        return bind(prim, zeros_like(x.aval), ct, *indices), *(None for _ in indices)

    def placed(self, ct: Any, x: Aval, indices: Sequence[Any]) -> Any:
        """The adjoint where a batch has one index: ct there, else zero, which fuses."""
        others = tuple(range(self.batch, x.ndim))
        hits: list[Any] = []
        for axis, i in zip(self.axes, indices, strict=True):
            n = x.shape[axis]
            i = wrap(reshape(i, x.shape[: self.batch]), n)
            i = clamp(0, i, n - 1) if self.fill is None else i
            places = iota(get_aval(i).dtype, x.shape, axis)
            hits.append(eq(places, broadcast(i, x.shape, others)))
        ct = reshape(ct, x.without(self.axes).shape)
        there = broadcast(ct, x.shape, tuple(sorted(self.axes)))
        return select(reduce(and_, hits), there, zero_of(x.dtype))

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        (x, *indices), (dx, *ds) = args, dims
        if all(d is None for d in ds):
            assert dx is not None
            prim = Gather(raised(self.axes), self.batch, self.fill)
            return bind(prim, moveaxis(x, dx, self.batch), *indices), get_aval(indices[0]).ndim
        if dx is None:
            moved = [axis_at(i, d, size, self.batch) for i, d in zip(indices, ds, strict=True)]
            return bind(self, x, *moved), self.batch
        moved = [axis_at(v, d, size, 0) for v, d in zip(args, dims, strict=True)]
        return bind(Gather(raised(self.axes), self.batch + 1, self.fill), *moved), 0

    def lower(self, index: tuple[Expr, ...], x: Operand, *indices: Operand, out: Aval) -> Expr:
        rank = len(indices[0].shape)
        at: list[Expr] = []
        inside: list[Expr] = []
        for axis, operand in zip(self.axes, indices, strict=True):
            n = x.extents[axis]
            i, ok = lower_index(operand(index[:rank]), n)
            at.append(lower_clamp(i, n - 1) if self.fill is None else cast_expr(i, INDEX))
            inside.append(ok)
        element = x(insert((*index[: self.batch], *index[rank:]), self.axes, at))
        if self.fill is None:
            return element
        return scalar("select", reduce(Expr.__and__, inside), element, const(self.fill))


class Scatter(Primitive):
    """out = x, then out[b, …, indexₖ[b, i] at axes[k], …, w] ∘= updates[b, i, w] for each i in
    order: operands x, updates, index₀, index₁, …

    ∘ is `combine`: set (the last one stays), add, mul, min or max. A negative index counts from the
    end. One outside its axis drops the update, or with `clip` moves it to the nearest element.
    `unique` promises that no element is updated twice. 16-bit floats accumulate in f32.
    """

    axes: tuple[int, ...]
    batch: int = 0
    combine: str = "set"
    clip: bool = False
    unique: bool = False
    kind, amends = "host", True

    def abstract(self, x: Aval, updates: Aval, *indices: Aval) -> Aval:
        if self.combine not in COMBINE:
            problem = f"got combine {self.combine!r}"
            raise ArgumentError("scatter", problem, f"There are {', '.join(COMBINE)}.")
        check_places(self, x, indices)
        shape = gathered(self, x, indices[0])
        if updates.shape != shape:
            problem = f"updates must have shape {shape}, got {updates} for {x}"
            raise ShapeError("scatter", problem, "Wanted batch, index and remaining axes.")
        if updates.dtype != x.dtype:
            raise DtypeError("scatter", f"got updates {updates} for {x}", "Wanted one dtype.")
        if self.clip:
            check_nearest(self, x, shape)
        if self.combine != "set":
            SCALARS[self.combine].check(x.dtype, x.dtype)
        return Aval(x.shape, x.dtype, x.weak and updates.weak)

    def impl(self, x: Any, updates: Any, *indices: Any) -> Any:
        if updates.size == 0:
            return x
        perm = order(self, x.ndim)
        whole = np.transpose(x, perm)
        extents = whole.shape[: self.batch + len(self.axes)]
        places, inside = locate(indices, extents[self.batch :])
        rows: Any = 0
        for n, i in zip(
            extents, (*grid(extents[: self.batch], places[0].ndim), *places), strict=True
        ):
            rows = rows * n + i
        rows, width = rows.reshape(-1), prod(whole.shape[len(extents) :])
        out, new = np.array(whole, order="C").reshape(-1, width), updates.reshape(-1, width)
        if inside is not None and not self.clip:
            kept = inside.reshape(-1)
            rows, new = rows[kept], new[kept]
        out = update_rows(self.combine, out, rows, new)
        return out.reshape(whole.shape).transpose(inverse(perm))

    def adjoint(self, x: Aval) -> Gather:
        """Reads what this writes; zero where an update is dropped."""
        return Gather(self.axes, self.batch, None if self.clip else zero_of(x.dtype))

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        (x, updates, *indices), (dx, du, *_) = primals, tangents
        out = bind(self, x, updates, *indices)
        dx = zeros_like(get_aval(x)) if dx is None else dx
        if self.combine == "mul":
            dout = bind(self, dx, updates, *indices)
            return out, dout if du is None else add(dout, self.factor(x, du, indices))
        du = zeros_like(get_aval(updates)) if du is None else du
        if self.combine in ("set", "add"):
            return out, bind(self, dx, du, *indices)
        return out, self.share(out, primals, dx, du)

    def factor(self, x: Any, du: Any, indices: Sequence[Any]) -> Any:
        """The derivative of a product along its one factor `updates`."""
        if not self.unique:
            problem = "factors may meet in one element, so there is no derivative along them"
            advice = "Pass unique_indices=True if they never do."
            raise GradientError("scatter[combine=mul]", problem, advice)
        aval = get_aval(x)
        return self.plus(aval, mul(bind(self.adjoint(aval), x, *indices), du), indices)

    def plus(self, x: Aval, updates: Any, indices: Sequence[Any]) -> Any:
        """The sum of the updates of each element of an array like `x`."""
        prim = Scatter(self.axes, self.batch, "add", self.clip, self.unique)
        return bind(prim, zeros_like(x), updates, *indices)

    def share(self, out: Any, primals: Sequence[Any], dx: Any, du: Any) -> Any:
        """The derivative of an extremum: the mean over x and the updates that are equal to it."""
        x, updates, *indices = primals
        aval = get_aval(x)
        kept = cast(eq(x, out), aval.dtype)
        won = cast(eq(updates, bind(self.adjoint(aval), out, *indices)), aval.dtype)
        total = add(mul(kept, dx), self.plus(aval, mul(won, du), indices))
        return div(total, add(kept, self.plus(aval, won, indices)))

    def transpose(self, ct: Any, x: Any, updates: Any, *indices: Any) -> Sequence[Any]:
        ct_x = ct_updates = None
        if isinstance(x, Undef):
            ct_x = ct
            if self.combine != "add":
                own = zeros_like(updates.aval) if isinstance(updates, Undef) else updates
                ct_x = bind(self, ct, own, *indices)
        if isinstance(updates, Undef):
            ct_updates = bind(self.adjoint(updates.aval), ct, *indices)
            if self.combine == "set" and not self.unique:
                stays, shape = self.stays(get_aval(ct), indices), updates.aval.shape
                stays = broadcast(stays, shape, tuple(range(get_aval(stays).ndim, len(shape))))
                ct_updates = select(stays, ct_updates, zero_of(updates.aval.dtype))
        return ct_x, ct_updates, *(None for _ in indices)

    def stays(self, x: Aval, indices: Sequence[Any]) -> Any:
        """Which indices are the last ones of their elements: those that find their own number."""
        shape, rank = get_aval(indices[0]).shape, self.batch + len(self.axes)
        table = Aval(tuple(x.shape[a] for a in order(self, x.ndim)[:rank]), INDEX)
        number = reshape(iota(INDEX, (prod(shape),), 0), shape)
        prim = Scatter(tuple(range(self.batch, rank)), self.batch, "set", self.clip)
        last = bind(prim, zeros_like(table), number, *indices)
        return eq(bind(prim.adjoint(table), last, *indices), number)

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        (x, updates, *indices), (dx, du, *ds) = args, dims
        batch = self.batch + any(d is not None for d in ds)
        prim = Scatter(raised(self.axes), batch, self.combine, self.clip, self.unique)
        if batch > self.batch:
            moved = [axis_at(v, d, size, 0) for v, d in zip(args, dims, strict=True)]
            return bind(prim, *moved), 0
        x = axis_at(x, dx, size, batch)
        updates = axis_at(updates, du, size, get_aval(indices[0]).ndim)
        return bind(prim, x, updates, *indices), batch


def check_places(prim: Gather | Scatter, x: Aval, indices: Sequence[Aval]) -> None:
    """Refuse indices that do not fit the axes that a gather or scatter names."""
    check_axes(prim.name, x, prim.axes)
    if len(indices) != len(prim.axes) or not indices or min(prim.axes) < prim.batch:
        problem = f"got {len(indices)} indices for axes {prim.axes} after {prim.batch} batch axes"
        raise ArgumentError(prim.name, problem, "Wanted one index for each axis, and one at least.")
    if not all(is_integer(i.dtype) for i in indices):
        raise DtypeError(
            prim.name,
            f"indices must be integers, got {listed(indices)}",
            "Convert them with .astype(ox.int32).",
        )
    lead = x.shape[: prim.batch]
    if any(i.shape != indices[0].shape or i.shape[: prim.batch] != lead for i in indices):
        problem = f"indices must have one shape that starts with {lead}, got {listed(indices)}"
        raise ShapeError(prim.name, problem)


def check_nearest(prim: Gather | Scatter, x: Aval, shape: tuple[int, ...]) -> None:
    """Refuse to clip indices to an axis without elements."""
    empty = [a for a in prim.axes if x.shape[a] == 0]
    if empty and prod(shape):
        problem = f"axis {empty[0]} of {x} is empty, so no element is the nearest"
        raise OutOfBoundsError(prim.name, problem, 'Use mode="fill".')


def gathered(prim: Gather | Scatter, x: Any, index: Any) -> tuple[int, ...]:
    """The shape of what a gather reads or a scatter takes: index axes, then remaining ones."""
    rest = [n for a, n in enumerate(x.shape) if a >= prim.batch and a not in prim.axes]
    return (*index.shape, *rest)


def order(prim: Gather | Scatter, ndim: int) -> tuple[int, ...]:
    """The axes of x: batch axes, those that have indices, remaining ones."""
    rest = [a for a in range(prim.batch, ndim) if a not in prim.axes]
    return (*range(prim.batch), *prim.axes, *rest)


def raised(axes: tuple[int, ...]) -> tuple[int, ...]:
    """The axes after one more at the front."""
    return tuple(a + 1 for a in axes)


def axis_at(x: Any, dim: int | None, size: int, target: int) -> Any:
    """`x` with its mapped axis at `target`; repeated along a new one if it has none."""
    if dim is not None:
        return moveaxis(x, dim, target)
    shape = get_aval(x).shape
    return broadcast(x, (*shape[:target], size, *shape[target:]), (target,))


def grid(extents: Sequence[int], rank: int) -> list[Any]:
    """Buffers of the index along each leading axis, which broadcast to `rank` axes."""
    return [
        np.arange(n).reshape([n if a == b else 1 for a in range(rank)])
        for b, n in enumerate(extents)
    ]
