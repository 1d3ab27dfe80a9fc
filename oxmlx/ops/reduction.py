"""Reductions other than the sum: out[i] = ⊕ over k of x[i, k]."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import Any, ClassVar

import numpy as np

from oxmlx import dtypes
from oxmlx.dtypes import short_name
from oxmlx.errors import DtypeError, ShapeError
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.kernel import Expr, Operand, fold, part
from oxmlx.ir.kernel import cast as cast_expr
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.trace import bind
from oxmlx.ops.axes import (
    broadcast,
    check_axes,
    insert,
    lower_reduction,
    reduce_sum,
    vmap_reduction,
)
from oxmlx.ops.convert import cast
from oxmlx.ops.elementwise import add, div, mul
from oxmlx.ops.logic import eq
from oxmlx.ops.shape import reshape, transpose
from oxmlx.ops.slicing import concatenate, slice_


class Reduction(Primitive):
    """Fold the given axes with an associative operation."""

    axes: tuple[int, ...]
    kind = "fold"
    ufunc: ClassVar[Any]
    monoid: ClassVar[str]

    def accepts(self, dtype: np.dtype[Any]) -> bool:
        """Whether elements of this dtype can be folded."""
        return not (dtypes.is_key(dtype) or dtypes.is_complex(dtype))

    def abstract(self, x: Aval) -> Aval:
        check_axes(self.name, x, self.axes)
        if not self.accepts(x.dtype):
            problem = f"has no meaning for elements of {short_name(x.dtype)}, got {x}"
            raise DtypeError(self.name, problem, "Convert with .astype first.")
        return x.without(self.axes)

    def impl(self, x: Any) -> Any:
        return type(self).ufunc.reduce(x, axis=self.axes)

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        return vmap_reduction(self, args, dims)

    def lower(self, index: tuple[Expr, ...], x: Operand, *, out: Aval) -> Expr:
        return lower_reduction(self.monoid, self.axes, index, x)


class Extreme(Reduction):
    """The largest or the smallest element; elements that tie share the derivative."""

    def abstract(self, x: Aval) -> Aval:
        out = super().abstract(x)
        empty = [a for a in self.axes if x.shape[a] == 0]
        if empty and out.size:
            raise ShapeError(
                self.name,
                f"axis {empty[0]} of {x} is empty, and has no such element",
                "Pass initial=, or check that the array has elements.",
            )
        return out

    def impl(self, x: Any) -> Any:
        if x.size == 0:
            return np.empty([n for a, n in enumerate(x.shape) if a not in self.axes], x.dtype)
        return super().impl(x)

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        (x,), (dx,) = primals, tangents
        out = bind(self, x)
        aval = get_aval(x)
        here = cast(eq(x, broadcast(out, aval.shape, self.axes)), aval.dtype)
        return out, div(reduce_sum(mul(here, dx), self.axes), reduce_sum(here, self.axes))


class ReduceMax(Extreme):
    """out[i] = maxₖ x[i, k]; NaN wins"""

    ufunc, monoid = np.maximum, "max"


class ReduceMin(Extreme):
    """out[i] = minₖ x[i, k]; NaN wins"""

    ufunc, monoid = np.minimum, "min"


class ReduceProd(Reduction):
    """out[i] = Πₖ x[i, k]; 16-bit floats accumulate in f32"""

    ufunc, monoid = np.multiply, "mul"

    def accepts(self, dtype: np.dtype[Any]) -> bool:
        return dtypes.is_integer(dtype) or dtypes.is_inexact(dtype)

    def impl(self, x: Any) -> Any:
        narrow = dtypes.is_float(x.dtype) and x.itemsize == 2
        wide = np.dtype(np.float32) if narrow else x.dtype
        return np.multiply.reduce(x, axis=self.axes, dtype=wide).astype(x.dtype)

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        x, dx = (self.factors(v) for v in (*primals, *tangents))
        if not get_aval(x).shape[0]:
            return bind(self, *primals), None
        while (n := get_aval(x).shape[0]) > 1:  # divides by no factor, so zeros do no harm
            (a, b, rest), (da, db, drest) = (cut(v, n // 2) for v in (x, dx))
            x, dx = mul(a, b), add(mul(da, b), mul(a, db))
            if n % 2:
                x, dx = concatenate([x, rest], 0), concatenate([dx, drest], 0)
        return bind(self, *primals), reshape(dx, get_aval(dx).shape[1:])

    def factors(self, x: Any) -> Any:
        """`x` with the factors of each product along its first axis."""
        shape = get_aval(x).shape
        others = tuple(a for a in range(len(shape)) if a not in self.axes)
        rest = tuple(shape[a] for a in others)
        count = prod(shape[a] for a in self.axes)
        return reshape(transpose(x, (*self.axes, *others)), (count, *rest))


class Bitwise(Reduction):
    """A fold of bools or of the bits of integers."""

    def accepts(self, dtype: np.dtype[Any]) -> bool:
        return dtype.kind in "biu"


class ReduceAnd(Bitwise):
    """out[i] = ∧ₖ x[i, k], bit by bit"""

    ufunc, monoid = np.bitwise_and, "and"


class ReduceOr(Bitwise):
    """out[i] = ∨ₖ x[i, k], bit by bit"""

    ufunc, monoid = np.bitwise_or, "or"


class ReduceXor(Bitwise):
    """out[i] = ⊕ₖ x[i, k], bit by bit"""

    ufunc, monoid = np.bitwise_xor, "xor"


class ArgExtreme(Primitive):
    """Where the extreme along `axis` is, as an integer of `dtype`; the first of several."""

    axis: int
    dtype: np.dtype[Any]
    kind = "fold"
    choose: ClassVar[Any]
    monoid: ClassVar[str]

    def abstract(self, x: Aval) -> Aval:
        check_axes(self.name, x, (self.axis,))
        if dtypes.is_key(x.dtype) or dtypes.is_complex(x.dtype):
            problem = f"has no meaning for elements of {short_name(x.dtype)}, got {x}"
            raise DtypeError(self.name, problem, "Elements must be ordered.")
        n = x.shape[self.axis]
        if not n:
            problem = f"axis {self.axis} of {x} is empty, and has no such element"
            raise ShapeError(self.name, problem, "Check that the array has elements.")
        if not dtypes.is_integer(self.dtype) or n - 1 > np.iinfo(self.dtype).max:
            problem = f"{short_name(self.dtype)} cannot count {n} elements"
            raise DtypeError(self.name, problem, "Choose a wider integer dtype.")
        return Aval(x.without((self.axis,)).shape, self.dtype)

    def impl(self, x: Any) -> Any:
        return type(self).choose(x, axis=self.axis).astype(self.dtype)

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        return bind(self, *primals), None

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        (x,), (d,) = args, dims
        assert d is not None
        prim = type(self)(self.axis + (d <= self.axis), self.dtype)
        return bind(prim, x), d - (self.axis < d)

    def lower(self, index: tuple[Expr, ...], x: Operand, *, out: Aval) -> Expr:
        def element(ks: tuple[Expr, ...]) -> tuple[Expr, ...]:
            return x(insert(index, (self.axis,), ks)), cast_expr(ks[0], self.dtype)

        return part(1, fold(self.monoid, (x.extents[self.axis],), element))


class ArgMax(ArgExtreme):
    """out[i] = the first k of the largest x[i, k]; NaN is larger than numbers"""

    name, choose, monoid = "argmax", np.argmax, "argmax"


class ArgMin(ArgExtreme):
    """out[i] = the first k of the smallest x[i, k]; NaN is smaller than numbers"""

    name, choose, monoid = "argmin", np.argmin, "argmin"


def cut(x: Any, half: int) -> list[Any]:
    """The first and the second half of the rows, and what is left."""
    shape = get_aval(x).shape
    bounds = (0, half, 2 * half, shape[0])
    none = (0,) * (len(shape) - 1)
    return [slice_(x, (a, *none), (b, *shape[1:])) for a, b in pairwise(bounds)]


def index_dtype(n: int) -> np.dtype[Any]:
    """The dtype of indices into `n` elements: int32 as long as it will do."""
    return np.dtype(np.int32 if n <= np.iinfo(np.int32).max else np.int64)


def reduce_prod(x: Any, axes: tuple[int, ...]) -> Any:
    """The product of the elements along `axes`."""
    return bind(ReduceProd(axes), x) if axes else x


def reduce_max(x: Any, axes: tuple[int, ...]) -> Any:
    """The largest element along `axes`."""
    return bind(ReduceMax(axes), x) if axes else x


def reduce_min(x: Any, axes: tuple[int, ...]) -> Any:
    """The smallest element along `axes`."""
    return bind(ReduceMin(axes), x) if axes else x


def reduce_and(x: Any, axes: tuple[int, ...]) -> Any:
    """Whether all elements along `axes` hold; bit by bit for integers."""
    return bind(ReduceAnd(axes), x) if axes else x


def reduce_or(x: Any, axes: tuple[int, ...]) -> Any:
    """Whether any element along `axes` holds; bit by bit for integers."""
    return bind(ReduceOr(axes), x) if axes else x


def reduce_xor(x: Any, axes: tuple[int, ...]) -> Any:
    """The exclusive or of the elements along `axes`."""
    return bind(ReduceXor(axes), x) if axes else x


def argmax(x: Any, axis: int, dtype: np.dtype[Any] | None = None) -> Any:
    """Where the largest element along `axis` is: the first of several, NaN above numbers.

    Raises:
        ShapeError: the axis is empty.
    """
    return bind(ArgMax(axis, dtype or index_dtype(max(get_aval(x).shape, default=0))), x)


def argmin(x: Any, axis: int, dtype: np.dtype[Any] | None = None) -> Any:
    """Where the smallest element along `axis` is: the first of several, NaN below numbers.

    Raises:
        ShapeError: the axis is empty.
    """
    return bind(ArgMin(axis, dtype or index_dtype(max(get_aval(x).shape, default=0))), x)
