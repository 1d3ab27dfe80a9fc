"""Nodes: what the handles of arrays share, a value or the equation that will make it."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx.errors import OxmlxError
from oxmlx.ir.device import Device
from oxmlx.ir.primitive import Primitive
from oxmlx.source import Location

LITERAL, DONATED = -1, -2


class Node:
    """A value: known (`value`), failed (`error`), or pending (`prim` applied to `inputs`)."""

    __slots__ = ("__weakref__", "aval", "error", "inputs", "place", "prim", "value", "where")
    value: Any
    error: OxmlxError | None

    def __init__(
        self,
        prim: Primitive | int,
        inputs: Any,
        where: Location | None,
        aval: Any = None,
        place: Device | None = None,
    ) -> None:
        # prim is an int k for the k-th output of a node with several results
        self.prim, self.inputs, self.where = prim, inputs, where
        self.aval, self.place = aval, place  # of what is pending
        self.value = self.error = None


def known(value: np.ndarray, literal: bool = False) -> Node:
    """A node that has its value already; a `literal` is written into programs that read it."""
    node = Node(LITERAL if literal else 0, (), None)
    node.value = value
    return node
