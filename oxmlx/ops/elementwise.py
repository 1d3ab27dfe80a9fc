"""Elementwise primitives: out[i] = f(x[i], y[i], …), and the arithmetic ones."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, ClassVar

import numpy as np

from oxmlx.dtypes import is_inexact, promote, scalar_dtype
from oxmlx.errors import ShapeError
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.kernel import Expr, scalar
from oxmlx.ir.primitive import Primitive, Undef, missing
from oxmlx.ir.scalar import SCALARS
from oxmlx.ir.trace import bind
from oxmlx.ir.value import Value
from oxmlx.ops.axes import broadcast, broadcast_scalar, reduce_sum
from oxmlx.ops.convert import as_value, broadcast_shapes, literal, promote_dtypes
from oxmlx.ops.shape import broadcast_to, moveaxis


class Elementwise(Primitive):
    """out[i] = f(x[i], y[i], …). Operands have one dtype, and one shape or rank 0.

    A subclass names f among the scalars of the kernel language, which also give its meaning, and
    says ∂f.
    """

    scalar: ClassVar[str]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.scalar = cls.__dict__.get("scalar", cls.name)
        if cls.scalar in SCALARS:
            cls.impl = staticmethod(SCALARS[cls.scalar].run)

    def partial(self, k: int, out: Any, *xs: Any, **_: Any) -> Any:
        """∂f/∂xₖ, which may use the output; `None` where it is zero."""
        raise missing(self, "partial")

    def abstract(self, *avals: Any, **_: Any) -> Aval:
        dtype = SCALARS[self.scalar].check(*[x.dtype for x in avals])
        weak = dtype.kind != "b" and all(x.weak for x in avals)
        return Aval(common_shape(self.name, avals), dtype, weak)

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        out = bind(self, *primals)
        if not is_inexact(get_aval(out).dtype):
            return out, None
        terms: list[Any] = []
        for k, dx in enumerate(tangents):
            if dx is not None and (slope := self.partial(k, out, *primals)) is not None:
                terms.append(mul(slope, dx))
        return out, broadcast_scalar(reduce(add, terms), get_aval(out).shape) if terms else None

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        shapes = [mapped_shape(x, d) for x, d in zip(args, dims, strict=True)]
        shape = max(shapes, key=len)
        whole = [d for s, d in zip(shapes, dims, strict=True) if d is not None and s == shape]
        dim = whole[0] if whole else 0
        full = (*shape[:dim], size, *shape[dim:])
        others = tuple(a for a in range(len(full)) if a != dim)
        moved: list[Any] = []
        for x, s, d in zip(args, shapes, dims, strict=True):
            if d is None:
                moved.append(broadcast(x, full, (dim,)) if s else x)
            elif s == shape:
                moved.append(moveaxis(x, d, dim))
            else:
                moved.append(broadcast(x, full, others))
        return bind(self, *moved), dim

    def lower(self, index: tuple[Expr, ...], *operands: Any, **_: Any) -> Expr:
        return scalar(self.scalar, *(x(index if x.shape else ()) for x in operands))


def mapped_shape(x: Any, dim: int | None) -> tuple[int, ...]:
    """The shape of one element of a batch."""
    shape = get_aval(x).shape
    return shape if dim is None else shape[:dim] + shape[dim + 1 :]


def common_shape(who: str, avals: Sequence[Aval]) -> tuple[int, ...]:
    """The shape that all operands of rank > 0 share."""
    shape: tuple[int, ...] = ()
    for x in avals:
        if x.ndim:
            if shape and x.shape != shape:
                raise ShapeError(
                    who,
                    f"operands must have one shape, got {' and '.join(map(str, avals))}",
                    "Broadcast them first, as the functions of ox.numpy do.",
                )
            shape = x.shape
    return shape


def unbroadcast(ct: Any, x: Undef) -> Any:
    """The cotangent of an operand that may be of rank 0 in a larger equation."""
    return ct if x.aval.ndim else reduce_sum(ct, tuple(range(get_aval(ct).ndim)))


class Flat(Elementwise):
    """A function that is constant almost everywhere: its derivative is zero."""

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        return bind(self, *primals), None


class Add(Elementwise):
    """x + y"""

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        out = bind(self, *primals)
        dy = reduce(add, (t for t in tangents if t is not None))
        return out, broadcast_scalar(dy, get_aval(out).shape)

    def transpose(self, ct: Any, *args: Any) -> Sequence[Any]:
        return [unbroadcast(ct, a) if isinstance(a, Undef) else None for a in args]


class Sub(Elementwise):
    """x - y"""

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        out = bind(self, *primals)
        dx, dy = tangents
        dout = dx if dy is None else neg(dy) if dx is None else sub(dx, dy)
        return out, broadcast_scalar(dout, get_aval(out).shape)

    def transpose(self, ct: Any, x: Any, y: Any) -> Sequence[Any]:
        return (
            unbroadcast(ct, x) if isinstance(x, Undef) else None,
            unbroadcast(neg(ct), y) if isinstance(y, Undef) else None,
        )


class Mul(Elementwise):
    """x y"""

    def partial(self, k: int, out: Any, x: Any, y: Any) -> Any:
        return (y, x)[k]

    def transpose(self, ct: Any, x: Any, y: Any) -> Sequence[Any]:
        if isinstance(x, Undef):
            return unbroadcast(mul(ct, y), x), None
        return None, unbroadcast(mul(x, ct), y)


class Div(Elementwise):
    """x / y"""

    def partial(self, k: int, out: Any, x: Any, y: Any) -> Any:
        return reciprocal(y) if k == 0 else neg(div(out, y))

    def transpose(self, ct: Any, x: Any, y: Any) -> Sequence[Any]:
        return unbroadcast(div(ct, y), x), None  # linear in x alone


class Neg(Elementwise):
    """-x"""

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        return neg(*primals), neg(*tangents)

    def transpose(self, ct: Any, x: Undef) -> Sequence[Any]:
        return (neg(ct),)


ADD, SUB, MUL, DIV, NEG = Add(), Sub(), Mul(), Div(), Neg()


PLAIN = {float: scalar_dtype(0.0), int: scalar_dtype(0)}


def operands(who: str, *xs: Any) -> list[Any]:
    """Operands of one dtype and one shape (or rank 0): NumPy's promotion as explicit equations."""
    if not any(isinstance(x, Value) for x in xs):
        xs = tuple(as_value(x, who) for x in xs)  # numbers alone make an array
    xs = tuple(promote_dtypes(who, *xs))
    shapes = {get_aval(x).shape for x in xs}
    shapes.discard(())
    if len(shapes) > 1:
        shape = broadcast_shapes(who, *shapes)
        return [broadcast_to(x, shape) if get_aval(x).ndim else x for x in xs]
    return list(xs)


