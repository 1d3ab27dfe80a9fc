"""Dead code elimination: keep what the outputs need, and every effect."""

from __future__ import annotations

from collections.abc import Sequence

from oxmlx.ir.jaxpr import Eqn, Jaxpr, intern_jaxpr


def dce(jaxpr: Jaxpr, used: Sequence[bool] | None = None) -> Jaxpr:
    """The program without equations that `used` outputs (all of them) do not need.

    Inputs stay; unused outputs are dropped. Nested programs are shrunk by their `dce` rule.
    """
    keep = [True] * len(jaxpr.outputs) if used is None else used
    outputs = [a for a, u in zip(jaxpr.outputs, keep, strict=True) if u]
    live = set(outputs)
    eqns: list[Eqn] = []
    for eqn in reversed(jaxpr.eqns):
        wanted = [v in live for v in eqn.outputs]
        if not (any(wanted) or eqn.prim.effects):
            continue
        if eqn.prim.kind == "program" and (shrunk := eqn.prim.dce(wanted)) is not None:
            prim, reads, has = shrunk
            inputs = tuple(a for a, r in zip(eqn.inputs, reads, strict=True) if r)
            outs = tuple(v for v, h in zip(eqn.outputs, has, strict=True) if h)
            eqn = Eqn(prim, inputs, outs, eqn.where)
        live.update(eqn.inputs)
        eqns.append(eqn)
    return Jaxpr(jaxpr.inputs, eqns[::-1], outputs, jaxpr.consts)


def dce_program(jaxpr: Jaxpr, used: Sequence[bool]) -> tuple[Jaxpr, list[bool]]:
    """Shrink a nested program to its `used` outputs: (program, which inputs it still reads)."""

    def shrink() -> tuple[Jaxpr, list[bool]]:
        small = dce(jaxpr, used)
        read = set[object](small.outputs).union(*(e.inputs for e in small.eqns))
        reads = [v in read for v in small.inputs]
        kept = [v for v in small.inputs if v in read]
        return intern_jaxpr(Jaxpr(kept, small.eqns, small.outputs)), reads

    return jaxpr.derive(("dce", tuple(used)), shrink)
