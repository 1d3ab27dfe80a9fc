"""Common subexpression elimination: one equation for equal primitives on equal operands."""

from __future__ import annotations

from typing import Any

from oxmlx.ir.jaxpr import Atom, Eqn, Jaxpr, Literal, Var


def cse(jaxpr: Jaxpr) -> Jaxpr:
    """The program with repeated equations merged. Literals are compared by dtype and bits, so 0.0
    and -0.0 stay apart; effects are never merged."""
    same: dict[Var, Atom] = {}
    seen: dict[Any, tuple[Var, ...]] = {}
    eqns: list[Eqn] = []
    for eqn in jaxpr.eqns:
        inputs = tuple([same.get(a, a) if type(a) is Var else a for a in eqn.inputs])
        if not eqn.prim.effects:
            key = (eqn.prim, *map(atom_key, inputs), *(v.aval for v in eqn.outputs))
            earlier = seen.setdefault(key, eqn.outputs)
            if earlier is not eqn.outputs:
                same.update(zip(eqn.outputs, earlier, strict=True))
                continue
        eqns.append(Eqn(eqn.prim, inputs, eqn.outputs, eqn.where))
    outputs = [same.get(a, a) if type(a) is Var else a for a in jaxpr.outputs]
    return Jaxpr(jaxpr.inputs, eqns, outputs, jaxpr.consts)


def atom_key(a: Atom) -> Any:
    """A variable by identity, a literal by its bits."""
    return (a.aval, a.value.tobytes()) if isinstance(a, Literal) else a
