"""Static movement of blocks: slice and its adjoint pad, concatenate, reverse, and iota."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import accumulate
from typing import Any

import numpy as np

from oxmlx import dtypes
from oxmlx.dtypes import is_inexact, is_integer, short_name
from oxmlx.errors import ArgumentError, AxisError, DtypeError, ShapeError
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.kernel import INDEX, Expr, Literal, Operand, as_expr, scalar
from oxmlx.ir.kernel import cast as cast_expr
from oxmlx.ir.primitive import Primitive, Undef
from oxmlx.ir.trace import bind
from oxmlx.ir.value import Value
from oxmlx.ops.axes import broadcast_scalar, check_axes, full, reduce_sum, zeros_like
from oxmlx.ops.convert import literal, promote_dtypes
from oxmlx.ops.linear import Linear
from oxmlx.ops.select import select
from oxmlx.ops.shape import batch_axis

Config = tuple[tuple[int, int, int], ...]


class Slice(Linear):
    """out[i] = x[start + stride · i] along each axis, as long as that is below stop."""

    starts: tuple[int, ...]
    stops: tuple[int, ...]
    strides: tuple[int, ...]
    kind = "move"

    def abstract(self, x: Aval) -> Aval:
        bounds = self.starts, self.stops, self.strides
        if any(len(b) != x.ndim for b in bounds):
            raise ShapeError("slice", f"got starts, stops and strides {bounds} for {x}")
        shape: list[int] = []
        for axis, (start, stop, stride, n) in enumerate(zip(*bounds, x.shape, strict=True)):
            if not 0 <= start <= stop <= n or stride < 1:
                problem = f"got {start}:{stop}:{stride} for axis {axis} of {x}"
                advice = "Wanted 0 <= start <= stop <= the extent, and a stride of at least 1."
                raise ShapeError("slice", problem, advice)
            shape.append(-(-(stop - start) // stride))
        return x.with_shape(tuple(shape))

    def impl(self, x: Any) -> Any:
        return x[tuple(map(slice, self.starts, self.stops, self.strides))]

    def transpose(self, ct: Any, x: Undef) -> Sequence[Any]:
        return (pad(ct, 0, self.inverse(x.aval.shape, get_aval(ct).shape)),)

    def inverse(self, shape: tuple[int, ...], sliced: tuple[int, ...]) -> Config:
        """The padding that puts a slice back where it came from."""
        return tuple(
            (start, n - start - (1 + (m - 1) * stride if m else 0), stride - 1)
            for start, stride, n, m in zip(self.starts, self.strides, shape, sliced, strict=True)
        )

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        (x,), (d,) = args, dims
        assert d is not None
        starts, stops, strides = (list(b) for b in (self.starts, self.stops, self.strides))
        for bound, b in zip((starts, stops, strides), (0, size, 1), strict=True):
            bound.insert(d, b)
        return bind(Slice(tuple(starts), tuple(stops), tuple(strides)), x), d

    def lower(self, index: tuple[Expr, ...], x: Operand, *, out: Aval) -> Expr:
        where = zip(index, self.starts, self.strides, strict=True)
        return x([i * stride + offset(start) for i, start, stride in where])


class Pad(Primitive):
    """out[i] = x[(i - low) / (interior + 1)] where that is an index of x, else the value.

    Along each axis config has (low, high, interior): how many values go before and after, less than
    none to cut elements off, and between two elements.
    """

    config: Config
    kind = "move"

    def abstract(self, x: Aval, value: Aval) -> Aval:
        if len(self.config) != x.ndim or any(interior < 0 for _, _, interior in self.config):
            advice = "Wanted (low, high, interior) for each axis, interior not negative."
            raise ShapeError("pad", f"got config {self.config} for {x}", advice)
        if value.ndim or value.dtype != x.dtype:
            problem = f"got {value} to pad {x}"
            raise DtypeError("pad", problem, "Wanted a rank-0 value of the operand's dtype.")
        shape = tuple(
            low + high + n + max(n - 1, 0) * interior
            for n, (low, high, interior) in zip(x.shape, self.config, strict=True)
        )
        if any(n < 0 for n in shape):
            problem = f"config {self.config} cuts more than there is off {x}"
            raise ShapeError("pad", problem, f"The shape would be {shape}.")
        return Aval(shape, x.dtype, x.weak and value.weak)

    def impl(self, x: Any, value: Any) -> Any:
        out = np.full(self.abstract(get_aval_of(x), get_aval_of(value)).shape, value, x.dtype)
        source: list[slice] = []
        target: list[slice] = []
        for n, m, (low, _, interior) in zip(x.shape, out.shape, self.config, strict=True):
            step = interior + 1
            first = max(0, -(low // step))
            last = min(n, (m - 1 - low) // step + 1)
            source.append(slice(first, max(first, last)))
            target.append(slice(low + first * step, max(low + last * step, 0), step))
        if all(s.start < s.stop for s in source):
            out[tuple(target)] = x[tuple(source)]
        return out

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        x, value = primals
        dx, dvalue = tangents
        dx = zeros_like(get_aval(x)) if dx is None else dx
        dvalue = zero_of(get_aval(value).dtype) if dvalue is None else dvalue
        return bind(self, x, value), bind(self, dx, dvalue)

    def transpose(self, ct: Any, x: Any, value: Any) -> Sequence[Any]:
        ct_x = ct_value = None
        if isinstance(x, Undef):
            ct_x = self.pull(ct, x.aval)
        if isinstance(value, Undef):
            outside = select(self.mask((x.aval if isinstance(x, Undef) else get_aval(x)).shape),
                             zero_of(get_aval(ct).dtype), ct)
            ct_value = reduce_sum(outside, tuple(range(get_aval(ct).ndim)))
        return ct_x, ct_value

    def pull(self, ct: Any, x: Aval) -> Any:
        """What was padded, cut out of `ct`: first the borders, then the elements between."""
        borders = tuple((-low, -high, 0) for low, high, _ in self.config)
        dilated = pad(ct, zero_of(x.dtype), borders)
        shape = get_aval(dilated).shape
        steps = tuple(interior + 1 for _, _, interior in self.config)
        return slice_(dilated, (0,) * len(shape), shape, steps)

    def mask(self, shape: tuple[int, ...]) -> Any:
        """Where an element of an operand of this shape ends up."""
        return bind(self, full(shape, True, np.dtype(bool)), np.False_)

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        (x, value), (dx, dvalue) = args, dims
        d = 0 if dx is None else dx
        prim = Pad((*self.config[:d], (0, 0, 0), *self.config[d:]))
        if dvalue is None:
            return bind(prim, x, value), d
        x = batch_axis(x, None, size) if dx is None else x
        shape = get_aval(x).shape
        moved = bind(prim, x, zero_of(get_aval(x).dtype))
        full_shape = get_aval(moved).shape
        others = tuple(a for a in range(len(full_shape)) if a != d)
        values = broadcast(value, full_shape, others)
        return select(prim.mask(shape), moved, values), d

    def lower(self, index: tuple[Expr, ...], x: Operand, value: Operand, *, out: Aval) -> Expr:
        return None
