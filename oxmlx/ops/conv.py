"""Convolution, in the layout x (N, spatial..., C), w (O, spatial..., C), out (N, spatial..., O)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import prod
from typing import Any

import numpy as np

from oxmlx.dtypes import is_float, is_inexact, is_integer
from oxmlx.errors import DtypeError, ShapeError
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.kernel import Expr, Operand, cast, const, fold, scalar, size
from oxmlx.ir.primitive import Primitive, Undef
from oxmlx.ir.trace import bind
from oxmlx.ops.axes import zeros_like
from oxmlx.ops.convert import promote_dtypes
from oxmlx.ops.elementwise import add, mapped_shape
from oxmlx.ops.shape import moveaxis, reshape, transpose
from oxmlx.ops.slicing import reverse
from oxmlx.ops.window import STILL, Ints, Padding, Slide, check_windows, guarded, spread


class ConvGeneral(Primitive):
    """out[n, p, o] = Σ over q, c of x[n, (p · strides + q · rhs_dilation - low) / lhs_dilation, c]
    w[o, q, c], where x is zero outside and between its elements.

    With `feature_groups` channels c and o fall into groups, and o sees the c of its own group only;
    with `batch_groups` n and o do. 16-bit floats accumulate in f32.
    """

    strides: Ints
    padding: Padding
    lhs_dilation: Ints
    rhs_dilation: Ints
    feature_groups: int = 1
    batch_groups: int = 1
    kind, reuses = "fold", True

    @property
    def groups(self) -> int:
        """How many independent convolutions it is."""
        return self.feature_groups * self.batch_groups

    def slides(self, x: Ints, w: Ints) -> list[Slide]:
        """How w slides along each spatial axis of x."""
        spatial = x[1:-1], w[1:-1], self.strides, self.padding, self.lhs_dilation, self.rhs_dilation
        return [
            Slide(n, window, stride, low, high, base, step)
            for n, window, stride, (low, high), base, step in zip(*spatial, strict=True)
        ]

    def abstract(self, x: Aval, w: Aval) -> Aval:
        who = self.name
        if x.dtype != w.dtype or not (is_inexact(x.dtype) or is_integer(x.dtype)):
            raise DtypeError(who, f"operands must be numbers of one dtype, got {x} and {w}")
        if x.ndim != w.ndim or x.ndim < 2:
            problem = f"operands must have one rank of at least 2, got {x} and {w}"
            raise ShapeError(who, problem, "Wanted (N, spatial..., C) and (O, spatial..., C).")
        check_windows(self, x.ndim - 2)
        if min(self.feature_groups, self.batch_groups) != 1 or self.groups < 1:
            problem = (
                f"got {self.feature_groups} feature groups and {self.batch_groups} batch groups"
            )
            raise ShapeError(who, problem, "One of the two must be 1, the other at least 1.")
        if x.shape[-1] != w.shape[-1] * self.feature_groups:
            problem = f"{x} has not the channels of {w} in {self.feature_groups} groups"
            raise ShapeError(who, problem, "The last axis of x must be groups x that of w.")
        if x.shape[0] % self.batch_groups or w.shape[0] % self.groups:
            problem = f"{x} and {w} do not fall into {self.groups} groups of equal size"
            raise ShapeError(who, problem)
        places = (s.places for s in self.slides(x.shape, w.shape))
        shape = (x.shape[0] // self.batch_groups, *places, w.shape[0])
        return Aval(shape, x.dtype, x.weak and w.weak)

    def impl(self, x: Any, w: Any) -> Any:
        """One matrix product of patches and w."""
        slides = self.slides(x.shape, w.shape)
        places = tuple(s.places for s in slides)
        shape = (x.shape[0] // self.batch_groups, *places, w.shape[0])
        if not (prod(shape) and w.size):
            return np.zeros(shape, x.dtype)
        dtype = x.dtype
        if is_float(dtype) and dtype.itemsize == 2:
            x, w = x.astype(np.float32), w.astype(np.float32)
        patches = self.patches(spread(x, [whole(x, 0), *slides, whole(x, -1)], 0), slides)
        kernel = w.reshape(self.batch_groups, self.feature_groups, -1, *w.shape[1:])
        out = contract(patches, kernel, len(slides))
        return np.moveaxis(out, (0, 1), (-3, -2)).reshape(shape).astype(dtype, copy=False)

    def patches(self, x: np.ndarray, slides: Sequence[Slide]) -> np.ndarray:
        """A view of padded x: (batch group, feature group, n, place..., window..., channel)."""
        b, f = self.batch_groups, self.feature_groups
        n, c = x.shape[0] // b, x.shape[-1] // f
        first, *steps, last = x.strides
        strides = [k * s.stride for k, s in zip(steps, slides, strict=True)]
        strides += [k * s.step for k, s in zip(steps, slides, strict=True)]
        places, window = (s.places for s in slides), (s.window for s in slides)
        return np.lib.stride_tricks.as_strided(
            x, (b, f, n, *places, *window, c), (n * first, c * last, first, *strides, last)
        )

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        (x, w), (dx, dw) = primals, tangents
        out = bind(self, x, w)
        if dw is None:
            return out, bind(self, dx, w)
        if dx is None:
            return out, bind(self, x, dw)
        return out, add(bind(self, dx, w), bind(self, x, dw))

    def transpose(self, ct: Any, x: Any, w: Any) -> Sequence[Any]:
        if isinstance(x, Undef):
            return self.pull_x(ct, x.aval.shape, w), None
        return None, self.pull_w(ct, x, w.aval.shape)

    def pull_x(self, ct: Any, x: Ints, w: Any) -> Any:
        """Each element of x collects from the places that saw it: the window backwards, channels in
        and out exchanged."""
        shape = get_aval(w).shape
        groups, last = self.groups, len(shape) - 1
        w = reshape(w, (groups, shape[0] // groups, *shape[1:]))
        w = moveaxis(moveaxis(w, last + 1, 1), 2, last + 1)
        w = reshape(w, (groups * shape[-1], *shape[1:-1], shape[0] // groups))
        slides = [s.backward() for s in self.slides(x, shape)]
        out = bind(over(slides, groups, 1), ct, reverse(w, tuple(range(1, last))))
        if self.batch_groups == 1:
            return out
        out = reshape(out, (*get_aval(out).shape[:-1], self.batch_groups, shape[-1]))
        return reshape(moveaxis(out, last, 0), x)

    def pull_w(self, ct: Any, x: Any, w: Ints) -> Any:
        """Each element of w collects from all places: ct slides over x, batch and channels
        exchanged."""
        slides = [s.exchanged() for s in self.slides(get_aval(x).shape, w)]
        prim = over(slides, self.batch_groups, self.feature_groups)
        return exchange_ends(bind(prim, exchange_ends(x), exchange_ends(ct)))

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        (x, w), (dx, dw) = args, dims
        if not size:
            avals = [
                Aval(mapped_shape(v, d), get_aval(v).dtype) for v, d in zip(args, dims, strict=True)
            ]
            out = self.abstract(*avals)
            return zeros_like(out.with_shape((0, *out.shape))), 0
        channels = get_aval(x).ndim - 1 - (dx is not None)
        features, batches, groups, axis = self.feature_groups, self.batch_groups, 1, channels
        if dx is None:
            groups = self.groups
            w = merge(w, dw, 0, groups)
        elif dw is None:
            x = merge(x, dx, 0, batches)
            axis = 0
        else:
            w = merge(w, dw, 0, 1)
            x = merge(x, dx, 0 if batches > 1 else channels, 1)
            features, batches = (1, batches * size) if batches > 1 else (features * size, 1)
        fields = self.strides, self.padding, self.lhs_dilation, self.rhs_dilation
        out = bind(ConvGeneral(*fields, features, batches), x, w)
        return unmerge(out, size, axis, groups), 0

    def lower(self, index: tuple[Expr, ...], x: Operand, w: Operand, *, out: Aval) -> Expr:
        n, *places, o = index
        slides = self.slides(x.shape, w.shape)
        narrow = is_float(out.dtype) and out.dtype.itemsize == 2
        wide = np.dtype(np.float32) if narrow else out.dtype
        group = o // (out.shape[-1] // self.groups) if self.groups > 1 else const(0)
        n = n + group * size(out.shape[0]) if self.batch_groups > 1 else n
        first = group * w.extents[-1] if self.feature_groups > 1 else const(0)

        def product(ks: tuple[Expr, ...]) -> Expr:
            *window, c = ks
            found = [s.locate(p, q) for s, p, q in zip(slides, places, window, strict=True)]
            element = cast(x((n, *(at for at, _ in found), first + c)), wide)
            inside = [condition for _, several in found for condition in several]
            seen = guarded(element, inside, np.zeros((), wide))
            return scalar("mul", seen, cast(w((o, *ks)), wide))

        return cast(fold("add", w.extents[1:], product), out.dtype)


BLOCK = 1 << 20
"""About how many elements of patches to copy at a time."""


def contract(patches: np.ndarray, w: np.ndarray, rank: int) -> np.ndarray:
    """out[b, f, n, p, o] = Σ over q, c of patches[b, f, n, p, q, c] w[b, f, o, q, c]: one matrix
    product, of patches copied in the order of memory, transposed or not."""

    stride = [abs(k) if n > 1 else 0 for k, n in zip(patches.strides, patches.shape, strict=True)]
    rows, inner = (
        sorted(axes, key=lambda a: -stride[a])
        for axes in (range(2, rank + 3), range(rank + 3, patches.ndim))
    )
    b, f, o = w.shape[:3]
    right = w.transpose(0, 1, *(a - rank for a in inner), 2)
    finest = [min((stride[a] for a in axes if stride[a]), default=0) for axes in (rows, inner)]
    by_row = finest[1] <= finest[0]
    left = patches.transpose(0, 1, *(*rows, *inner) if by_row else (*inner, *rows))
    step = max(1, BLOCK * left.shape[2] // left.size)
    blocks = [slice(k, k + step) for k in range(0, left.shape[2], step)]
    if by_row:
        flat = right.reshape(b, f, -1, o)
        products = [left[:, :, k].reshape(b, f, -1, flat.shape[2]) @ flat for k in blocks]
        out = np.concatenate(products, 2)
    else:
        count = prod(patches.shape[a] for a in rows)
        products = [
            left[:, :, k].reshape(b, f, -1, count).swapaxes(2, 3)
            @ right[:, :, k].reshape(b, f, -1, o)
            for k in blocks
        ]
        out = reduce(np.add, products)
    out = out.reshape(b, f, *(patches.shape[a] for a in rows), o)
    return out.transpose(0, 1, *(2 + rows.index(a) for a in range(2, rank + 3)), rank + 3)


def whole(x: np.ndarray, axis: int) -> Slide:
    """An axis along which nothing slides."""
    return STILL._replace(size=x.shape[axis])


def over(slides: Sequence[Slide], feature_groups: int, batch_groups: int) -> ConvGeneral:
    """The convolution whose window slides so along each spatial axis."""
    return ConvGeneral(
        tuple(s.stride for s in slides),
        tuple((s.low, s.high) for s in slides),
        tuple(s.base for s in slides),
        tuple(s.step for s in slides),
        feature_groups,
        batch_groups,
    )


def exchange_ends(x: Any) -> Any:
    """`x` with its first and last axis exchanged."""
    last = get_aval(x).ndim - 1
    return transpose(x, (last, *range(1, last), 0))


def merge(x: Any, dim: int | None, axis: int, groups: int) -> Any:
    """A batch with its mapped axis made part of another axis, which falls into `groups`: those vary
    slowest, then the batch."""
    x = moveaxis(x, dim or 0, 0)
    size, *shape = get_aval(x).shape
    before, n, after = shape[:axis], shape[axis], shape[axis + 1 :]
    x = reshape(x, (size, *before, groups, n // groups, *after))
    return reshape(moveaxis(x, 0, axis + 1), (*before, size * n, *after))


def unmerge(x: Any, size: int, axis: int, groups: int) -> Any:
    """The inverse of `merge`, with the mapped axis first."""
    shape = get_aval(x).shape
    before, n, after = shape[:axis], shape[axis] // size, shape[axis + 1 :]
    x = reshape(x, (*before, groups, size, n // groups, *after))
    return reshape(moveaxis(x, axis + 1, 0), (size, *before, n, *after))


def conv_general(
    x: Any,
    w: Any,
    strides: Ints,
    padding: Padding,
    lhs_dilation: Ints | None = None,
    rhs_dilation: Ints | None = None,
    feature_groups: int = 1,
    batch_groups: int = 1,
) -> Any:
    """The convolution (no flipping: a correlation) of a batch with windows.

    Args:
        x: (N, spatial..., C)
        w: (O, spatial..., C / feature_groups)
        strides: how far the window moves, for each spatial axis.
        padding: zeros before and after `x`; a negative number cuts off.
        lhs_dilation: the distance of the elements of `x`, zeros between.
        rhs_dilation: the distance of the elements of the window.
        feature_groups: into how many parts C and O fall, each seeing its own.
        batch_groups: into how many parts N and O fall.

    Returns:
        (N / batch_groups, spatial..., O)

    Raises:
        ShapeError: ranks, channels, groups or params that do not fit.
    """
    x, w = promote_dtypes("conv_general", x, w)
    ones = (1,) * len(strides)
    dilations = lhs_dilation or ones, rhs_dilation or ones
    return bind(ConvGeneral(strides, padding, *dilations, feature_groups, batch_groups), x, w)
