"""`checkpoint`: a program whose intermediate values are computed again instead of kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from oxmlx.control.call import Call
from oxmlx.control.program import drop, merge, pick, split
from oxmlx.ir.dce import dce
from oxmlx.ir.jaxpr import Eqn, Jaxpr, Var, intern_jaxpr
from oxmlx.ir.plan import Block, PlanOf
from oxmlx.transforms.linearize import PartialEvalTrace, Split, partial_eval_body

Policy = Callable[..., bool]
"""policy(primitive, *avals of its operands): may the outputs of this equation be kept?"""


class Remat(Call):
    """outs = body(args), whose residuals are recomputed in the backward pass unless `policy` may
    keep them. Nothing outside merges with the recomputation."""

    policy: Policy

    def again(self, body: Jaxpr) -> Remat:
        return Remat(self.label, body, self.policy)

    def inline(self) -> Jaxpr | None:
        return None

    def schedule(self, eqn: Eqn, plan_of: PlanOf) -> Block:
        return Block(eqn.inputs, eqn.outputs, plan_of(self.body))

    def partial_eval(
        self, trace: PartialEvalTrace, args: Sequence[Any], unknown: Sequence[bool]
    ) -> list[Any]:
        cut = partial_eval_body(self.body, unknown)
        key = ("remat", tuple(unknown), self.policy)
        forward, again = self.body.derive(key, lambda: recompute(cut, self.policy))
        known = drop(args, unknown)
        outs = trace.run_known(Call(self.label, forward), known)
        known_outs, saved = split(outs, len(cut.out_unknown) - sum(cut.out_unknown))
        late: list[Any] = []
        if again.outputs:
            late = trace.stage(self.again(again), [*known, *saved, *pick(args, unknown)])
        return merge(cut.out_unknown, late, known_outs)


def recompute(cut: Split, policy: Policy) -> tuple[Jaxpr, Jaxpr]:
    """Two programs from a cut one: the forward pass, from the known inputs to (known outputs, saved
    values); and the later one, from (known inputs, saved values, unknown inputs) to the unknown
    outputs, which computes again what was not saved."""
    known, later = cut.known, cut.later
    n_out = len(cut.out_unknown) - sum(cut.out_unknown)
    computed = iter(known.outputs[n_out:])
    residuals = [next(computed) if s is None else known.inputs[s] for s in cut.sources]
    saved, again = slice_back(known, residuals, policy)
    forward = Jaxpr(known.inputs, known.eqns, [*known.outputs[:n_out], *saved])
    rename: dict[Any, Any] = dict(zip(later.inputs, residuals, strict=False))
    eqns = [
        Eqn(e.prim, tuple([rename.get(a, a) for a in e.inputs]), e.outputs, e.where)
        for e in later.eqns
    ]
    outputs = [rename.get(a, a) for a in later.outputs]
    inputs = [*known.inputs, *saved, *later.inputs[len(residuals) :]]
    return intern_jaxpr(dce(forward)), intern_jaxpr(Jaxpr(inputs, [*again, *eqns], outputs))


def slice_back(
    known: Jaxpr, residuals: Sequence[Any], policy: Policy
) -> tuple[list[Var], list[Eqn]]:
    """The values to save and the equations to run again so as to have `residuals`."""
    wanted = {a for a in residuals if type(a) is Var}
    saved: list[Var] = []
    again: list[Eqn] = []
    for eqn in reversed(known.eqns):
        needed = [v for v in eqn.outputs if v in wanted]
        if not needed:
            continue
        if eqn.prim.effects or policy(eqn.prim, *(a.aval for a in eqn.inputs)):
            saved.extend(needed)
        else:
            again.append(eqn)
            wanted.update(a for a in eqn.inputs if type(a) is Var)
    return saved[::-1], again[::-1]
