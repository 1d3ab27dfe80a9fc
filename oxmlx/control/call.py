"""`call`: a program as one equation, as a jitted function or a composite is inside a trace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oxmlx.control.program import Program, drop, merge, pick, present, split, spread
from oxmlx.ir.aval import Aval
from oxmlx.ir.dce import dce_program
from oxmlx.ir.evaluate import evaluate_jaxpr
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.trace import bind
from oxmlx.transforms.jvp import jvp_body
from oxmlx.transforms.linearize import PartialEvalTrace, partial_eval_body
from oxmlx.transforms.transpose import transpose_body, undefined
from oxmlx.transforms.vmap import MappedAxis, to_front, vmap_body


class Call(Program):
    """outs = body(args). The rules transform the body; equal bodies are one object, so code
    compiled for one call serves the next."""

    label: str
    body: Jaxpr

    @property
    def effects(self) -> bool:
        return self.body.effects

    def again(self, body: Jaxpr) -> Call:
        """A call of the same kind with another body."""
        return type(self)(self.label, body)

    def abstract(self, *avals: Aval) -> list[Aval]:
        return self.body.out_avals

    def impl(self, *args: Any) -> list[Any]:
        return evaluate_jaxpr(self.body, args)

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        jaxpr, nonzero = jvp_body(self.body, [t is not None for t in tangents])
        outs = bind(self.again(jaxpr), *primals, *present(tangents))
        ys, dys = split(outs, len(nonzero))
        return ys, spread(nonzero, dys)

    def vmap_axis(self, axis: MappedAxis, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        jaxpr, mapped = vmap_body(self.body, axis, [d is not None for d in dims])
        outs = bind(self.again(jaxpr), *to_front(args, dims))
        return outs, [0 if m else None for m in mapped]

    def partial_eval(
        self, trace: PartialEvalTrace, args: Sequence[Any], unknown: Sequence[bool]
    ) -> list[Any]:
        cut = partial_eval_body(self.body, unknown)
        known = drop(args, unknown)
        outs = trace.run_known(self.again(cut.known), known)
        known_outs, computed = split(outs, len(cut.out_unknown) - sum(cut.out_unknown))
        fresh = iter(computed)
        residuals = [next(fresh) if s is None else known[s] for s in cut.sources]
        late: list[Any] = []
        if cut.later.outputs or cut.later.effects:
            late = trace.stage(self.again(cut.later), [*residuals, *pick(args, unknown)])
        return merge(cut.out_unknown, late, known_outs)

    def transpose(self, ct: Sequence[Any], *args: Any) -> Sequence[Any]:
        linear = undefined(args)
        jaxpr, nonzero = transpose_body(self.body, linear, [c is not None for c in ct])
        outs = bind(self.again(jaxpr), *drop(args, linear), *present(ct))
        return spread(linear, spread(nonzero, outs))

    def inline(self) -> Jaxpr | None:
        return self.body

    def dce(self, used: Sequence[bool]) -> Any:
        body, reads = dce_program(self.body, used)
        return self.again(body), reads, used
