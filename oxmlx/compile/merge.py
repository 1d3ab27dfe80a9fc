"""Merging: kernels that come by the same elements of an array become one kernel.

Fusion pulls what a root needs; two roots that need the same arrays, but not one another, meet here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from oxmlx.compile.draft import NAME_LENGTH
from oxmlx.compile.fuse import MAX_BUFFERS
from oxmlx.compile.schedule import part_by
from oxmlx.ir.kernel import Buffer, Expr, Index, Kernel, Load, Loop, Scalar
from oxmlx.ir.plan import Launch, Work

MAX_OPERATIONS = 256  # scalar ones, in one kernel
Space = tuple[tuple[Index, ...], frozenset[Index]]


def merge(steps: Sequence[Work]) -> list[Work]:
    """The steps with siblings as one, in an order in which they can run."""
    done: list[Work] = []
    siblings: dict[Space, list[Launch]] = {}
    for step in steps:
        if not isinstance(step, Launch):
            done.append(step)
            continue
        known = siblings.setdefault(space(step.kernel), [])
        for n, other in enumerate(known):
            both = together(other, step)
            order = both and reordered(done, other, step, both)
            if both and order:
                known[n], done = both, order
                break
        else:
            known.append(step)
            done.append(step)
    return done


def space(kernel: Kernel) -> Space:
    """The grid, and the loops of a point."""
    loops = {e.loop for e in kernel.nodes if isinstance(e, Loop)}
    return kernel.grid, frozenset(loops).union(*(kernel.loops(s) for s in kernel.stores))


def together(a: Launch, b: Launch) -> Launch | None:
    """Two launches over one space as one; nothing, if they have no element in common whose index
    tells all of theirs, or if it would be too large.

    Axes of equal length are not the same axis: that they are, an element of both says.
    """
    buffers = dict(zip(a.inputs, a.kernel.inputs, strict=True))
    shared = {
        old: buffers[v] for v, old in zip(b.inputs, b.kernel.inputs, strict=True) if v in buffers
    }
    if not shared or any(old.extents != new.extents for old, new in shared.items()):
        return None
    k = with_buffers(b.kernel, shared)
    grid, loops = space(k)
    common = {e for e in k.nodes if isinstance(e, Load)}.intersection(a.kernel.nodes)
    if not any(e.free >= loops.union(grid) for e in common):
        return None
    own = {v: new for v, new in zip(b.inputs, k.inputs, strict=True) if v not in buffers}
    name = a.kernel.name if a.kernel.name == k.name else f"{a.kernel.name}_{k.name}"
    both = Kernel(
        name[:NAME_LENGTH].rstrip("_"),
        grid,
        (*a.kernel.stores, *k.stores),
        (*a.kernel.inputs, *own.values()),
    )
    operations = sum(isinstance(e, Scalar) for e in both.nodes)
    if operations > MAX_OPERATIONS or len(both.inputs) + len(both.outputs) > MAX_BUFFERS:
        return None
    return Launch(both, (*a.inputs, *own), (*a.outputs, *b.outputs))


def with_buffers(kernel: Kernel, buffers: Mapping[Buffer, Buffer]) -> Kernel:
    """The same kernel on other inputs."""
    if all(old is new for old, new in buffers.items()):
        return kernel
    new: dict[Expr, Expr] = {}
    for e in kernel.nodes:
        kids = [new[k] for k in e.kids()]
        if isinstance(e, Load):
            new[e] = Load(buffers.get(e.buffer, e.buffer), tuple(kids))
        else:
            new[e] = e.with_kids(kids)
    stores = tuple(
        replace(s, index=tuple(new[i] for i in s.index), value=new[s.value]) for s in kernel.stores
    )
    inputs = tuple(buffers.get(b, b) for b in kernel.inputs)
    return Kernel(kernel.name, kernel.grid, stores, inputs)


def reordered(done: list[Work], a: Launch, b: Launch, both: Launch) -> list[Work] | None:
    """The steps with `both` for a step `a` of them and `b` after them; nothing, if `b` waits for
    `a`. What waits for `a` comes later."""
    n = done.index(a)
    before, after = part_by(done[n + 1 :], a.outputs)
    made = {*a.outputs, *(v for step in after for v in step.outputs)}
    return [*done[:n], *before, both, *after] if made.isdisjoint(b.inputs) else None
