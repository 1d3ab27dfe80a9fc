"""Arrays: handles on a buffer, or on an equation that has not run yet.

Eager code is traced lazily: an equation is a `Node` that holds its operands; a handle holds its
node. When a node runs it keeps its value and drops its operands, so what nothing refers to any
more is neither computed nor kept: Python's reference counts are the liveness analysis.
"""

from __future__ import annotations

from copy import copy
from threading import RLock
from typing import Any
from weakref import ref

import numpy as np

from oxmlx.config import config
from oxmlx.errors import EvaluationError, OxmlxError
from oxmlx.ir.aval import Aval
from oxmlx.ir.device import Device, default_device
from oxmlx.ir.evaluate import check_nan
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.value import Value
from oxmlx.source import Location

LITERAL = -1
MAX_PINNED = 64 << 20  # bytes of operands that pending equations may keep alive


class Node:
    """A value: known (`value`), failed (`error`), or pending (`prim` applied to `inputs`)."""

    __slots__ = ("__weakref__", "error", "inputs", "prim", "value", "where")
    value: Any
    error: OxmlxError | None

    def __init__(self, prim: Primitive | int, inputs: Any, where: Location | None) -> None:
        # prim is an int k for the k-th output of a node with several results
        self.prim, self.inputs, self.where = prim, inputs, where
        self.value = self.error = None


def known(value: np.ndarray, literal: bool = False) -> Node:
    """A node that has its value already; a `literal` is written into programs that read it."""
    node = Node(LITERAL if literal else 0, (), None)
    node.value = value
    return node


class Array(Value):
    """An immutable array; made by `ox.array`, `ox.numpy` and every operation."""

    __slots__ = ("__weakref__", "aval", "node", "place")

    def __init__(self, aval: Aval, place: Device | None, node: Node) -> None:
        # what only literals made has no place yet: it goes where it is used
        self.aval, self.place, self.node = aval, place, node

    @property
    def device(self) -> Device:
        """Where the array lives."""
        return self.place or default_device()

    @property
    def buffer(self) -> np.ndarray:
        """The elements, computed now if they are pending. Not to be written to."""
        value = self.node.value
        return evaluate([self.node])[0] if value is None else value

    def concrete(self, what: str) -> np.ndarray:
        view = self.buffer.view()
        view.flags.writeable = False
        return view

    def is_pending(self) -> bool:
        """Whether the equation of this array has not run yet."""
        return self.node.value is None


def number(x: np.generic, aval: Aval) -> Array:
    """A number as an array without a place, which is written into the programs that read it."""
    return Array(aval, None, known(np.asarray(x), literal=True))


_lock = RLock()
_pending: list[ref[Node]] = []
_pinned = [0]
_depth = [0]  # of evaluations inside of each other: a callback may use arrays


def remember(node: Node, operand_bytes: int) -> None:
    """Keep the pending program bounded: run it when it grows long or pins much memory."""
    _pending.append(ref(node))
    _pinned[0] += operand_bytes
    if not _depth[0] and (len(_pending) > config.pending_limit or _pinned[0] > MAX_PINNED):
        with _lock:
            refs = _pending[:]
            del _pending[: len(refs)]
            _pinned[0] = 0
            alive = [n for r in refs if (n := r()) is not None and n.value is None]
            evaluate([n for n in alive if n.error is None], strict=False)


def evaluate(targets: list[Node], strict: bool = True) -> list[Any]:
    """Run the pending equations that `targets` depend on, and return their values.

    Args:
        strict: raise the error of a target that failed; else leave it to whoever reads it.
    """
    with _lock, np.errstate(all="ignore"):
        _depth[0] += 1
        try:
            order = pending_cone(targets)
            while order:
                run(order.pop())
        finally:
            _depth[0] -= 1
    if strict:
        for node in targets:
            if node.error is not None:
                raise again(node.error)
    return [node.value for node in targets]


def again(error: OxmlxError) -> OxmlxError:
    """The error of an equation for one more reader: an exception collects the frames that it passes
    through, and they would keep the arrays of every reader alive."""
    fresh = copy(error)
    fresh.__cause__ = error.__cause__
    return fresh


def pending_cone(targets: list[Node]) -> list[Node]:
    """The equations to run, the first one last. Iterative: chains may be long."""
    order: list[Node] = []
    seen: set[Node] = set()
    stack: list[tuple[Node, bool]] = [(n, False) for n in reversed(targets)]
    while stack:
        node, expanded = stack.pop()
        if expanded:
            order.append(node)
        elif node.value is None and node.error is None and node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((n, False) for n in reversed(node.inputs) if type(n) is Node)
    order.reverse()
    return order


def run(node: Node) -> None:
    """Apply the primitive's `impl`, or inherit the error of an operand."""
    if node.value is not None or node.error is not None:
        return  # a callback, run before this node, needed it too
    args: list[Any] = []
    for x in node.inputs:
        if type(x) is Node:
            if x.error is not None:
                node.error, node.inputs = x.error, ()
                return
            x = x.value
        args.append(x)
    try:
        if type(node.prim) is int:
            node.value = args[0][node.prim]
        else:
            prim: Any = node.prim
            node.value = apply(prim, args)
            if config.nan:
                check_nan(prim, node.value, node.where)
    except OxmlxError as e:
        e.where = e.where or node.where
        node.value, node.error = None, e.with_traceback(None)
    except Exception as e:  # a host callback may raise anything: keep it for who reads the value
        node.error = EvaluationError(str(node.prim), f"failed: {e!r}", where=node.where)
        node.error.__cause__ = e
    node.inputs = ()


def apply(prim: Any, args: list[Any]) -> Any:
    """One equation on buffers: `impl`, with results as arrays."""
    out = prim.impl(*args)
    if prim.multiple_results:
        return [np.asarray(x) for x in out]
    return out if type(out) is np.ndarray else np.asarray(out)
