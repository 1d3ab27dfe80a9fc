"""Partial evaluation: run what is known now, write down the rest; linearization is one use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from oxmlx.ir.aval import get_aval
from oxmlx.ir.jaxpr import Jaxpr, intern_jaxpr
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.stage import JaxprTrace, JaxprTracer, closed, eval_jaxpr
from oxmlx.ir.trace import BASE, current_trace, interpret
from oxmlx.transforms.jvp import jvp_flat


class PartialEvalTrace(JaxprTrace):
    """Ask the parent for an equation whose inputs are all known, else write it down; known values
    that it reads become leading inputs, the residuals."""

    __slots__ = ()

    def is_unknown(self, x: Any) -> bool:
        """Whether a value depends on the unknown inputs."""
        return type(x) is JaxprTracer and x.owner is self

    def process(self, prim: Primitive, args: Sequence[Any]) -> Any:
        unknown = [type(x) is JaxprTracer and x.owner is self for x in args]
        if not any(unknown):
            return self.parent.process(prim, args)
        if prim.kind == "program":
            outs = prim.partial_eval(self, args, unknown)
            if outs is not None:
                return outs
        return super().process(prim, args)

    def stage(self, prim: Primitive, args: Sequence[Any]) -> Any:
        """Write the equation down, whatever is known."""
        return super().process(prim, args)

    def run_known(self, prim: Primitive, args: Sequence[Any]) -> Any:
        """Ask the parent for an equation of known operands, under the parent."""
        with interpret(self.parent):
            return self.parent.process(prim, args)


class Split:
    """A program cut in two: later(residuals, unknown) after known(inputs)."""

    __slots__ = ("known", "later", "out_unknown", "sources")

    def __init__(
        self, known: Jaxpr, later: Jaxpr, out_unknown: list[bool], sources: list[int | None]
    ) -> None:
        self.known, self.later, self.out_unknown = known, later, out_unknown
        # for each residual: the position of the known input that it is, or None if it is computed
        self.sources = sources


def partial_eval_body(
    body: Jaxpr, unknown: Sequence[bool], forced: Sequence[bool] | None = None
) -> Split:
    """Cut a program at its unknown inputs.

    `known` maps the known inputs to (known outputs, computed residuals); `later` maps (residuals,
    unknown inputs) to the unknown outputs. A residual that is an input is forwarded, not computed.
    Outputs in `forced` are made unknown.
    """
    key = ("partial_eval", tuple(unknown), None if forced is None else tuple(forced))
    return body.derive(key, lambda: _partial_eval(body, unknown, forced))


def _partial_eval(body: Jaxpr, unknown: Sequence[bool], forced: Sequence[bool] | None) -> Split:
    first = JaxprTrace(BASE)
    second = PartialEvalTrace(first)
    avals = body.in_avals
    ins = [second.arg(a) if u else first.arg(a) for a, u in zip(avals, unknown, strict=True)]
    with interpret(second):
        outs = eval_jaxpr(body, ins)
    must = [False] * len(outs) if forced is None else forced
    late = [second.is_unknown(x) or m for x, m in zip(outs, must, strict=True)]
    late_ins = [x for x, u in zip(ins, unknown, strict=True) if u]
    known_ins = [x for x, u in zip(ins, unknown, strict=True) if not u]
    later, residuals = second.build(late_ins, [x for x, u in zip(outs, late, strict=True) if u])
    position = {id(x): k for k, x in enumerate(known_ins)}
    sources = [position.get(id(r)) for r in residuals]
    computed = [r for r, s in zip(residuals, sources, strict=True) if s is None]
    known_outs = [x for x, u in zip(outs, late, strict=True) if not u]
    known = closed(*first.build(known_ins, [*known_outs, *computed]))
    return Split(intern_jaxpr(known), intern_jaxpr(later), late, sources)


def linearize_flat(
    f: Callable[..., Sequence[Any]], primals: Sequence[Any], moving: Sequence[bool]
) -> tuple[list[Any], Jaxpr, list[Any], list[bool]]:
    """Run f at the primals and write down its derivative there.

    Returns:
        The outputs; the linear program from (residuals, tangents of the moving inputs) to the
        nonzero output tangents; the residuals; and which outputs have a tangent.
    """
    trace = PartialEvalTrace(current_trace())
    ins = [
        trace.arg(get_aval(x).strong) if m else None for x, m in zip(primals, moving, strict=True)
    ]
    with interpret(trace):
        ys, dys = jvp_flat(f, primals, ins)
    tangents = [d for d in dys if d is not None]
    jaxpr, residuals = trace.build([t for t in ins if t is not None], tangents)
    return ys, jaxpr, residuals, [d is not None for d in dys]
