"""Staging: write a program down as a jaxpr instead of running it, and run a jaxpr again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from oxmlx.config import config
from oxmlx.errors import CheckError
from oxmlx.ir.array import Array, number
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.check import check_jaxpr
from oxmlx.ir.jaxpr import Atom, Eqn, Jaxpr, Literal, Var, intern_jaxpr
from oxmlx.ir.node import LITERAL
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.trace import BASE, Trace, abstract, current_trace, foreign, interpret, is_around
from oxmlx.ir.value import Tracer
from oxmlx.source import Location, current_location, pin_location, unpin_location


class JaxprTracer(Tracer):
    """A variable of a program that is being written."""

    __slots__ = ("symbol",)

    def __init__(self, trace: Trace, var: Var) -> None:
        self.owner, self.symbol, self.aval = trace, var, var.aval


class JaxprTrace(Trace):
    """Write equations down. Values of outer traces become leading inputs of the program."""

    __slots__ = ("consts", "eqns")

    def __init__(self, parent: Trace) -> None:
        super().__init__(parent)
        self.eqns: list[Eqn] = []
        self.consts: dict[int, tuple[Any, Var]] = {}

    def arg(self, aval: Aval) -> JaxprTracer:
        """A new input."""
        return JaxprTracer(self, Var(aval))

    def atom(self, x: Any, prim: Any = "the program") -> Atom:
        """What the equation of `prim` says for operand `x`."""
        if type(x) is JaxprTracer and x.owner is self:
            return x.symbol
        if isinstance(x, np.generic):
            return Literal(x)
        if type(x) is Array and x.node.prim is LITERAL:
            return Literal(x.node.value[()], x.aval)
        const = self.consts.get(id(x))
        if const is None:
            if not (type(x) is Array or (isinstance(x, Tracer) and is_around(x.owner, self))):
                raise foreign(prim, x, self)
            const = self.consts[id(x)] = (x, Var(x.aval))
        return const[1]

    def made_at(self, x: Any) -> Location | None:
        by = (eqn for eqn in self.eqns if any(v is x.symbol for v in eqn.outputs))
        return next((eqn.where for eqn in by), None)

    def process(self, prim: Primitive, args: Sequence[Any]) -> Any:
        inputs = tuple([self.atom(x, prim) for x in args])
        out = abstract(prim, tuple([a.aval for a in inputs]))
        if prim.multiple_results:
            outs = [JaxprTracer(self, Var(a)) for a in out]
            self.eqns.append(Eqn(prim, inputs, tuple([t.symbol for t in outs]), current_location()))
            return outs
        tracer = JaxprTracer(self, Var(out))
        self.eqns.append(Eqn(prim, inputs, (tracer.symbol,), current_location()))
        return tracer

    def build(self, ins: Sequence[JaxprTracer], outs: Sequence[Any]) -> tuple[Jaxpr, list[Any]]:
        """The closed program and the values of its leading inputs."""
        outputs = [self.atom(x, "an output") for x in outs]
        consts = list(self.consts.values())
        inputs = [v for _, v in consts] + [t.symbol for t in ins]
        jaxpr = Jaxpr(inputs, self.eqns, outputs, len(consts))
        if config.check:
            check_jaxpr(jaxpr)
        return jaxpr, [x for x, _ in consts]


def stage(
    f: Callable[..., Sequence[Any]], avals: Sequence[Aval], parent: Trace | None = None
) -> tuple[Jaxpr, list[Any]]:
    """Trace `f`, which takes and returns flat lists of values, to an interned program.

    Returns:
        The program, whose leading inputs are the values of outer traces that `f` used, and those.
    """
    trace = JaxprTrace(current_trace() if parent is None else parent)
    ins = [trace.arg(a) for a in avals]
    with interpret(trace):
        outs = f(*ins)
    jaxpr, consts = trace.build(ins, outs)
    return intern_jaxpr(jaxpr), consts


def stage_closed(f: Callable[..., Sequence[Any]], avals: Sequence[Aval]) -> Jaxpr:
    """Trace an `f` that uses nothing but its arguments: a program derived from a program."""
    return closed(*stage(f, avals, BASE))


def closed(jaxpr: Jaxpr, consts: Sequence[Any]) -> Jaxpr:
    """The program, if it uses nothing but its arguments.

    Raises:
        CheckError: a rule used an array of its own.
    """
    if consts:
        problem = f"a rule may use nothing but its arguments, this one used {[*consts]!r:.200}"
        raise CheckError("a derived program", problem, "Make constants with ox.numpy.full.")
    return jaxpr


def eval_jaxpr(jaxpr: Jaxpr, args: Sequence[Any]) -> list[Any]:
    """Run `jaxpr` under the current trace; every transformation of a program goes through here."""
    env: dict[Any, Any] = dict(zip(jaxpr.inputs, args, strict=True))
    process = current_trace().process
    for eqn in jaxpr.eqns:
        ins = [env[a] if type(a) is Var else operand(a) for a in eqn.inputs]
        token = pin_location(eqn.where)
        try:
            out = process(eqn.prim, ins)
        finally:
            unpin_location(token)
        if eqn.prim.multiple_results:
            env.update(zip(eqn.outputs, out, strict=True))
        else:
            env[eqn.outputs[0]] = out
    return [env[a] if type(a) is Var else operand(a) for a in jaxpr.outputs]


def operand(literal: Literal) -> Array:
    """A literal of a program as a value, for rules that compute with it."""
    return number(literal.value, literal.aval)


def avals_of(xs: Sequence[Any]) -> list[Aval]:
    """The avals of operands."""
    return [get_aval(x) for x in xs]
