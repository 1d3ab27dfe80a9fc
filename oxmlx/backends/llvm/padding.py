"""Arrays with zeros around their elements, in the order in which they lie."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import prod
from operator import and_
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from oxmlx.backends.llvm.launch import make_launcher
from oxmlx.backends.runner import Launchable
from oxmlx.dtypes import Dtype
from oxmlx.ir.kernel import (
    INDEX,
    Buffer,
    Const,
    Expr,
    Index,
    Kernel,
    Literal,
    Load,
    Store,
    cast,
    scalar,
    size,
)

Array = NDArray[Any]


class Edge(NamedTuple):
    """How many zeros an axis gets before and after its elements."""

    low: int = 0
    high: int = 0


class Ready(NamedTuple):
    """A kernel, the order of axes that it takes, and the way back."""

    kernel: Launchable
    order: tuple[int, ...]
    back: tuple[int, ...]


class Padder:
    """Pads arrays of a shape and dtype, and makes them of another one.

    Args:
        shape: of the arrays.
        dtype: of the arrays.
        to: the dtype of what it returns.
        edges: one for each axis.
    """

    def __init__(self, shape: Sequence[int], dtype: Dtype, to: Dtype, edges: Sequence[Edge]):
        self.shape, self.dtype, self.to, self.edges = tuple(shape), dtype, to, edges
        self.is_idle = dtype == to and all(e == Edge() for e in edges)
        self.ready: dict[tuple[int, ...], Ready] = {}
        """For each layout."""

    def __call__(self, x: Array) -> Array:
        """The padded array; its axes lie as those of `x`."""
        if self.is_idle:
            return x
        ready = self.ready.get(x.strides)
        if ready is None:
            ready = self.ready.setdefault(x.strides, self.make(x))
        (out,) = ready.kernel([x.transpose(ready.order)])
        return out.transpose(ready.back)

    def make(self, x: Array) -> Ready:
        """The kernel for arrays that lie like this one; it copies those whose elements do not."""
        order = tuple(sorted(range(x.ndim), key=lambda a: -abs(x.strides[a])))
        if not x.transpose(order).flags.c_contiguous:
            order = tuple(range(x.ndim))
        axes = [(self.shape[a], self.edges[a]) for a in order]
        rooms = tuple(n + sum(edge) for n, edge in axes)
        kernel = make_launcher(pad_kernel(joined(axes), self.dtype, self.to), [rooms])
        return Ready(kernel, order, tuple(map(int, np.argsort(order))))


class Lines(NamedTuple):
    """Runs of neighbours from which padded images are put together, a few images at a time."""

    table: NDArray[np.int64]
    """From where and to where each of them goes, in elements; in the order of the latter."""
    run: int
    """The length of one."""
    images: int
    """How many are put together."""
    each: int
    """How many lines an image has."""
    size: int
    """Elements of the padded images."""
    strides: list[int]
    """How far elements of these are apart along each axis."""


def lines_of(x: Array, edges: Sequence[Edge], images: int) -> Lines | None:
    """The lines of so many images, which are the first axis; nothing, if these do not lie one after
    another, each of them as one block of memory."""
    order = sorted(range(x.ndim), key=lambda a: -abs(x.strides[a]))
    if order[0] or not x.transpose(order).flags.c_contiguous:
        return None
    rooms = [x.shape[a] + sum(edges[a]) for a in order]
    strides = [0] * x.ndim
    for k, a in enumerate(order):
        strides[a] = prod(rooms[k + 1 :])
    axes = [(images, Edge()), *joined([(x.shape[a], edges[a]) for a in order[1:]])]
    run, (low, _) = axes[-1]
    source, target = (np.zeros(1, np.int64) for _ in range(2))
    for k, (n, edge) in enumerate(axes[:-1]):
        inner = axes[k + 1 :]
        steps = prod(m for m, _ in inner), prod(m + sum(e) for m, e in inner)
        source = (source[:, None] + np.arange(n) * steps[0]).reshape(-1)
        target = (target[:, None] + (np.arange(n) + edge.low) * steps[1]).reshape(-1)
    table = np.stack([source, target + low], 1)
    return Lines(table, run, images, len(table) // images, images * strides[0], strides)


def joined(axes: Sequence[tuple[int, Edge]]) -> list[tuple[int, Edge]]:
    """The same memory with fewer axes: a whole one joins that before it."""
    out: list[tuple[int, Edge]] = []
    for n, edge in axes:
        if out and edge == Edge():
            before, (low, high) = out[-1]
            out[-1] = before * n, Edge(low * n, high * n)
        else:
            out.append((n, edge))
    return out


def pad_kernel(axes: Sequence[tuple[int, Edge]], dtype: Dtype, to: Dtype) -> Kernel:
    """out[i] = x[i - low] where that is an index, else zero; `low` is in the argument block."""
    rooms = [size(n + sum(edge), f"m{k}") for k, (n, edge) in enumerate(axes)]
    sizes = [size(n, f"n{k}") if edge != Edge() else rooms[k] for k, (n, edge) in enumerate(axes)]
    x = Buffer("x", tuple(n.value for n in sizes), dtype, tuple(sizes))
    out = Buffer("out", tuple(m.value for m in rooms), to, tuple(rooms))
    grid = tuple(Index(f"i{k}", m) for k, m in enumerate(rooms))
    at: list[Expr] = [*grid]
    inside: list[Expr] = []
    for k, (_, edge) in enumerate(axes):
        if edge != Edge():
            at[k] = grid[k] - Literal(np.array(edge.low, INDEX))
            inside += [scalar("ge", at[k], 0), scalar("lt", at[k], sizes[k])]
    value = cast(Load(x, tuple(at)), to)
    if inside:
        value = scalar("select", reduce(and_, inside), value, Const(np.zeros((), to)))
    return Kernel("pad", grid, (Store(out, grid, value),))
