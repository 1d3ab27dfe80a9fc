"""Blocks at static places: slice and pad, concatenate, reverse, iota."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import accumulate
from typing import Any

import numpy as np

from oxmlx import conversion, dtypes
from oxmlx.dtypes import short_name
from oxmlx.errors import ArgumentError, DtypeError, ShapeError
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.kernel import INDEX, Expr, Literal, Operand, const, scalar
from oxmlx.ir.kernel import cast as cast_expr
from oxmlx.ir.primitive import Primitive, Undef
from oxmlx.ir.trace import bind
from oxmlx.ops.axes import broadcast, check_axes, full, reduce_sum, zeros_like
from oxmlx.ops.convert import NUMBERS, as_operand, literal, promote_dtypes
from oxmlx.ops.linear import Linear
from oxmlx.ops.select import select
from oxmlx.ops.shape import batch_axis

Config = tuple[tuple[int, int, int], ...]


class Slice(Linear):
    """out[i] = x[start + stride · i] on each axis, as far as that is below stop."""

    starts: tuple[int, ...]
    stops: tuple[int, ...]
    strides: tuple[int, ...]
    kind = "move"

    def abstract(self, x: Aval) -> Aval:
        shape: list[int] = []
        if any(len(b) != x.ndim for b in (self.starts, self.stops, self.strides)):
            raise ShapeError(str(self), f"wanted a start, stop and stride for each axis of {x}")
        for axis, (start, stop, stride) in enumerate(self.bounds()):
            if not 0 <= start <= stop <= x.shape[axis] or stride < 1:
                problem = f"got {start}:{stop}:{stride} for axis {axis} of {x}"
                advice = "Wanted 0 <= start <= stop <= the extent, and a stride of at least 1."
                raise ShapeError("slice", problem, advice)
            shape.append(len(range(start, stop, stride)))
        return x.with_shape(tuple(shape))

    def bounds(self) -> list[tuple[int, int, int]]:
        """(start, stop, stride) of each axis."""
        return list(zip(self.starts, self.stops, self.strides, strict=True))

    def impl(self, x: Any) -> Any:
        return x[tuple([slice(*b) for b in self.bounds()])]

    def transpose(self, ct: Any, x: Undef) -> Sequence[Any]:
        return (pad(ct, 0, self.inverse(x.aval.shape)),)

    def inverse(self, shape: tuple[int, ...]) -> Config:
        """The padding that puts a slice of `shape` back where it came from."""
        config: list[tuple[int, int, int]] = []
        for (start, stop, stride), n in zip(self.bounds(), shape, strict=True):
            indices = range(start, stop, stride)
            config.append((start, n - (indices[-1] + 1 if indices else start), stride - 1))
        return tuple(config)

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        (x,), (d,) = args, dims
        bounds = self.bounds()
        bounds.insert(d or 0, (0, size, 1))
        return bind(Slice(*zip(*bounds, strict=True)), x), d

    def lower(self, index: tuple[Expr, ...], x: Operand, *, out: Aval) -> Expr:
        places = zip(index, self.starts, self.strides, strict=True)
        return x([i * stride + distance(start) for i, start, stride in places])


class Pad(Primitive):
    """out[i] = x[(i - low) / (interior + 1)] where that is an index of x, else the value.

    Along each axis, config counts the values (low) before, (high) after and (interior) between the
    elements; a negative low or high cuts off.
    """

    config: Config
    kind = "move"

    def abstract(self, x: Aval, value: Aval) -> Aval:
        if len(self.config) != x.ndim or any(interior < 0 for _, _, interior in self.config):
            problem = f"got config {self.config} for {x}"
            raise ShapeError("pad", problem, "Wanted (low, high, interior >= 0) for each axis.")
        if value.ndim or value.dtype != x.dtype:
            problem = f"got {value} to pad {x} with"
            raise DtypeError("pad", problem, "Wanted a rank-0 value of the same dtype.")
        shape = self.padded(x.shape)
        if any(n < 0 for n in shape):
            problem = f"config {self.config} cuts more off {x} than there is"
            raise ShapeError("pad", problem, f"The shape would be {shape}.")
        return Aval(shape, x.dtype, x.weak and value.weak)

    def padded(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape that `shape` grows to."""
        return tuple(
            low + n + max(n - 1, 0) * interior + high
            for n, (low, high, interior) in zip(shape, self.config, strict=True)
        )

    def impl(self, x: Any, value: Any) -> Any:
        out = np.full(self.padded(x.shape), value, x.dtype)
        source: list[slice] = []
        target: list[slice] = []
        for n, m, (low, _, interior) in zip(x.shape, out.shape, self.config, strict=True):
            step = interior + 1
            first = max(0, -(low // step))  # the first and the last element that are not cut off
            last = min(n - 1, (m - 1 - low) // step)
            if first > last:
                return out
            source.append(slice(first, last + 1))
            target.append(slice(low + first * step, low + last * step + 1, step))
        out[tuple(target)] = x[tuple(source)]
        return out

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        (x, value), (dx, dvalue) = primals, tangents
        dx = zeros_like(get_aval(x)) if dx is None else dx
        dvalue = zero_of(get_aval(value).dtype) if dvalue is None else dvalue
        return bind(self, x, value), bind(self, dx, dvalue)

    def transpose(self, ct: Any, x: Any, value: Any) -> Sequence[Any]:
        shape = (x.aval if isinstance(x, Undef) else get_aval(x)).shape
        ct_x = self.pull(ct) if isinstance(x, Undef) else None
        if not isinstance(value, Undef):
            return ct_x, None
        outside = select(self.inside(shape), zero_of(get_aval(ct).dtype), ct)
        return ct_x, reduce_sum(outside, tuple(range(len(shape))))

    def pull(self, ct: Any) -> Any:
        """The cotangents of the elements of x: zero where they were cut off."""
        borders = tuple((-low, -high, 0) for low, high, _ in self.config)
        ct = pad(ct, 0, borders)
        shape = get_aval(ct).shape
        steps = tuple(interior + 1 for _, _, interior in self.config)
        return slice_(ct, (0,) * len(shape), shape, steps)

    def inside(self, shape: tuple[int, ...]) -> Any:
        """Which elements of the output are elements of an x of `shape`."""
        return bind(self, full(shape, True, np.dtype(bool)), np.False_)

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        (x, value), (dx, dvalue) = args, dims
        d = 0 if dx is None else dx
        prim = Pad((*self.config[:d], (0, 0, 0), *self.config[d:]))
        if dvalue is None:
            return bind(prim, x, value), d
        x = batch_axis(x, None, size) if dx is None else x
        shape = get_aval(x).shape
        whole = prim.padded(shape)
        values = broadcast(value, whole, tuple(a for a in range(len(whole)) if a != d))
        moved = bind(prim, x, zero_of(get_aval(x).dtype))
        return select(prim.inside(shape), moved, values), d

    def lower(self, index: tuple[Expr, ...], x: Operand, value: Operand, *, out: Aval) -> Expr:
        at: list[Expr] = []
        inside: list[Expr] = []
        for i, n, (low, high, interior) in zip(index, x.extents, self.config, strict=True):
            place = i + distance(-low)
            if low > 0:
                inside.append(place >= 0)
            if interior:
                inside.append(scalar("eq", place % (interior + 1), 0))
                place = place // (interior + 1)
            if high > 0:
                inside.append(place < n)
            at.append(place)
        if not inside:
            return x(at)
        return scalar("select", reduce(Expr.__and__, inside), x(at), value(()))


class Concatenate(Primitive):
    """out[i] = xₖ[i - those before], the operands x₀, x₁, … side by side along the axis"""

    axis: int
    kind = "move"

    def abstract(self, *xs: Aval) -> Aval:
        if not xs:
            raise ArgumentError("concatenate", "got no operand", "Wanted one or more.")
        first = xs[0]
        check_axes("concatenate", first, (self.axis,))
        if any(x.dtype != first.dtype for x in xs):
            raise DtypeError(
                "concatenate",
                f"operands must have one dtype, got {listed(xs)}",
                "Convert them with .astype.",
            )
        others = first.without((self.axis,)).shape
        if any(x.ndim != first.ndim or x.without((self.axis,)).shape != others for x in xs):
            problem = f"operands must agree on every axis but {self.axis}, got {listed(xs)}"
            raise ShapeError(
                "concatenate", problem, "Choose another axis, or pad them to one shape."
            )
        shape = list(first.shape)
        shape[self.axis] = sum(x.shape[self.axis] for x in xs)
        return Aval(tuple(shape), first.dtype, all(x.weak for x in xs))

    def impl(self, *xs: Any) -> Any:
        return np.concatenate(xs, self.axis)

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        tangents = [
            zeros_like(get_aval(x)) if dx is None else dx
            for x, dx in zip(primals, tangents, strict=True)
        ]
        return bind(self, *primals), bind(self, *tangents)

    def transpose(self, ct: Any, *args: Any) -> Sequence[Any]:
        starts, stops = [0] * get_aval(ct).ndim, list(get_aval(ct).shape)
        cts: list[Any] = []
        stop = 0
        for x in args:
            linear = isinstance(x, Undef)
            start, stop = stop, stop + (x.aval if linear else get_aval(x)).shape[self.axis]
            starts[self.axis], stops[self.axis] = start, stop
            cts.append(slice_(ct, tuple(starts), tuple(stops)) if linear else None)
        return cts

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        xs = [batch_axis(x, d, size) for x, d in zip(args, dims, strict=True)]
        return bind(Concatenate(self.axis + 1), *xs), 0

    def lower(self, index: tuple[Expr, ...], *operands: Operand, out: Aval) -> Expr:
        axis, i = self.axis, index[self.axis]

        def of(x: Operand, start: Expr) -> Expr:
            return x((*index[:axis], i - start, *index[axis + 1 :]))

        stops = list(accumulate(x.extents[axis] for x in operands))
        starts = [const(0), *stops[:-1]]
        chosen = of(operands[-1], starts[-1])
        for x, start, stop in list(zip(operands, starts, stops, strict=True))[-2::-1]:
            chosen = scalar("select", i < stop, of(x, start), chosen)
        return chosen


class Reverse(Linear):
    """out[i] = x[n - 1 - i] along the axes"""

    axes: tuple[int, ...]
    kind = "move"

    def abstract(self, x: Aval) -> Aval:
        check_axes("reverse", x, self.axes)
        return x

    def impl(self, x: Any) -> Any:
        return np.flip(x, self.axes)

    def transpose(self, ct: Any, x: Undef) -> Sequence[Any]:
        return (reverse(ct, self.axes),)

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        (x,), (d,) = args, dims
        return reverse(x, tuple(a + (a >= (d or 0)) for a in self.axes)), d

    def lower(self, index: tuple[Expr, ...], x: Operand, *, out: Aval) -> Expr:
        places = enumerate(zip(index, x.extents, strict=True))
        return x([n - 1 - i if a in self.axes else i for a, (i, n) in places])


class Iota(Primitive):
    """out[i] = i along the axis"""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    axis: int

    def abstract(self) -> Aval:
        out = Aval(self.shape, self.dtype)
        check_axes("iota", out, (self.axis,))
        if not (dtypes.is_integer(self.dtype) or dtypes.is_inexact(self.dtype)):
            problem = f"got {short_name(self.dtype)}"
            raise DtypeError("iota", problem, "Wanted a dtype of numbers; compare it for bools.")
        return out

    def impl(self) -> Any:
        n = self.shape[self.axis]
        column = [1] * len(self.shape)
        column[self.axis] = n
        numbers = conversion.cast(np.arange(n), self.dtype)
        return np.broadcast_to(numbers.reshape(column), self.shape)

    def lower(self, index: tuple[Expr, ...], *, out: Aval) -> Expr:
        return cast_expr(index[self.axis], self.dtype)


def listed(avals: Sequence[Aval]) -> str:
    """Avals, as an error shows them."""
    return " and ".join(map(str, avals))


def distance(n: int) -> Expr:
    """A number of elements that may change without a new text; only none at all is seen."""
    return Literal(np.asarray(n, INDEX)) if n else const(0)


def zero_of(dtype: np.dtype[Any]) -> Any:
    """The number 0, or the key of zeros."""
    return np.zeros((), dtype)[()]


def number_for(value: Any, dtype: np.dtype[Any], who: str) -> Any:
    """The operand that a number is beside an array of `dtype`; arrays stay what they are."""
    if isinstance(value, np.generic) and value.dtype == dtype:
        return value
    if isinstance(value, (*NUMBERS, np.generic)):
        return literal(value, dtype, who)
    return as_operand(value, who)


def slice_(
    x: Any, starts: Sequence[int], stops: Sequence[int], strides: Sequence[int] | None = None
) -> Any:
    """The elements of `x` at start, start + stride, ... below stop on each axis.

    Raises:
        ShapeError: a bound lies outside its axis, or a stride is not positive.
    """
    steps = (1,) * len(starts) if strides is None else tuple(strides)
    prim = Slice(tuple(starts), tuple(stops), steps)
    if prim.stops == get_aval(x).shape and not any(prim.starts) and max(steps, default=1) == 1:
        return x
    return bind(prim, x)


def pad(x: Any, value: Any, config: Sequence[tuple[int, int, int]]) -> Any:
    """`x` with `low` values before, `high` after and `interior` between its elements on each axis.

    Args:
        x: an array.
        value: a number that the dtype of `x` can hold, or a rank-0 array of that dtype.
        config: (low, high, interior) for each axis; a negative low or high cuts elements off.

    Raises:
        ShapeError: config does not fit the axes of `x`.
        DtypeError: `value` has another dtype.
    """
    if not any(map(any, config)) and len(config) == get_aval(x).ndim:
        return x
    return bind(Pad(tuple(config)), x, number_for(value, get_aval(x).dtype, "pad"))


def concatenate(xs: Sequence[Any], axis: int) -> Any:
    """Arrays side by side along `axis`, promoted to one dtype.

    Raises:
        ShapeError: they differ along another axis.
    """
    xs = promote_dtypes("concatenate", *xs) if len(xs) > 1 else xs
    return xs[0] if len(xs) == 1 else bind(Concatenate(axis), *xs)


def reverse(x: Any, axes: tuple[int, ...]) -> Any:
    """`x` backwards along `axes`."""
    return bind(Reverse(axes), x) if axes else x


def iota(dtype: np.dtype[Any], shape: tuple[int, ...], axis: int) -> Any:
    """0, 1, 2, ... along `axis`, the same everywhere else."""
    return bind(Iota(shape, dtype, axis))
