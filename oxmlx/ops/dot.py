"""The generalised matrix product."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from oxmlx.config import config
from oxmlx.dtypes import is_inexact, is_key
from oxmlx.errors import AxisError, DtypeError, ShapeError
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.kernel import Expr, Operand, fold, scalar
from oxmlx.ir.kernel import cast as cast_expr
from oxmlx.ir.primitive import Primitive, Undef
from oxmlx.ir.trace import bind
from oxmlx.ops.convert import broadcast_shapes, promote_dtypes
from oxmlx.ops.elementwise import add
from oxmlx.ops.shape import inverse, moveaxis, reshape, transpose

Axes = tuple[int, ...]
F32 = np.dtype(np.float32)


class DotGeneral(Primitive):
    """out[b, i, j] = Σₖ x[b, i, k] y[b, j, k]: `contract` names the k axes of x and of y, `batch`
    the b axes. The output has the batch axes, then the free axes of x, then those of y; 16-bit
    floats accumulate in f32."""

    contract: tuple[Axes, Axes]
    batch: tuple[Axes, Axes] = ((), ())
    kind, reuses = "fold", True

    def free(self, side: int, ndim: int) -> list[int]:
        """The axes of one operand that are neither contracted nor batched."""
        return [a for a in range(ndim) if a not in (*self.contract[side], *self.batch[side])]

    def abstract(self, x: Aval, y: Aval) -> Aval:
        for side, v in enumerate((x, y)):
            named = self.contract[side] + self.batch[side]
            if len(set(named)) != len(named) or any(not 0 <= a < v.ndim for a in named):
                raise AxisError(str(self), f"axes {named} must be distinct axes of {v}")
        for what, (xs, ys) in (("contracted", self.contract), ("batch", self.batch)):
            if [x.shape[a] for a in xs] != [y.shape[a] for a in ys]:
                raise ShapeError(
                    str(self), f"{what} axes must have equal extents: {x} axes {xs}, {y} axes {ys}"
                )
        if x.dtype != y.dtype or is_key(x.dtype):
            raise DtypeError(
                str(self),
                f"operands must be numbers of one dtype, got {x} and {y}",
                "Convert one with .astype.",
            )
        shape = [x.shape[a] for a in (*self.batch[0], *self.free(0, x.ndim))]
        shape += [y.shape[a] for a in self.free(1, y.ndim)]
        return Aval(tuple(shape), x.dtype, x.weak and y.weak)

    def impl(self, x: Any, y: Any) -> Any:
        """`np.matmul` of batches of matrices: views where strides allow, so BLAS does the work."""
        dtype = x.dtype
        if dtype.itemsize == 2 and is_inexact(dtype):
            x, y = x.astype(np.float32), y.astype(np.float32)
        fx, fy = self.free(0, x.ndim), self.free(1, y.ndim)
        batch = [x.shape[a] for a in self.batch[0]]
        rows, columns = [x.shape[a] for a in fx], [y.shape[a] for a in fy]
        inner = prod(x.shape[a] for a in self.contract[0])
        left = x.transpose(*self.batch[0], *fx, *self.contract[0])
        right = y.transpose(*self.batch[1], *self.contract[1], *fy)
        out = np.matmul(
            dense(left.reshape(*batch, prod(rows), inner)),
            dense(right.reshape(*batch, inner, prod(columns))),
        )
        return out.reshape((*batch, *rows, *columns)).astype(dtype, copy=False)

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        (x, y), (dx, dy) = primals, tangents
        out = bind(self, x, y)
        if dy is None:
            return out, bind(self, dx, y)
        if dx is None:
            return out, bind(self, x, dy)
        return out, add(bind(self, dx, y), bind(self, x, dy))

    def transpose(self, ct: Any, x: Any, y: Any) -> Sequence[Any]:
        if isinstance(x, Undef):
            return self.pull(ct, x.aval.ndim, y, 0), None
        return None, self.pull(ct, y.aval.ndim, x, 1)

    def pull(self, ct: Any, ndim: int, other: Any, side: int) -> Any:
        """The cotangent of operand `side`: contract ct with the free axes of the other operand, in
        the order that leaves no axes to move if there is one, then put the axes back in order."""
        nb, mine = len(self.batch[0]), self.free(side, ndim)
        theirs = self.free(1 - side, get_aval(other).ndim)
        start = nb + len(mine) if side == 0 else nb
        contract = tuple(range(start, start + len(theirs))), tuple(theirs)
        batch = tuple(range(nb)), self.batch[1 - side]
        pairs = sorted(zip(self.contract[1 - side], self.contract[side], strict=True))
        contracted = [a for _, a in pairs]
        axes = [*self.batch[side], *contracted, *mine]  # of the product with ct on the right
        if axes == sorted(axes):
            swapped = DotGeneral((contract[1], contract[0]), (batch[1], batch[0]))
            return bind(swapped, other, ct)
        out = bind(DotGeneral(contract, batch), ct, other)
        return transpose(out, inverse((*self.batch[side], *mine, *contracted)))

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        (x, y), (dx, dy) = args, dims
        if dx is not None and dy is not None:
            contract, batch = raised(self.contract), raised(self.batch)
            prim = DotGeneral(contract, ((0, *batch[0]), (0, *batch[1])))
            return bind(prim, moveaxis(x, dx, 0), moveaxis(y, dy, 0)), 0
        return self.vmap_one(x, y, dx, dy)

    def vmap_one(self, x: Any, y: Any, dx: int | None, dy: int | None) -> Any:
        """One mapped operand: its new axis is one more free axis, so it stays a single product."""
        side, d = (0, dx) if dx is not None else (1, dy)
        assert d is not None
        contract, batch = list(self.contract), list(self.batch)
        contract[side] = tuple(a + (a >= d) for a in contract[side])
        batch[side] = tuple(a + (a >= d) for a in batch[side])
        prim = DotGeneral((contract[0], contract[1]), (batch[0], batch[1]))
        nb, ndim = len(batch[0]), get_aval((x, y)[side]).ndim
        before = nb + prim.free(side, ndim).index(d)
        at = before if side == 0 else before + len(prim.free(0, get_aval(x).ndim))
        return bind(prim, x, y), at

    def lower(self, index: tuple[Expr, ...], x: Operand, y: Operand, *, out: Aval) -> Expr:
        fx, fy = self.free(0, len(x.shape)), self.free(1, len(y.shape))
        nb = len(self.batch[0])
        own = (index[nb : nb + len(fx)], index[nb + len(fx) :])

        def at(side: int, free: list[int], ks: Sequence[Any]) -> tuple[Any, ...]:
            place = dict(zip(self.batch[side], index[:nb], strict=True))
            place |= dict(zip(free, own[side], strict=True))
            place |= dict(zip(self.contract[side], ks, strict=True))
            return tuple(place[a] for a in sorted(place))

        extents = tuple(x.extents[a] for a in self.contract[0])
        half = out.dtype.itemsize == 2 and is_inexact(out.dtype)
        times = "and" if out.dtype.kind == "b" else "mul"
        plus = "or" if out.dtype.kind == "b" else "add"

        def product(ks: Sequence[Any]) -> Expr:
            factors = x(at(0, fx, ks)), y(at(1, fy, ks))
            if half:
                factors = tuple(cast_expr(f, F32) for f in factors)
            return scalar(times, *factors)

        total = fold(plus, extents, product)
        return cast_expr(total, out.dtype) if half else total


def dense(x: Any) -> Any:
    """Elements apart from each other and in ascending order, or a copy: BLAS takes no other ones,
    and NumPy's own loop adds a million terms one after another. Its last bits depend on the layout,
    of which strict mode therefore has one only."""
    apart = all(s > 0 or n == 1 for s, n in zip(x.strides, x.shape, strict=True))
    return x if apart and not config.strict else np.ascontiguousarray(x)


def raised(pair: tuple[Axes, Axes]) -> tuple[Axes, Axes]:
    """Axis numbers after a new leading axis."""
    return tuple(a + 1 for a in pair[0]), tuple(a + 1 for a in pair[1])


def dot_general(
    x: Any, y: Any, contract: tuple[Axes, Axes], batch: tuple[Axes, Axes] = ((), ())
) -> Any:
    """Contract axes of `x` with axes of `y`, pairing the batch axes."""
    x, y = promote_dtypes("dot_general", x, y)
    return bind(DotGeneral(contract, batch), x, y)


def matmul(x: Any, y: Any) -> Any:
    """The matrix product of NumPy: the last axis of `x` with the last but one of `y`, batch axes
    broadcast.

    Raises:
        ShapeError: the contracted or batch extents differ, or an operand has rank 0.
    """
    x, y = promote_dtypes("matmul", x, y)
    a, b = get_aval(x), get_aval(y)
    if not (a.ndim and b.ndim):
        raise ShapeError(
            "matmul",
            f"operands must have rank 1 or more, got {a} and {b}",
            "Multiply by a number with *.",
        )
    kx, ky = a.ndim - 1, max(b.ndim - 2, 0)
    if a.shape[kx] != b.shape[ky]:
        raise ShapeError(
            "matmul",
            f"contracted extents must be equal, got {a} and {b}",
            "The last axis of one meets the last but one of the other: transpose or reshape.",
        )
    lead = a.shape[: max(a.ndim - 2, 0)], b.shape[: max(b.ndim - 2, 0)]
    if not (lead[0] and lead[1]):  # every axis but the contracted one is free
        out = bind(DotGeneral(((kx,), (ky,))), x, y)
        return (
            out if not lead[1] else moveaxis(out, 0, get_aval(out).ndim - 2) if a.ndim == 2 else out
        )
    broadcast_shapes("matmul", *lead)
    return batched_matmul(x, y, a, b)


def batched_matmul(x: Any, y: Any, a: Aval, b: Aval) -> Any:
    """Both operands have leading axes: equal ones are batch axes, those that one operand lacks (or
    has with extent 1) are free axes of the other, so nothing is repeated in memory."""
    lead = max(a.ndim, b.ndim) - 2
    name = [f"b{k}" for k in range(lead)]
    letters = [name[lead - (v.ndim - 2) :] + tail for v, tail in ((a, ["i", "k"]), (b, ["k", "j"]))]
    extents = [
        dict(zip(names, v.shape, strict=True)) for names, v in zip(letters, (a, b), strict=True)
    ]
    lone = [
        n for n in name if n in extents[0] and n in extents[1] and extents[0][n] != extents[1][n]
    ]  # one of the two has extent 1 there
    for side in (0, 1):
        drop = [n for n in lone if extents[side][n] == 1]
        letters[side] = [n for n in letters[side] if n not in drop]
    x, y = (
        reshape(v, tuple(e[n] for n in names))
        for v, names, e in zip((x, y), letters, extents, strict=True)
    )
    shared = [n for n in name if n in letters[0] and n in letters[1]]
    axes = [tuple(names.index(n) for n in shared) for names in letters]
    ks = [names.index("k") for names in letters]
    out = bind(DotGeneral(((ks[0],), (ks[1],)), (axes[0], axes[1])), x, y)
    free = [[n for n in names if n != "k" and n not in shared] for names in letters]
    order = [*shared, *free[0], *free[1]]
    return transpose(out, tuple(order.index(n) for n in [*name, "i", "j"]))
