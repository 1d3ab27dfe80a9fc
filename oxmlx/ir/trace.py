"""Traces: the interpretations of a program. Exactly one is current; each knows its parent.

The traces are stackless as in autodidax2 (Johnson, Frostig, Maclaurin et al.): a value of an outer
trace is a constant to an inner one, and what a trace makes of an operation it asks of its parent.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from oxmlx.config import config
from oxmlx.errors import ArgumentError, DeviceError, LeakedTracerError
from oxmlx.ir.array import Array, again, evaluate, remember
from oxmlx.ir.aval import Aval, scalar_aval
from oxmlx.ir.device import Device, chosen_device, default_device
from oxmlx.ir.machine import installed
from oxmlx.ir.node import Node, known
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.value import Tracer
from oxmlx.source import Location, current_location


class Trace:
    """An interpretation of primitives."""

    __slots__ = ("parent", "where")
    parent: Any  # the trace around this one; the base trace has none
    where: Location | None

    def __init__(self, parent: Trace | None) -> None:
        self.parent, self.where = parent, current_location()

    @abstractmethod
    def process(self, prim: Primitive, args: Sequence[Any]) -> Any:
        """Apply `prim` to values of this trace, or of those around it."""

    def made_at(self, x: Any) -> Location | None:
        """The line that made a value of this trace, if it is known."""
        return None

    def check_around(self, x: Any, who: str, what: str) -> None:
        """Refuse a value of this trace where the trace has ended.

        Args:
            who: who refuses.
            what: the value, as the subject of a sentence.
        """
        if not is_around(self, current_trace()):
            raise leaked(x, who, what)


_abstract: dict[Any, Any] = {}


def abstract(prim: Primitive, avals: tuple[Aval, ...]) -> Any:
    """The output aval(s) of a primitive, remembered where it holds nothing of the user's."""
    key = (prim, avals)
    out = _abstract.get(key)
    if out is None:
        out = prim.abstract(*avals)
        if prim.kind not in ("program", "host"):
            if len(_abstract) > 8192:
                _abstract.clear()
            _abstract[key] = out
    return out


class EvalTrace(Trace):
    """The ordinary meaning: record first-order equations, run programs and effects at once."""

    __slots__ = ()

    def process(self, prim: Primitive, args: Sequence[Any]) -> Any:
        if prim.kind == "program" or prim.effect is not None:
            return self.run(prim, args)
        avals: list[Aval] = []
        inputs: list[Any] = []
        device: Device | None = None
        pinned = 0
        for x in args:
            if type(x) is Array:
                avals.append(x.aval)
                node = x.node
                inputs.append(node)
                if node.value is not None:
                    pinned += x.aval.size * 4
                elif node.error is not None:
                    raise again(node.error)
                if x.place is not device and x.place is not None:
                    device = x.place if device is None else mixed(prim, device, x.place)
            elif isinstance(x, np.generic):
                avals.append(scalar_aval(x.dtype))
                inputs.append(x)
            else:
                raise foreign(prim, x, None)
        if device is None:
            device = chosen_device()
        out = abstract(prim, tuple(avals))
        node = Node(prim, inputs, current_location(), out, device)
        if not prim.multiple_results:
            remember(node, pinned)
            if config.eager:
                evaluate([node])
            return Array(out, device, node)
        nodes = [Node(k, (node,), None, a, device) for k, a in enumerate(out)]
        for n in nodes:
            remember(n, pinned)
        if config.eager:
            evaluate(nodes)
        return [Array(a, device, n) for a, n in zip(out, nodes, strict=True)]

    def run(self, prim: Primitive, args: Sequence[Any]) -> Any:
        """Run a program or an effect on realised operands, under this trace."""
        device, buffers = realise(prim, args)
        avals = tuple(x.aval if type(x) is Array else scalar_aval(x.dtype) for x in args)
        out = abstract(prim, avals)
        token = _current.set(self)
        try:
            with np.errstate(all="ignore"):
                values = installed().run(prim, buffers, device)
        finally:
            _current.reset(token)
        if not prim.multiple_results:
            return Array(out, device, known(np.asarray(values)))
        return [Array(a, device, known(np.asarray(v))) for a, v in zip(out, values, strict=True)]


def realise(prim: Primitive, args: Sequence[Any]) -> tuple[Device, list[Any]]:
    """The buffers of operands, and the device they share."""
    device: Device | None = None
    todo: list[Node] = []
    for x in args:
        if type(x) is Array:
            if x.place is not device and x.place is not None:
                device = x.place if device is None else mixed(prim, device, x.place)
            if x.node.value is None:
                todo.append(x.node)
        elif not isinstance(x, np.generic):
            raise foreign(prim, x, None)
    if todo:
        evaluate(todo)
    return device or default_device(), [x.node.value if type(x) is Array else x for x in args]


def mixed(prim: Any, a: Device, b: Device) -> Device:
    """Refuse operands on two devices."""
    raise DeviceError(
        who(prim),
        f"operands must be on one device, got {a} and {b}",
        "Move one of them with ox.device_put(x, device).",
        where=current_location(),
    )


BASE = EvalTrace(None)
_current: ContextVar[Trace] = ContextVar("trace", default=BASE)
current_trace = _current.get


class interpret:  # a context manager, used as a verb
    """Make `trace` the current one inside a `with` block; the old one returns whatever happens."""

    __slots__ = ("token", "trace")

    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    def __enter__(self) -> None:
        self.token = _current.set(self.trace)

    def __exit__(self, *_: object) -> None:
        _current.reset(self.token)


def bind(prim: Primitive, *args: Any) -> Any:
    """Apply `prim` under the current interpretation: the one door that every operation passes."""
    return _current.get().process(prim, args)


def foreign(prim: Any, x: Any, trace: Trace | None) -> Exception:
    """The error for an operand that no trace around us knows."""
    if isinstance(x, Tracer):
        return leaked(x, who(prim), repr(x))
    return ArgumentError(
        who(prim),
        f"operands must be arrays or numbers, got {type(x).__name__}",
        "Convert it with ox.numpy.asarray.",
        where=current_location(),
    )


def leaked(x: Tracer, who: str, what: str) -> LeakedTracerError:
    """The error for a value whose trace has ended."""
    entered, made = x.owner.where, x.owner.made_at(x)
    lines = f" (the one entered at {entered}" if entered else ""
    lines += f", where the value was made at {made})" if made else ")" * bool(lines)
    return LeakedTracerError(
        who,
        f"{what} was made inside a transformation that has ended{lines}",
        "Return values from the transformed function instead of storing them outside "
        "(in a global, an attribute or a list), and call it again to get new ones.",
        where=current_location(),
    )


def who(prim: Any) -> str:
    """How an error calls a primitive: a program by its name, others with their params."""
    return prim.name if getattr(prim, "kind", None) == "program" else str(prim)


def check_around(values: Iterable[Any], who: str) -> None:
    """Refuse tracers, among any objects, whose trace has ended."""
    for x in values:
        if isinstance(x, Tracer):
            x.owner.check_around(x, who, repr(x))


def is_around(trace: Trace, inner: Trace | None) -> bool:
    """Is `trace` the trace `inner` or one of its ancestors?"""
    while inner is not None:
        if inner is trace:
            return True
        inner = inner.parent
    return False
