"""Check a jaxpr: each variable bound once before use, each equation typed as its rule says."""

from __future__ import annotations

from oxmlx.errors import CheckError
from oxmlx.ir.jaxpr import Jaxpr, Literal, Var


def check_jaxpr(jaxpr: Jaxpr) -> None:
    """Raise a `CheckError` that names the first malformed equation, nested programs included.

    The error is one of a rule of a primitive or transformation, not of the user's program.
    """
    bound = set[Var](jaxpr.inputs)
    if len(bound) != len(jaxpr.inputs):
        raise CheckError("jaxpr", "an input is bound twice")
    for k, eqn in enumerate(jaxpr.eqns):
        who = f"equation {k} ({eqn.prim.name})"
        for a in eqn.inputs:
            if not isinstance(a, Literal) and a not in bound:
                raise CheckError(who, "reads a variable that is not bound", where=eqn.where)
        out = eqn.prim.abstract(*(a.aval for a in eqn.inputs))
        want = list(out) if eqn.prim.multiple_results else [out]
        have = [v.aval for v in eqn.outputs]
        if [a.strong for a in want] != [a.strong for a in have]:
            problem = f"its rule gives {want}, the program says {have}"
            raise CheckError(who, problem, where=eqn.where)
        for v in eqn.outputs:
            if v in bound:
                raise CheckError(who, "binds a variable twice", where=eqn.where)
            bound.add(v)
        for field in eqn.prim.fields:
            value = getattr(eqn.prim, field)
            for body in value if isinstance(value, tuple) else (value,):
                if isinstance(body, Jaxpr):
                    check_jaxpr(body)
    for a in jaxpr.outputs:
        if not isinstance(a, Literal) and a not in bound:
            raise CheckError("jaxpr", "an output is not bound")