def unary(prim: Primitive, x: Any) -> Any:
    """Apply an elementwise primitive of one operand."""
    return bind(prim, x if isinstance(x, Value) else operands(prim.name, x)[0])


def binary(prim: Primitive, x: Any, y: Any) -> Any:
    """Apply an elementwise primitive of two operands. The two common cases, operands of one type
    and an array with a Python number, skip the general promotion."""
    if isinstance(x, Value):
        if isinstance(y, Value):
            if y.aval is x.aval:
                return bind(prim, x, y)
        elif fits(y, x.aval):
            return bind(prim, x, literal(y, x.aval.dtype, prim.name))
    elif isinstance(y, Value) and fits(x, y.aval):
        return bind(prim, literal(x, y.aval.dtype, prim.name), y)
    return bind(prim, *operands(prim.name, x, y))


def fits(x: Any, aval: Aval) -> bool:
    """Whether `x` is a Python number that takes the dtype of an array."""
    key = aval.dtype, aval.weak, type(x)
    known = FITTING.get(key)
    if known is None:
        kind = PLAIN.get(type(x))
        if kind is None:
            return False
        known = FITTING[key] = promote(aval.dtype, aval.weak, *kind)[0] is aval.dtype
    return known


FITTING: dict[tuple[Any, bool, type], bool] = {}
"""What `fits` has found, since it is asked for every operation with a number."""


def add(x: Any, y: Any) -> Any:
    """x + y"""
    return binary(ADD, x, y)


def sub(x: Any, y: Any) -> Any:
    """x - y"""
    return binary(SUB, x, y)


def mul(x: Any, y: Any) -> Any:
    """x y"""
    return binary(MUL, x, y)


def div(x: Any, y: Any) -> Any:
    """x / y; integers divide towards zero."""
    return binary(DIV, x, y)


def neg(x: Any) -> Any:
    """-x"""
    return unary(NEG, x)


def reciprocal(x: Any) -> Any:
    """1 / x"""
    return div(one(x), x)


def zero(x: Any) -> np.generic:
    """The number 0 in the dtype of `x`."""
    return get_aval(x).dtype.type(0)


def one(x: Any) -> np.generic:
    """The number 1 in the dtype of `x`."""
    return get_aval(x).dtype.type(1)
