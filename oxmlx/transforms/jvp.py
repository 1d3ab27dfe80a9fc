"""Forward mode: (x, dx) ↦ (f(x), ∂f(x) dx). A tangent `None` is a symbolic zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from oxmlx.errors import ConcretizationError
from oxmlx.ir.array import number
from oxmlx.ir.aval import get_aval, scalar_aval
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.stage import eval_jaxpr, stage_closed
from oxmlx.ir.trace import Trace, current_trace, interpret
from oxmlx.ir.value import Tracer
from oxmlx.ops.axes import zeros_like
from oxmlx.source import current_location


class JVPTracer(Tracer):
    """A primal and its tangent."""

    __slots__ = ("primal", "tangent")

    def __init__(self, trace: Trace, primal: Any, tangent: Any) -> None:
        self.owner, self.primal, self.tangent = trace, primal, tangent
        self.aval = get_aval(primal)

    def concrete(self, what: str) -> Any:
        """The primal, for a decision that it takes; as a number it would lose the tangent."""
        self.check_around(what)
        if what in ("a Python bool", "a Python index"):
            return self.primal.concrete(what)
        raise ConcretizationError(
            f"{self!r}",
            f"{what} was asked of a value that is being differentiated, which would lose its "
            "derivative",
            "Use the functions of ox.numpy, or ox.lax.stop_gradient(x) for a constant.",
            where=current_location(),
        )


class JVPTrace(Trace):
    """Compute primals as the parent does, and tangents beside them."""

    __slots__ = ()

    def pair(self, x: Any) -> tuple[Any, Any]:
        """The primal and the tangent of an operand."""
        if type(x) is JVPTracer and x.owner is self:
            return x.primal, x.tangent
        return x, None

    def wrap(self, primal: Any, tangent: Any) -> Any:
        """A value of this trace; one without tangent needs none."""
        return primal if tangent is None else JVPTracer(self, primal, tangent)

    def process(self, prim: Primitive, args: Sequence[Any]) -> Any:
        primals: list[Any] = []
        tangents: list[Any] = []
        moving = False
        for x in args:
            if type(x) is JVPTracer and x.owner is self:
                primals.append(x.primal)
                tangents.append(x.tangent)
                moving = True
            else:
                primals.append(x)
                tangents.append(None)
        if not moving:
            return self.parent.process(prim, primals)
        primals = [
            number(x, scalar_aval(x.dtype)) if isinstance(x, np.generic) else x for x in primals
        ]  # a rule may compute with what was written as a number
        with interpret(self.parent):
            y, dy = prim.jvp(primals, tangents)
        if prim.multiple_results:
            return [self.wrap(*p) for p in zip(y, dy, strict=True)]
        return self.wrap(y, dy)


def jvp_flat(
    f: Callable[..., Sequence[Any]], primals: Sequence[Any], tangents: Sequence[Any]
) -> tuple[list[Any], list[Any]]:
    """Outputs and their tangents (`None` where zero) of a function on flat lists."""
    trace = JVPTrace(current_trace())
    with interpret(trace):
        outs = f(*(trace.wrap(*p) for p in zip(primals, tangents, strict=True)))
    pairs = [trace.pair(x) for x in outs]
    return [p for p, _ in pairs], [t for _, t in pairs]


def jvp_body(body: Jaxpr, moving: Sequence[bool]) -> tuple[Jaxpr, list[bool]]:
    """The jvp of a program whose inputs in `moving` have tangents.

    Returns:
        A program from (inputs, tangents of the moving ones) to (outputs, nonzero tangents), and
        which outputs have one.
    """
    return body.derive(("jvp", tuple(moving)), lambda: _jvp_body(body, moving))


def _jvp_body(body: Jaxpr, moving: Sequence[bool]) -> tuple[Jaxpr, list[bool]]:
    n = len(body.inputs)
    nonzero: list[bool] = []

    def both(*args: Any) -> list[Any]:
        dx = iter(args[n:])
        tangents = [next(dx) if m else None for m in moving]
        ys, dys = jvp_flat(lambda *xs: eval_jaxpr(body, xs), args[:n], tangents)
        nonzero[:] = [d is not None for d in dys]
        return [*ys, *(d for d in dys if d is not None)]

    avals = body.in_avals
    jaxpr = stage_closed(both, avals + [a for a, m in zip(avals, moving, strict=True) if m])
    return jaxpr, nonzero


def jvp_body_forced(body: Jaxpr, moving: Sequence[bool], nonzero: Sequence[bool]) -> Jaxpr:
    """`jvp_body`, with the tangents of the outputs in `nonzero` made, as zeros if they must be."""

    def make() -> Jaxpr:
        jaxpr, have = jvp_body(body, moving)
        n = len(body.outputs)

        def force(*args: Any) -> list[Any]:
            outs = eval_jaxpr(jaxpr, args)
            tangents = iter(outs[n:])
            given = [next(tangents) if h else None for h in have]
            wanted = [
                zeros_like(a) if t is None else t
                for t, a, w in zip(given, body.out_avals, nonzero, strict=True)
                if w
            ]
            return [*outs[:n], *wanted]

        return stage_closed(force, jaxpr.in_avals)

    return body.derive(("jvp forced", tuple(moving), tuple(nonzero)), make)
