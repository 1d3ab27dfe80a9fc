"""How a window slides along an axis whose elements may lie apart, with zeros between them."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, gcd
from typing import Any, NamedTuple

from oxmlx.backends.llvm.padding import Edge


class Phase(NamedTuple):
    """Places along an axis that see the same elements of the window: of those zeros lie between the
    elements of x, others see others."""

    first: int
    step: int
    places: int
    """How many they are."""
    stride: int
    """In x, from one of them to the next."""
    taps: tuple[int, ...]
    """The elements of the window that see some of x."""
    at: tuple[int, ...]
    """What of x the first place sees of each, from its first element on."""

    @property
    def last(self) -> int:
        """What the last place sees last."""
        return (self.places - 1) * self.stride + self.at[-1]


def phases_of(prim: Any, axis: int, size: int, window: int, places: int) -> list[Phase]:
    """The phases along a spatial axis of x, of so many elements."""
    stride, step, base = prim.strides[axis], prim.rhs_dilation[axis], prim.lhs_dilation[axis]
    low = prim.padding[axis][0]
    every = base // gcd(stride, base)
    out: list[Phase] = []
    for first in range(min(every, places)):
        seen = [(q, first * stride + q * step - low) for q in range(window)]
        seen = [(q, at // base) for q, at in seen if at % base == 0]
        count = ceil((places - first) / every)
        taps, at = zip(*seen, strict=True) if seen else ((), ())
        out.append(Phase(first, every, count, stride * every // base, taps, at))
    return out


def edge_of(phases: Sequence[Phase], size: int) -> Edge:
    """The zeros that an axis needs at its ends."""
    seen = [p for p in phases if p.taps]
    low = max((-p.at[0] for p in seen), default=0)
    high = max((p.last - size + 1 for p in seen), default=0)
    return Edge(max(0, low), max(0, high))
