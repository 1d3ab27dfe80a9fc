"""Collapsing: two loops over neighbouring axes of every array become one.

A sum over all axes is then one long loop, and what is elementwise has a grid of one index, however
many axes there were and however short the last one is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from oxmlx.ir.kernel import Buffer, Expr, Fold, Index, Kernel, Load, Loop, Size, size

MOST = 2**31 - 1  # what an index can count


def collapse(kernel: Kernel) -> Kernel:
    """The kernel over as few loops as give the same elements."""
    for outer, inner in pairs(kernel):
        merged = merge(kernel, outer, inner)
        if merged is not None:
            return collapse(merged)
    return kernel


def pairs(kernel: Kernel) -> Iterator[tuple[Index, Index]]:
    """Loops directly inside one another."""
    yield from zip(kernel.grid, kernel.grid[1:], strict=False)
    for e in kernel.nodes:
        inner = directly_inside(e)
        if inner is not None and isinstance(e, Fold):
            yield e.loop, inner.loop


def directly_inside(e: Expr) -> Fold | None:
    """The fold that another one folds, with the same monoid."""
    if type(e) is Fold and len(e.body) == 1 and type(e.body[0]) is Fold:
        inner = e.body[0]
        return inner if inner.monoid == e.monoid and len(inner.body) == 1 else None
    return None


def merge(kernel: Kernel, outer: Index, inner: Index) -> Kernel | None:
    """The kernel with two loops as one; nothing, if somebody needs them apart."""
    extent = outer.extent.value * inner.extent.value
    axes = shared_axes(kernel, outer, inner)
    if axes is None or extent > MOST or not bound_together(kernel, outer, inner):
        return None
    name = outer.name if outer in kernel.grid else inner.name
    both = Index(name, product(outer.extent, inner.extent))
    buffers = {b: joined(b, axes[b]) if b in axes else b for b in (*kernel.inputs, *kernel.outputs)}
    new: dict[Expr, Expr] = {}

    def place(b: Buffer, index: tuple[Expr, ...]) -> tuple[Expr, ...]:
        axis = axes.get(b)
        if axis is None:
            return tuple(new[i] for i in index)
        return (*(new[i] for i in index[:axis]), both, *(new[i] for i in index[axis + 2 :]))

    for e in kernel.nodes:
        folded = directly_inside(e)
        if isinstance(e, Load):
            new[e] = Load(buffers[e.buffer], place(e.buffer, e.index))
        elif isinstance(e, Fold) and folded is not None and e.loop is outer:
            new[e] = Fold(e.monoid, both, tuple(new[k] for k in folded.body))
        elif isinstance(e, Loop) and e.loop is inner:
            new[e] = e  # only the loop around it is used
        else:
            new[e] = e.with_kids([new[k] for k in e.kids()])
    stores = tuple(
        replace(s, buffer=buffers[s.buffer], index=place(s.buffer, s.index), value=new[s.value])
        for s in kernel.stores
    )
    grid = tuple(both if i is outer else i for i in kernel.grid if i is not inner)
    return Kernel(kernel.name, grid, stores, tuple(buffers[b] for b in kernel.inputs))


def joined(b: Buffer, axis: int) -> Buffer:
    """The same memory with two axes as one."""
    both = product(*b.extents[axis : axis + 2])
    extents = (*b.extents[:axis], both, *b.extents[axis + 2 :])
    return Buffer(b.name, tuple(n.value for n in extents), b.dtype, extents)


def product(n: Size, m: Size) -> Size:
    """The extent of two axes that are one."""
    return size(n.value * m.value, f"{n.name} {m.name}".strip())


def shared_axes(kernel: Kernel, outer: Index, inner: Index) -> dict[Buffer, int] | None:
    """At which axis of each buffer the two indices stand, always both and in this order; nothing if
    they stand otherwise somewhere, or a buffer is also read without them."""
    axes: dict[Buffer, int] = {}
    free: set[Buffer] = set()
    for b, index in elements(kernel):
        at = [k for k, i in enumerate(index) if i.free & {outer, inner}]
        if not at:
            free.add(b)
            continue
        first = axes.setdefault(b, at[0])
        extents = b.extents[first : first + 2]
        together = at == [first, first + 1] and index[first : first + 2] == (outer, inner)
        if not together or extents != (outer.extent, inner.extent):
            return None
    return None if free & axes.keys() else axes


def elements(kernel: Kernel) -> Iterator[tuple[Buffer, tuple[Expr, ...]]]:
    """What is loaded and what is stored."""
    for e in kernel.nodes:
        if isinstance(e, Load):
            yield e.buffer, e.index
    for s in kernel.stores:
        yield s.buffer, s.index


def bound_together(kernel: Kernel, outer: Index, inner: Index) -> bool:
    """Is every loop over the one directly around or inside a loop over the other, and does nobody
    compute with either?"""
    whole = {directly_inside(e) for e in kernel.nodes if isinstance(e, Fold) and e.loop is outer}
    for e in kernel.nodes:
        if isinstance(e, Load):
            continue
        for k in e.kids():
            alone = k in whole and not (isinstance(e, Fold) and e.loop is outer)
            if k is outer or k is inner or alone:
                return False
        if isinstance(e, Loop) and e.loop is outer and directly_inside(e) not in whole - {None}:
            return False
        if isinstance(e, Loop) and e.loop is inner and e not in whole:
            return False
    paired = all(f is None or f.loop is inner for f in whole) and None not in whole
    stored = {s.value for s in kernel.stores}
    return paired and stored.isdisjoint((outer, inner, *whole))
