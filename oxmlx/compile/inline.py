"""Inlining: programs that only stand for their body are replaced by it, and so are new names for
what is there, such as a weak type of an array that has a strong one."""

from __future__ import annotations

from collections.abc import Sequence

from oxmlx.ir.jaxpr import Atom, Eqn, Jaxpr, Var


def inline(jaxpr: Jaxpr) -> Jaxpr:
    """The program with calls written out, however deep; loops, branches and checkpoints stay."""
    if not any(renames(e) or e.prim.inline() is not None for e in jaxpr.eqns):
        return jaxpr
    eqns: list[Eqn] = []
    outputs = write(jaxpr, jaxpr.inputs, eqns)
    return Jaxpr(jaxpr.inputs, eqns, outputs, jaxpr.consts)


def renames(eqn: Eqn) -> bool:
    """Is its result its operand by another type? That a type is weak matters to programs alone."""
    return eqn.prim.name == "cast" and eqn.inputs[0].aval.dtype == eqn.outputs[0].aval.dtype


def write(jaxpr: Jaxpr, inputs: Sequence[Atom], eqns: list[Eqn]) -> list[Atom]:
    """Append the equations of `jaxpr` on `inputs`, with fresh variables; return its outputs."""
    env: dict[Atom, Atom] = dict(zip(jaxpr.inputs, inputs, strict=True))
    for eqn in jaxpr.eqns:
        args = tuple([env.get(a, a) for a in eqn.inputs])
        if renames(eqn):
            env[eqn.outputs[0]] = args[0]
            continue
        body = eqn.prim.inline()
        if body is not None:
            env.update(zip(eqn.outputs, write(body, args, eqns), strict=True))
            continue
        results = tuple([Var(v.aval) for v in eqn.outputs])
        env.update(zip(eqn.outputs, results, strict=True))
        eqns.append(Eqn(eqn.prim, args, results, eqn.where))
    return [env.get(a, a) for a in jaxpr.outputs]
