"""Arrays: handles on a buffer, or on an equation that has not run yet.

Eager code is traced lazily: an equation is a `Node` that holds its operands; a handle holds its
node. When a node runs it keeps its value and drops its operands, so what nothing refers to any
more is neither computed nor kept: Python's reference counts are the liveness analysis.
"""

from __future__ import annotations

import sys
from copy import copy
from threading import Condition, RLock, get_ident
from typing import Any
from weakref import ref

import numpy as np

from oxmlx.config import config
from oxmlx.errors import EvaluationError, OxmlxError
from oxmlx.fork import EVALUATION, hold
from oxmlx.ir.aval import Aval
from oxmlx.ir.device import Device, default_device
from oxmlx.ir.evaluate import check_nan
from oxmlx.ir.machine import installed
from oxmlx.ir.node import Node, known
from oxmlx.ir.pending import run_fused
from oxmlx.ir.value import Value
from oxmlx.source import raised_at

MAX_PINNED = 64 << 20  # bytes of operands that pending equations may keep alive


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
hold(_lock, EVALUATION)
_done = Condition(_lock)
_running: dict[Node, int] = {}  # what runs the user's code now, without the lock; its thread
_pending: list[ref[Node]] = []
_pinned = [0]


def remember(node: Node, operand_bytes: int) -> None:
    """Keep the pending program bounded: run it when it grows long or pins much memory."""
    _pending.append(ref(node))
    _pinned[0] += operand_bytes
    if len(_pending) > config.pending_limit or _pinned[0] > MAX_PINNED:
        with _lock:
            refs = _pending[:]
            del _pending[: len(refs)]
            _pinned[0] = 0
            targets = ends(refs)
        evaluate(targets, strict=False)


def ends(refs: list[ref[Node]]) -> list[Node]:
    """The pending nodes that no other one reads. Those between are held by them alone, or by
    handles: whether somebody wants their values can be told from who refers to them."""
    alive = [n for r in refs if (n := r()) is not None and n.value is None and n.error is None]
    read = {id(x) for n in alive for x in n.inputs}
    return [n for n in alive if id(n) not in read]


def evaluate(targets: list[Node], strict: bool = True) -> list[Any]:
    """Run the pending equations that `targets` depend on, and return their values.

    A callback runs without the lock, since it may wait for a thread that evaluates; a thread that
    needs its results waits for them.

    Args:
        strict: wait for callbacks of other threads, and raise the error of a target that failed;
            else leave both to whoever reads the target.
    """
    values = [node.value for node in targets]
    if all([value is not None for value in values]):
        return values
    with _lock, np.errstate(all="ignore"):
        order = pending_cone(targets)
        if len(order) > 1 and config.jit and not config.nan and not _running and run_fused(order):
            order = []
        order.reverse()
        while order:
            node = order.pop()
            if not _running or is_free(node, strict):
                run(node)
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
    """The equations to run, in order. Iterative: chains may be long."""
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
    return order


def is_free(node: Node, wait: bool) -> bool:
    """Whether no thread runs the callback of this node, any more if we are to wait.

    Raises:
        EvaluationError: it is this thread that runs it, and would wait for itself.
    """
    while wait and node in _running:
        if _running[node] == get_ident():
            advice = "Compute it from the arguments of the callback."
            problem = "the callback needs the result that it is to return"
            raise EvaluationError(str(node.prim), problem, advice, node.where)
        _done.wait()
    return node not in _running


def run(node: Node) -> None:
    """Apply the primitive's `impl`, or inherit the error of an operand."""
    if node.value is not None or node.error is not None:
        return  # a callback, run before this node, or another thread needed it too
    args: list[Any] = []
    for x in node.inputs:
        if type(x) is Node:
            if x.error is not None:
                node.error, node.inputs = x.error, ()
                return
            if x.value is None:
                return  # a callback that we do not wait for is to make it
            x = x.value
        args.append(x)
    try:
        if type(node.prim) is int:
            node.value = args[0][node.prim]
        else:
            prim: Any = node.prim
            if prim.runs_user_code:
                node.value = apply_unlocked(node, prim, args)
            else:
                node.value = apply(node, prim, args)
            if config.nan:
                check_nan(prim, node.value, node.where)
    except OxmlxError as e:
        e.where = e.where or node.where
        node.value, node.error = None, e
    except Exception as e:  # a callback may raise anything: keep it for who reads the value
        line = raised_at(e.__traceback__)
        advice = f"It was raised at {line}." if line else ""
        node.error = EvaluationError(str(node.prim), f"failed: {e!r}", advice, node.where)
        node.error.__cause__ = e
    if node.error is not None:
        forget_frames(node.error, sys.exc_info()[1])
    node.inputs = ()


def forget_frames(error: BaseException, around: BaseException | None) -> None:
    """Drop the tracebacks of an error that is kept, and of those that led to it: their frames would
    keep the arrays of the first reader alive. What the reader is handling (`around`) stays whole,
    but is not kept."""
    chain = [error]
    for e in chain:
        e.__traceback__ = None
        if e.__context__ is around:
            e.__context__ = None
        chain += [x for x in (e.__cause__, e.__context__) if x is not None and x not in chain]


def apply_unlocked(node: Node, prim: Any, args: list[Any]) -> Any:
    """`apply` without the lock; until it is done, `node` is known to be running."""
    _running[node] = get_ident()
    _lock.release()
    try:
        return apply(node, prim, args)
    finally:
        _lock.acquire()
        del _running[node]
        _done.notify_all()


def apply(node: Node, prim: Any, args: list[Any]) -> Any:
    """One equation on buffers, with results as arrays."""
    out = installed().run(prim, args, node.place)
    if prim.multiple_results:
        return [np.asarray(x) for x in out]
    return out if type(out) is np.ndarray else np.asarray(out)
