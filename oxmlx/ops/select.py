"""Choosing between elements: select, maximum, minimum, clamp."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from oxmlx.dtypes import is_inexact
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.kernel import Expr, scalar
from oxmlx.ir.primitive import Undef
from oxmlx.ir.scalar import SCALARS
from oxmlx.ir.trace import bind
from oxmlx.ops.axes import broadcast_scalar
from oxmlx.ops.convert import as_operand, broadcast_shapes, cast
from oxmlx.ops.elementwise import (
    Elementwise,
    add,
    binary,
    common_shape,
    mul,
    operands,
    unbroadcast,
    zero,
)
from oxmlx.ops.logic import and_, eq, gt, lt, or_
from oxmlx.ops.shape import broadcast_to


class Select(Elementwise):
    """x where the condition holds, else y"""

    def abstract(self, cond: Aval, x: Aval, y: Aval) -> Aval:
        dtype = SCALARS["select"].check(cond.dtype, x.dtype, y.dtype)
        return Aval(common_shape("select", (cond, x, y)), dtype, x.weak and y.weak)

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        cond, x, y = primals
        _, dx, dy = tangents
        out = bind(self, cond, x, y)
        if dx is None and dy is None:
            return out, None
        dx = zero(x) if dx is None else dx
        dy = zero(y) if dy is None else dy
        return out, broadcast_scalar(bind(self, cond, dx, dy), get_aval(out).shape)

    def transpose(self, ct: Any, cond: Any, x: Any, y: Any) -> Sequence[Any]:
        nothing = zero(ct)
        return (
            None,
            unbroadcast(bind(self, cond, ct, nothing), x) if isinstance(x, Undef) else None,
            unbroadcast(bind(self, cond, nothing, ct), y) if isinstance(y, Undef) else None,
        )


class Extremum(Elementwise):
    """The larger or the smaller of two; a tie halves the derivative."""

    def partial(self, k: int, out: Any, x: Any, y: Any) -> Any:
        mine, other = (x, y) if k == 0 else (y, x)
        dtype = get_aval(x).dtype
        wins = cast(eq(mine, out), dtype)
        return select(eq(mine, other), mul(wins, dtype.type(0.5)), wins)


class Max(Extremum):
    """the larger of x and y; NaN if either is"""


class Min(Extremum):
    """the smaller of x and y; NaN if either is"""


class Clamp(Elementwise):
    """min(max(x, low), high), operands in the order low, x, high"""

    def abstract(self, low: Aval, x: Aval, high: Aval) -> Aval:
        dtype = SCALARS["max"].check(low.dtype, x.dtype)
        SCALARS["max"].check(dtype, high.dtype)
        weak = low.weak and x.weak and high.weak
        return Aval(common_shape("clamp", (low, x, high)), dtype, weak)

    def impl(self, low: Any, x: Any, high: Any) -> Any:
        return SCALARS["min"].run(SCALARS["max"].run(x, low), high)

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        """The tangent of the operand that wins is chosen, not multiplied: 0 · ∞ would be NaN."""
        low, x, high = primals
        out = bind(self, *primals)
        if not is_inexact(get_aval(out).dtype):
            return out, None
        wins = (
            lambda: and_(gt(low, x), lt(low, high)),
            lambda: and_(gt(x, low), lt(x, high)),
            lambda: or_(lt(high, x), lt(high, low)),
        )
        terms = [
            bind(Select(), is_mine(), dx, zero(dx))
            for is_mine, dx in zip(wins, tangents, strict=True)
            if dx is not None
        ]
        return out, broadcast_scalar(reduce(add, terms), get_aval(out).shape)

    def lower(self, index: tuple[Expr, ...], *operands: Any, **_: Any) -> Expr:
        low, x, high = (x(index if x.shape else ()) for x in operands)
        return scalar("min", scalar("max", x, low), high)


def select(cond: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, else y; operands broadcast, x and y are promoted."""
    try:
        if x.aval is y.aval and cond.aval.shape == x.aval.shape:
            return bind(Select(), cond, x, y)
    except AttributeError:
        pass
    cond = as_operand(cond, "select")
    x, y = operands("select", x, y)
    shapes = {get_aval(v).shape for v in (cond, x, y)} - {()}
    if len(shapes) > 1:
        shape = broadcast_shapes("select", *shapes)
        cond, x, y = (broadcast_to(v, shape) if get_aval(v).ndim else v for v in (cond, x, y))
    return bind(Select(), cond, x, y)


def maximum(x: Any, y: Any) -> Any:
    """The larger of x and y."""
    return binary(Max(), x, y)


def minimum(x: Any, y: Any) -> Any:
    """The smaller of x and y."""
    return binary(Min(), x, y)


def clamp(low: Any, x: Any, high: Any) -> Any:
    """x kept between low and high."""
    return bind(Clamp(), *operands("clamp", low, x, high))
