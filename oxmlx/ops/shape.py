"""Movement primitives: out[i] = x[g(i)]. They cost nothing once fused."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import prod
from typing import Any

import numpy as np

from oxmlx.errors import AxisError, ShapeError
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.kernel import Expr, Index, Operand, size
from oxmlx.ir.primitive import Undef
from oxmlx.ir.trace import bind
from oxmlx.ops.axes import broadcast
from oxmlx.ops.linear import Linear


class Transpose(Linear):
    """out[i₀, i₁, …] = x[j] with j[perm[k]] = i[k]: output axis k is input axis perm[k]."""

    perm: tuple[int, ...]
    kind = "move"

    def abstract(self, x: Aval) -> Aval:
        if sorted(self.perm) != list(range(x.ndim)):
            problem = f"perm must name each of the {x.ndim} axes once, got {self.perm} for {x}"
            raise AxisError("transpose", problem)
        return x.with_shape(tuple(x.shape[p] for p in self.perm))

    def impl(self, x: Any) -> Any:
        return np.transpose(x, self.perm)

    def transpose(self, ct: Any, x: Undef) -> Sequence[Any]:
        return (transpose(ct, inverse(self.perm)),)

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        (x,), (d,) = args, dims
        assert d is not None
        return transpose(x, (d, *(p + (p >= d) for p in self.perm))), 0

    def lower(self, index: tuple[Expr, ...], x: Operand, *, out: Aval) -> Expr:
        return x(tuple(index[k] for k in inverse(self.perm)))


class Reshape(Linear):
    """out = the elements of x in row-major order, in another shape."""

    shape: tuple[int, ...]
    kind = "move"

    def abstract(self, x: Aval) -> Aval:
        if prod(self.shape) != x.size or any(n < 0 for n in self.shape):
            problem = f"cannot make shape {self.shape} of {x}, which has {x.size} elements"
            raise ShapeError("reshape", problem, "The number of elements must stay the same.")
        return x.with_shape(self.shape)

    def impl(self, x: Any) -> Any:
        return np.reshape(x, self.shape)

    def transpose(self, ct: Any, x: Undef) -> Sequence[Any]:
        return (reshape(ct, x.aval.shape),)

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        (x,), (d,) = args, dims
        return reshape(moveaxis(x, d or 0, 0), (size, *self.shape)), 0

    def lower(self, index: tuple[Expr, ...], x: Operand, *, out: Aval) -> Expr:
        return x(regroup(index, out.shape, x))


def regroup(index: tuple[Expr, ...], shape: tuple[int, ...], x: Operand) -> tuple[Any, ...]:
    """The index of the element of `x` at the same row-major position as `index` in `shape`.

    Axes are matched in the smallest groups of equal product, so most of them pass through.
    """
    if 0 in shape:
        return (0,) * len(x.shape)  # there is no element to find
    out: list[Any] = []
    i = j = 0
    while i < len(shape) or j < len(x.shape):
        gi, gj = i + 1, j + 1
        while prod(shape[i:gi]) != prod(x.shape[j:gj]):
            if gj >= len(x.shape) or (gi < len(shape) and prod(shape[i:gi]) < prod(x.shape[j:gj])):
                gi += 1
            else:
                gj += 1
        gi, gj = min(gi, len(shape)), min(gj, len(x.shape))
        out += regroup_group(index[i:gi], shape[i:gi], x.shape[j:gj], x.extents[j:gj])
        i, j = gi, gj
    return tuple(out)


def regroup_group(index: Any, shape: Any, target: Any, extents: Any) -> list[Any]:
    """Row-major position of `index` in `shape`, as an index into `target`."""
    if shape == target:
        return list(index)
    linear: Any = 0
    for i, n in zip(index, shape, strict=True):
        extent = i.extent if isinstance(i, Index) else size(n)
        linear = i if n == prod(shape) else (linear * extent + i if n != 1 else linear)
    out: list[Any] = []
    for k, n in enumerate(target):
        inner = [e for e in extents[k + 1 :] if e.value != 1]
        at = linear // reduce(Expr.__mul__, inner) if inner else linear
        outer = prod(target[:k])
        out.append(0 if n == 1 else at if outer == 1 else at % extents[k])
    return out


def inverse(perm: Sequence[int]) -> tuple[int, ...]:
    """The permutation that undoes `perm`."""
    return tuple(sorted(range(len(perm)), key=perm.__getitem__))


def transpose(x: Any, perm: tuple[int, ...]) -> Any:
    """`x` with its axes in the order `perm`."""
    return x if perm == tuple(range(len(perm))) else bind(Transpose(perm), x)


def reshape(x: Any, shape: tuple[int, ...]) -> Any:
    """`x` in another shape with as many elements."""
    return x if get_aval(x).shape == shape else bind(Reshape(shape), x)


def moveaxis(x: Any, source: int, target: int) -> Any:
    """`x` with one axis moved."""
    if source == target:
        return x
    perm = [a for a in range(get_aval(x).ndim) if a != source]
    perm.insert(target, source)
    return transpose(x, tuple(perm))


def batch_axis(x: Any, dim: int | None, size: int) -> Any:
    """`x` with its mapped axis first; repeated along a new one if it has none."""
    if dim is None:
        return broadcast(x, (size, *get_aval(x).shape), (0,))
    return moveaxis(x, dim, 0)


def broadcast_to(x: Any, shape: tuple[int, ...], who: str = "broadcast_to") -> Any:
    """`x` repeated to fill `shape` by NumPy's rules: axes aligned at the right, extent 1 stretches.

    Raises:
        ShapeError: an extent is neither 1 nor that of `shape`.
    """
    have = get_aval(x).shape
    if have == shape:
        return x
    new = len(shape) - len(have)
    if new < 0 or any(n not in (1, m) for n, m in zip(have, shape[new:], strict=True)):
        raise ShapeError(
            who,
            f"cannot repeat shape {have} to fill {shape}",
            "Only axes of extent 1 repeat: reshape it, or add axes with x[:, None].",
        )
    stretched = tuple(a for a, n in enumerate(have) if n == 1 and shape[a + new] != 1)
    x = reshape(x, tuple(n for a, n in enumerate(have) if a not in stretched))
    return broadcast(x, shape, (*range(new), *(a + new for a in stretched)))
