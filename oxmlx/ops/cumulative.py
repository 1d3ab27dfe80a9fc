"""Scans along an axis: out[i] = ⊕ of x[k] over k ≤ i, or over k ≥ i if `reverse`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from oxmlx import conversion, dtypes
from oxmlx.dtypes import short_name
from oxmlx.errors import DtypeError
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.kernel import Expr, Operand, prefix
from oxmlx.ir.primitive import Primitive, Undef
from oxmlx.ir.trace import bind
from oxmlx.ops.axes import check_axes
from oxmlx.ops.elementwise import Elementwise, Mul, add, mul, sub, zero
from oxmlx.ops.linear import Linear
from oxmlx.ops.logic import eq
from oxmlx.ops.math import exp
from oxmlx.ops.select import Max, Min, select
from oxmlx.ops.shape import reshape
from oxmlx.ops.slicing import concatenate, reverse, slice_

Elements = tuple[Any, ...]


class Cumulative(Primitive):
    """A scan along one axis with an associative operation."""

    axis: int
    reverse: bool = False
    kind, reuses = "fold", True
    ufunc: ClassVar[np.ufunc]
    monoid: ClassVar[str]

    def accepts(self, dtype: np.dtype[Any]) -> bool:
        """Whether elements of this dtype can be combined."""
        return dtypes.is_integer(dtype) or dtypes.is_inexact(dtype)

    def abstract(self, x: Aval) -> Aval:
        check_axes(self.name, x, (self.axis,))
        if not self.accepts(x.dtype):
            problem = f"has no meaning for elements of {short_name(x.dtype)}, got {x}"
            raise DtypeError(self.name, problem, "Convert with .astype first.")
        return x

    def working(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        """Double precision: a plain sum of a million f32 is off by a percent."""
        if not dtypes.is_inexact(dtype):
            return dtype
        return np.dtype(np.complex128 if dtypes.is_complex(dtype) else np.float64)

    def impl(self, x: Any) -> Any:
        along = slice(None, None, -1 if self.reverse else 1)
        flip = (slice(None),) * self.axis + (along,)
        wide = x[flip].astype(self.working(x.dtype), copy=False)
        out = type(self).ufunc.accumulate(wide, axis=self.axis, dtype=wide.dtype)
        return conversion.cast(out[flip], x.dtype)

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        (x,), (d,) = args, dims
        assert d is not None
        return bind(type(self)(self.axis + (d <= self.axis), self.reverse), x), d

    def lower(self, index: tuple[Expr, ...], x: Operand, *, out: Aval) -> Expr:
        before, at, after = index[: self.axis], index[self.axis], index[self.axis + 1 :]

        def element(k: Expr) -> Expr:
            return x((*before, k, *after))

        return prefix(self.monoid, x.extents[self.axis], at, element, reverse=self.reverse)


class CumSum(Cumulative, Linear):
    """out[i] = Σ x[k] over k ≤ i, or over k ≥ i if `reverse`"""

    name, ufunc, monoid = "cumsum", np.add, "add"

    def transpose(self, ct: Any, x: Undef) -> Sequence[Any]:
        return (cumsum(ct, self.axis, not self.reverse),)


class CumLogSumExp(Cumulative):
    """out[i] = log Σ exp x[k] over k ≤ i, or over k ≥ i if `reverse`"""

    name, ufunc, monoid = "cumlogsumexp", np.logaddexp, "logaddexp"

    def accepts(self, dtype: np.dtype[Any]) -> bool:
        return dtypes.is_float(dtype)

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        (x,), (dx,) = primals, tangents
        out = bind(self, x)
        n = get_aval(x).shape[self.axis]
        if n < 2:
            return out, dx
        first, rest = (n - 1, (1, n)) if self.reverse else (0, (0, n - 1))
        edge = between(out, self.axis, first, first + 1), between(out, self.axis, *rest)
        before = concatenate(edge[::-1] if self.reverse else edge, self.axis)
        # dout[i] = exp(out[i-1] - out[i]) dout[i-1] + exp(x[i] - out[i]) dx[i], no factor above 1
        steps = ratio(before, out), mul(ratio(x, out), dx)
        _, dout = associative_scan(compose, steps, self.axis, self.reverse)
        return out, dout


class Pairwise(Cumulative):
    """A scan whose derivative is that of the operation of two, along a tree."""

    operation: ClassVar[Elementwise]

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        def both(a: Elements, b: Elements) -> Elements:
            return self.operation.jvp((a[0], b[0]), (a[1], b[1]))

        pair = *primals, *tangents
        return bind(self, *primals), associative_scan(both, pair, self.axis, self.reverse)[1]


class CumProd(Pairwise):
    """out[i] = Π x[k] over k ≤ i, or over k ≥ i if `reverse`"""

    name, ufunc, monoid, operation = "cumprod", np.multiply, "mul", Mul()


class RunningExtreme(Pairwise):
    """The largest or smallest element so far."""

    def accepts(self, dtype: np.dtype[Any]) -> bool:
        return not (dtypes.is_key(dtype) or dtypes.is_complex(dtype))

    def working(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        return dtype


class CumMax(RunningExtreme):
    """out[i] = max x[k] over k ≤ i, or over k ≥ i if `reverse`; NaN wins"""

    name, ufunc, monoid, operation = "cummax", np.maximum, "max", Max()


class CumMin(RunningExtreme):
    """out[i] = min x[k] over k ≤ i, or over k ≥ i if `reverse`; NaN wins"""

    name, ufunc, monoid, operation = "cummin", np.minimum, "min", Min()


def associative_scan(
    combine: Callable[[Elements, Elements], Elements],
    xs: Elements,
    axis: int,
    reversed: bool = False,
) -> Elements:
    """All prefixes of `xs` (arrays of one extent along `axis`) in about 2n combinations: of pairs
    of neighbours, then of the prefixes of pairs with the elements between them."""
    if reversed:
        flipped = tuple(reverse(x, (axis,)) for x in xs)
        return tuple(reverse(x, (axis,)) for x in associative_scan(combine, flipped, axis))
    n = get_aval(xs[0]).shape[axis]
    if n < 2:
        return xs

    def every(xs: Elements, start: int, stop: int, stride: int = 1) -> Elements:
        return tuple(between(x, axis, start, stop, stride) for x in xs)

    odd = associative_scan(combine, combine(every(xs, 0, n - 1, 2), every(xs, 1, n, 2)), axis)
    even = every(xs, 0, 1)
    if n > 2:
        later = combine(every(odd, 0, (n - 1) // 2), every(xs, 2, n, 2))
        even = tuple(concatenate(pair, axis) for pair in zip(even, later, strict=True))
    return tuple(interleave(*pair, axis) for pair in zip(even, odd, strict=True))


def compose(f: Elements, g: Elements) -> Elements:
    """The map t ↦ a t + b that applies f, then g, each as (a, b)."""
    (a, b), (c, d) = f, g
    return mul(c, a), add(mul(c, b), d)


def ratio(a: Any, b: Any) -> Any:
    """exp(a - b), where both may be the same infinity."""
    return exp(select(eq(a, b), zero(a), sub(a, b)))


def between(x: Any, axis: int, start: int, stop: int, stride: int = 1) -> Any:
    """`x`, from start to stop along one axis."""
    stops = list(get_aval(x).shape)
    starts, strides = [0] * len(stops), [1] * len(stops)
    starts[axis], stops[axis], strides[axis] = start, stop, stride
    return slice_(x, tuple(starts), tuple(stops), tuple(strides))


def interleave(even: Any, odd: Any, axis: int) -> Any:
    """The elements of both in turns; `even` has as many as `odd`, or one more."""
    shape = get_aval(odd).shape
    n, extra = shape[axis], get_aval(even).shape[axis] - shape[axis]
    single = (*shape[: axis + 1], 1, *shape[axis + 1 :])
    columns = (reshape(between(x, axis, 0, n), single) for x in (even, odd))
    both = (*shape[:axis], 2 * n, *shape[axis + 1 :])
    out = reshape(concatenate(list(columns), axis + 1), both)
    return concatenate([out, between(even, axis, n, n + 1)], axis) if extra else out


def cumsum(x: Any, axis: int, reverse: bool = False) -> Any:
    """The sums of the elements up to each one."""
    return bind(CumSum(axis, reverse), x)


def cumprod(x: Any, axis: int, reverse: bool = False) -> Any:
    """The products of the elements up to each one."""
    return bind(CumProd(axis, reverse), x)


def cummax(x: Any, axis: int, reverse: bool = False) -> Any:
    """The largest of the elements up to each one."""
    return bind(CumMax(axis, reverse), x)


def cummin(x: Any, axis: int, reverse: bool = False) -> Any:
    """The smallest of the elements up to each one."""
    return bind(CumMin(axis, reverse), x)


def cumlogsumexp(x: Any, axis: int, reverse: bool = False) -> Any:
    """The logarithms of the sums of exponentials of the elements up to each one."""
    return bind(CumLogSumExp(axis, reverse), x)
