"""Reductions other than the sum: out[i] = ⊕ over k of x[i, k]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from oxmlx import dtypes
from oxmlx.dtypes import short_name
from oxmlx.errors import DtypeError, ShapeError
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.kernel import Expr, Operand
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.trace import bind
from oxmlx.ops.axes import broadcast, check_axes, lower_reduction, reduce_sum, vmap_reduction
from oxmlx.ops.convert import cast
from oxmlx.ops.elementwise import div, mul
from oxmlx.ops.logic import eq


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
            raise ShapeError(self.name, f"axis {empty[0]} of {x} is empty, and has no such element")
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
