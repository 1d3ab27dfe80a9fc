"""Mapped axes: what a vmap maps, and which named ones are around us."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from oxmlx.ir.trace import Trace


class MappedAxis(NamedTuple):
    """The axis that a vmap maps: its extent, and its name for collectives."""

    size: int
    name: Hashable = None


def named_axes(trace: Trace | None) -> dict[Hashable, int]:
    """The axis names around us, innermost first, with their sizes."""
    found: dict[Hashable, int] = {}
    while trace is not None:
        axis: MappedAxis | None = getattr(trace, "axis", None)
        if axis is not None and axis.name is not None:
            found.setdefault(axis.name, axis.size)
        trace = trace.parent
    return found
