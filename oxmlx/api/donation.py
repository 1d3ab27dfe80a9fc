"""Donation: arguments that a program may use up, and what becomes of their handles."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from oxmlx import tree
from oxmlx.errors import DonatedError
from oxmlx.ir.array import Array
from oxmlx.ir.node import DONATED, Node
from oxmlx.ir.value import Value
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
    by_place, by_name = args.children()
    _, keywords = by_name.node_data() or (dict, [])
    count = len(by_place.children()) + len(static)
    chosen = {k % count for k in nums if -count <= k < count}
    places = (k for k in range(count) if k not in static)
    parts = [(k in chosen, x) for k, x in zip(places, by_place.children(), strict=True)]
    parts += [(n in names, x) for n, x in zip(keywords, by_name.children(), strict=True)]
    given = (is_given for is_given, x in parts for _ in range(x.num_leaves))
    return tuple(k for k, is_given in enumerate(given) if is_given)


def use_up(values: Sequence[Any], given: Sequence[int], label: str) -> None:
    """Take their buffers from some arrays: who reads one from now on is told where it went."""
    gone = Node(DONATED, (), current_location())
    gone.error = DonatedError(
        "Array",
        f"this array was donated to {label}, which may have reused its memory",
        "Use the function's result, or call without donate_argnums.",
        where=gone.where,
    )
    for k in given:
        if type(values[k]) is Array:
            values[k].node = gone


def is_deleted(x: Value) -> bool:
    """Whether the array was donated to a jitted function: whoever reads it is refused.

    >>> import oxmlx as ox
    >>> x = ox.numpy.ones(3)
    >>> y = ox.jit(lambda x: x + 1, donate_argnums=0)(x)
    >>> x.is_deleted(), y.is_deleted()
    (True, False)
    """
    return isinstance(x, Array) and x.node.prim is DONATED
