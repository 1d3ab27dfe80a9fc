"""The kernel language run by NumPy: this file defines what a kernel means.

An expression stands for a table: its value at every combination of its free indices, one axis for
each. A node is tabulated once, whole, so nothing can depend on an order of points.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from oxmlx.dtypes import is_float
from oxmlx.errors import CheckError
from oxmlx.ir.kernel import (
    INDEX,
    Buffer,
    Const,
    Expr,
    Fold,
    Index,
    Kernel,
    Load,
    Loop,
    Part,
    Prefix,
    Scalar,
    Size,
    Store,
)
from oxmlx.ir.kernel_check import check_kernel
from oxmlx.ir.monoid import MONOIDS, Monoid
from oxmlx.ir.scalar import SCALARS

Array: TypeAlias = NDArray[Any]
State: TypeAlias = tuple[Array, ...]
Axes: TypeAlias = tuple[Index, ...]
Aligned: TypeAlias = Callable[[Expr, Axes], Array]


def run(kernel: Kernel, *inputs: Array) -> State:
    """The outputs of `kernel` for `inputs`, which come in the order of `kernel.inputs`.

    Raises:
        CheckError: the kernel is malformed, or an input has not the type of its buffer.
    """
    check_kernel(kernel)
    got = [(x.shape, x.dtype) for x in inputs]
    if got != [(b.shape, b.dtype) for b in kernel.inputs]:
        raise CheckError(f"kernel {kernel.name}", f"got inputs {got} for {kernel.inputs}")
    buffers = dict(zip(kernel.inputs, inputs, strict=True))
    outputs = {b: buffers[b].copy() if b in buffers else zeros(b) for b in kernel.outputs}
    with np.errstate(all="ignore"):
        tables = tabulate(kernel.nodes, buffers)
        for store in kernel.stores:
            put(store, axes(*kernel.grid, *store.index), tables, outputs[store.buffer])
    return tuple(outputs.values())


class Interpreted:
    """A kernel made ready for arrays of these shapes, as backends make theirs."""

    def __init__(self, kernel: Kernel, shapes: Sequence[tuple[int, ...]]) -> None:
        self.kernel, self.shapes = kernel, shapes

    def __call__(self, inputs: Sequence[Array]) -> list[Array]:
        given = [x.reshape(b.shape) for x, b in zip(inputs, self.kernel.inputs, strict=True)]
        outs = run(self.kernel, *given)
        return [x.reshape(shape) for x, shape in zip(outs, self.shapes, strict=True)]


def zeros(buffer: Buffer) -> Array:
    """What a buffer holds before anything is stored."""
    return np.zeros(buffer.shape, buffer.dtype)


# Expressions


def axes(*exprs: Expr) -> Axes:
    """The axes of a table over the free indices of `exprs`."""
    free = frozenset[Index]().union(*(e.free for e in exprs))
    return tuple(sorted(free, key=lambda i: (i.name, i.extent.value)))


def spread(table: Array, have: Axes, want: Axes) -> Array:
    """A table over `have` as one over `want`, of length 1 along the axes it lacks."""
    return table.reshape([i.extent.value if i in have else 1 for i in want])


def tabulate(nodes: Sequence[Expr], buffers: dict[Buffer, Array]) -> dict[Expr, Any]:
    """The tables of all `nodes`, which come kids first; that of a tuple state is a tuple."""
    tables: dict[Expr, Any] = {}

    def along(e: Expr, want: Axes) -> Array:
        return spread(tables[e], axes(e), want)

    for e in nodes:
        match e:
            case Const():
                tables[e] = e.value
            case Size():
                tables[e] = np.asarray(e.value, INDEX)
            case Index():
                tables[e] = np.arange(e.extent.value, dtype=INDEX)
            case Load():
                tables[e] = load(buffers[e.buffer], [along(i, axes(e)) for i in e.index])
            case Scalar():
                target = () if e.to is None else (e.to,)
                args = [along(a, axes(e)) for a in e.args]
                tables[e] = np.asarray(SCALARS[e.op].run(*args, *target))
            case Fold():
                state = reduce(MONOIDS[e.monoid], rows(e, along))
                tables[e] = state[0] if len(state) == 1 else state
            case Prefix():
                state = tuple(
                    take(x, e, along) for x in scan(MONOIDS[e.monoid], rows(e, along), e.reverse)
                )
                tables[e] = state[0] if len(state) == 1 else state
            case Part():
                tables[e] = tables[e.state][e.n]
            case _:
                raise CheckError(str(e), "has no meaning in the kernel language")
    return tables


def load(buffer: Array, index: list[Array]) -> Array:
    """buffer[index], clamped; zero if the buffer is empty."""
    if buffer.size == 0:
        return np.zeros(np.broadcast_shapes(*(i.shape for i in index)), buffer.dtype)
    inside = [
        np.clip(i.astype(np.int64), 0, n - 1) for i, n in zip(index, buffer.shape, strict=True)
    ]
    return buffer[(*inside, ...)]  # the ellipsis makes an array even of one element


# Loops


def op(name: str, *args: Array) -> Array:
    """A scalar operation on arrays: the algebra in which states are combined here."""
    return SCALARS[name].run(*args)


def rows(e: Loop, along: Aligned) -> State:
    """The components of the body, the loop in front."""
    inner = axes(e.loop, *e.body)
    shape = [i.extent.value for i in inner]
    tables = (np.broadcast_to(along(x, inner), shape) for x in e.body)
    return tuple(np.moveaxis(x, inner.index(e.loop), 0) for x in tables)


def reduce(monoid: Monoid, state: State) -> State:
    """⊕ along the first axis: the second half onto the first, until one is left.

    This is the one place that fixes the order of a fold.
    """
    n = len(state[0])
    if n == 0:
        units = monoid.identity(*(x.dtype for x in state))
        return tuple(np.broadcast_to(u, x.shape[1:]) for u, x in zip(units, state, strict=True))
    while n > 1:
        half = n // 2
        front, back = (tuple(x[a : a + half] for x in state) for a in (0, half))
        both = monoid.combine(op, front, back)
        state = tuple(np.concatenate([y, x[2 * half :]]) for x, y in zip(state, both, strict=True))
        n -= half
    return tuple(x[0, ...] for x in state)


def scan(monoid: Monoid, state: State, reverse: bool) -> State:
    """All prefixes along the first axis, by doubling strides; suffixes if `reverse`."""
    if reverse:
        return tuple(
            np.flip(x, 0) for x in scan(monoid, tuple(np.flip(x, 0) for x in state), False)
        )
    step = 1
    while step < len(state[0]):
        both = monoid.combine(op, tuple(x[:-step] for x in state), tuple(x[step:] for x in state))
        state = tuple(np.concatenate([x[:step], y]) for x, y in zip(state, both, strict=True))
        step *= 2
    return state


def take(scanned: Array, e: Prefix, along: Aligned) -> Array:
    """The elements of a scan at `e.at`."""
    want, n = axes(e), len(scanned)
    have = tuple(i for i in axes(e.loop, *e.body) if i is not e.loop)
    if n == 0:
        return np.zeros([i.extent.value for i in want], scanned.dtype)
    table = scanned.reshape([n, *(i.extent.value if i in have else 1 for i in want)])
    at = np.clip(along(e.at, want).astype(np.int64), 0, n - 1)
    return np.take_along_axis(table, at[np.newaxis], 0)[0, ...]


# Stores


def put(store: Store, want: Axes, tables: dict[Expr, Any], out: Array) -> None:
    """Store at every combination of the indices `want`; what lies outside is dropped."""
    shape = [i.extent.value for i in want]
    position, inside = np.zeros((), np.int64), np.ones((), np.bool_)
    for i, n in zip(store.index, store.buffer.shape, strict=True):
        at = spread(tables[i], axes(i), want).astype(np.int64)
        position, inside = position * n + at, inside & (at >= 0) & (at < n)
    inside = np.broadcast_to(inside, shape)
    position = np.broadcast_to(position, shape)[inside]
    value = np.broadcast_to(spread(tables[store.value], axes(store.value), want), shape)[inside]
    flat = out.reshape(-1)
    if store.combine == "":
        flat[position] = value
    elif is_float(out.dtype) and out.dtype.itemsize == 2:
        total = flat.astype(np.float32)
        np.add.at(total, position, value.astype(np.float32))
        flat[:] = total.astype(out.dtype)
    else:
        np.add.at(flat, position, value)
