"""Lengths: which axes of a program have the same length whatever its arguments.

Two axes do if an element is read of both at the same index. That they are equally long this time
says nothing: a kernel that relied on it would be of no use for the next shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from oxmlx.ir.kernel import Expr, Index, Load, Size, nodes


def equal_lengths(body: Expr) -> Iterator[tuple[Size, Size]]:
    """The extents of axes of which an element reads at the same index."""
    for load in nodes(body):
        if not isinstance(load, Load):
            continue
        for i, n in zip(load.index, load.buffer.extents, strict=True):
            if isinstance(i, Index) and i.extent.value == n.value and i.extent is not n:
                yield n, i.extent


def same_lengths(pairs: Iterable[tuple[Size, Size]]) -> dict[Size, Size]:
    """For each extent the one that stands for all that are the same: that which came first."""
    parent: dict[Size, Size] = {}

    def find(n: Size) -> Size:
        while n in parent:
            n = parent[n]
        return n

    for m, n in pairs:
        first, other = find(m), find(n)
        if first is not other:
            parent[other] = first
    return {n: find(n) for n in parent}
