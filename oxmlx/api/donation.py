"""Donation: arguments that a program may use up, and what becomes of their handles."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from oxmlx import tree
from oxmlx.errors import DonatedError
from oxmlx.ir.array import Array
from oxmlx.ir.node import Node
from oxmlx.source import current_location


def donated_leaves(
    args: tree.PyTreeDef, nums: Collection[int], names: Collection[str], static: Collection[int]
) -> tuple[int, ...]:
    """Which leaves of the arguments of a call are donated, by number.

    Args:
        args: the structure of (args, kwargs), without those that are static.
        nums, names: the arguments that are donated.
        static: the positions of arguments that are static.
    """
    by_place, by_name = args.unflatten(range(args.num_leaves))
    count = len(by_place) + len(static)
    chosen = {k % count for k in nums if -count <= k < count}
    places = (k for k in range(count) if k not in static)
    given = [x for k, x in zip(places, by_place, strict=True) if k in chosen]
    given += [x for name, x in by_name.items() if name in names]
    return tuple(sorted(tree.leaves(given)))


def use_up(values: Sequence[Any], given: Sequence[int], label: str) -> None:
    """Take their buffers from some arrays: who reads one from now on is told where it went."""
    gone = Node(0, (), current_location())
    gone.error = DonatedError(
        "Array",
        f"this array was donated to {label}, which may have reused its memory",
        "Use the function's result, or call without donate_argnums.",
        where=gone.where,
    )
    for k in given:
        if type(values[k]) is Array:
            values[k].node = gone
