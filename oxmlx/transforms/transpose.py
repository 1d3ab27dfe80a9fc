"""Reverse mode: run a linear program backwards, from cotangents of its outputs to those of its
inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.jaxpr import Jaxpr, Var
from oxmlx.ir.primitive import Undef
from oxmlx.ir.stage import eval_jaxpr, operand, stage_closed
from oxmlx.ir.trace import current_trace, interpret
from oxmlx.ops.axes import zeros_like
from oxmlx.ops.elementwise import add
from oxmlx.source import pin_location, unpin_location
from oxmlx.transforms.linearize import PartialEvalTrace


def transpose_jaxpr(jaxpr: Jaxpr, known: Sequence[Any], cts: Sequence[Any]) -> list[Any]:
    """Cotangents of the linear inputs of a program.

    Args:
        jaxpr: linear in the inputs after the first `len(known)`; each equation reads a linear one.
        known: the values of the leading inputs.
        cts: a cotangent for each output, `None` where it is zero.

    Returns:
        A cotangent for each linear input, `None` where it is zero.
    """
    env: dict[Any, Any] = dict(zip(jaxpr.inputs, known, strict=False))
    ct: dict[Any, Any] = {}

    def accumulate(a: Any, c: Any) -> None:
        if type(a) is Var and c is not None:
            ct[a] = add(ct[a], c) if a in ct else c

    for a, c in zip(jaxpr.outputs, cts, strict=True):
        accumulate(a, c)
    for eqn in reversed(jaxpr.eqns):
        outs = [ct.pop(v, None) for v in eqn.outputs]
        if all(c is None for c in outs):
            continue
        args = [
            (env[a] if a in env else Undef(a.aval)) if type(a) is Var else operand(a)
            for a in eqn.inputs
        ]
        token = pin_location(eqn.where)
        try:
            back = eqn.prim.transpose(outs if eqn.prim.multiple_results else outs[0], *args)
            for a, c in zip(eqn.inputs, back, strict=True):
                accumulate(a, c)
        finally:
            unpin_location(token)
    return [ct.get(v) for v in jaxpr.inputs[len(known) :]]


def transpose_body(
    body: Jaxpr, linear: Sequence[bool], nonzero: Sequence[bool]
) -> tuple[Jaxpr, list[bool]]:
    """The transpose of a program in its `linear` inputs.

    Equations that no linear input reaches are run again, so the body may compute values that its
    linear part needs (a rematerialised forward pass, say).

    Returns:
        A program from (the other inputs, cotangents of the outputs in `nonzero`) to the nonzero
        cotangents of the linear inputs, and which of these have one.
    """
    key = ("transpose", tuple(linear), tuple(nonzero))
    return body.derive(key, lambda: _transpose_body(body, linear, nonzero))


def _transpose_body(
    body: Jaxpr, linear: Sequence[bool], nonzero: Sequence[bool]
) -> tuple[Jaxpr, list[bool]]:
    others = [a for a, u in zip(body.in_avals, linear, strict=True) if not u]
    cts = [a.strong for a, u in zip(body.out_avals, nonzero, strict=True) if u]
    out_nonzero: list[bool] = []

    def backward(*args: Any) -> list[Any]:
        known, given = iter(args[: len(others)]), iter(args[len(others) :])
        trace = PartialEvalTrace(current_trace())
        ins = [
            trace.arg(a) if u else next(known) for a, u in zip(body.in_avals, linear, strict=True)
        ]
        with interpret(trace):
            outs = eval_jaxpr(body, ins)
        unknown = [trace.is_unknown(x) for x in outs]
        ct_list = [next(given) if u else None for u in nonzero]
        step, residuals = trace.build(
            [x for x, u in zip(ins, linear, strict=True) if u],
            [x for x, u in zip(outs, unknown, strict=True) if u],
        )
        back = transpose_jaxpr(
            step, residuals, [c for c, u in zip(ct_list, unknown, strict=True) if u]
        )
        out_nonzero[:] = [c is not None for c in back]
        return [c for c in back if c is not None]

    return stage_closed(backward, [*others, *cts]), out_nonzero


def instantiate(ct: Any, aval: Aval) -> Any:
    """A cotangent or tangent as an array: zeros for `None`."""
    return zeros_like(aval) if ct is None else ct


def undefined(args: Sequence[Any]) -> list[bool]:
    """Which arguments of a transpose rule are linear."""
    return [isinstance(a, Undef) for a in args]


def aval_of(x: Any) -> Aval:
    """The aval of an argument of a transpose rule."""
    return x.aval if isinstance(x, Undef) else get_aval(x)
