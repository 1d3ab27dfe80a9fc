"""`custom_jvp`: a function with a derivative of its own, for both modes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from oxmlx import tree
from oxmlx.control.custom import (
    CustomCall,
    CustomFunction,
    R,
    match_tangent,
    refuse_moving_consts,
    refuse_symbolic_zeros,
)
from oxmlx.control.program import call_on_values, pick, split, spread, stage_flat
from oxmlx.dtypes import float0, is_inexact
from oxmlx.errors import GradientError, ShapeError, TreeError
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.stage import avals_of, eval_jaxpr, stage
from oxmlx.ir.trace import BASE, bind, current_trace
from oxmlx.ops.convert import as_value
from oxmlx.transforms.transpose import instantiate
from oxmlx.transforms.vmap import MappedAxis, vmap_body


class CustomJvpCall(CustomCall):
    """outs = body(consts, xs); its one rule maps (consts, xs, dxs) to (outs, douts), and speaks of
    the operands and outputs with inexact dtype."""

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        refuse_moving_consts("custom_jvp", tangents[: self.consts])
        xs, dxs = primals[self.consts :], tangents[self.consts :]
        dxs = [
            instantiate(t, get_aval(x).strong)
            for x, t in zip(xs, dxs, strict=True)
            if is_inexact(get_aval(x).dtype)
        ]
        (rule,), lead = self.expand(primals[: self.consts])
        outs, douts = split(eval_jaxpr(rule, [*lead, *xs, *dxs]), len(self.body.outputs))
        return outs, spread([is_inexact(a.dtype) for a in self.body.out_avals], douts)

    def vmap_rules(
        self, axis: MappedAxis, rules: Sequence[Jaxpr], lead: list[bool], xs: list[bool]
    ) -> tuple[Jaxpr, ...]:
        (rule,) = rules
        moving = [is_inexact(a.dtype) for a in self.body.in_avals[self.consts :]]
        mapped = [*lead, *xs, *pick(xs, moving)]  # a tangent is shaped like its primal
        every = [True] * len(rule.outputs)
        return (vmap_body(rule, axis, mapped, every)[0],)


class custom_jvp(CustomFunction[R]):  # a decorator
    """Give a function a derivative of your own, for both modes.

    Args:
        fun: a function of pytrees of arrays.
        nondiff_argnums: positions of arguments that are not arrays (functions, say).

    >>> import oxmlx as ox
    >>> @ox.custom_jvp
    ... def log1pexp(x):
    ...     return ox.numpy.log(1.0 + ox.numpy.exp(x))
    >>> @log1pexp.defjvp
    ... def log1pexp_jvp(primals, tangents):
    ...     (x,), (dx,) = primals, tangents
    ...     return log1pexp(x), dx * (1 - 1 / (1 + ox.numpy.exp(x)))
    >>> ox.grad(log1pexp)(100.0)
    array(1., dtype=float32)
    """

    rule: Any = None

    def defjvp(self, jvp: Callable[..., Any], symbolic_zeros: bool = False) -> Callable[..., Any]:
        """Set the rule.

        Args:
            jvp: (*nondiff, primals, tangents) → (output, output tangent).
            symbolic_zeros: only False: zeros are arrays.

        Raises:
            ArgumentError: `symbolic_zeros` is asked for.
        """
        refuse_symbolic_zeros("custom_jvp", symbolic_zeros)
        self.rule = jvp
        return jvp

    def defjvps(self, *jvps: Callable[..., Any] | None) -> None:
        """Set the rule argument by argument: jvps[k](dxₖ, output, *primals), `None` for zero."""

        def rule(primals: Any, tangents: Any) -> Any:
            out = self(*primals)
            terms = [
                j(t, out, *primals) for j, t in zip(jvps, tangents, strict=True) if j is not None
            ]
            total = tree.map(lambda *ts: functools.reduce(lambda a, b: a + b, ts), *terms)
            return out, total

        self.rule = rule

    def __call__(self, *args: Any, **kwargs: Any) -> R:
        if self.rule is None:
            raise GradientError(
                "custom_jvp",
                f"{self.__name__} has no rule",
                "Give it one with @f.defjvp.",
            )
        fixed, moving, f = self.divide(self.fun, self.positional(args, kwargs))
        if current_trace() is BASE:
            return call_on_values(f, tuple(moving), "custom_jvp")
        leaves, in_tree = tree.flatten(tuple(moving))
        values = [as_value(x, "custom_jvp") for x in leaves]
        body, body_consts, out_tree = stage_flat(f, avals_of(values), in_tree, "custom_jvp")

        def make() -> tuple[Sequence[Jaxpr], list[list[Any]]]:
            rule, rule_consts = self.stage_rule(fixed, values, in_tree, body, out_tree)
            return [rule], [rule_consts]

        whole, rules, consts = self.rules(make, body, body_consts)
        return out_tree.unflatten(bind(CustomJvpCall(whole, rules, len(consts)), *consts, *values))

    def stage_rule(
        self, fixed: list[Any], values: list[Any], in_tree: Any, body: Jaxpr, out_tree: Any
    ) -> tuple[Jaxpr, list[Any]]:
        """Trace the rule on (values, tangents of the inexact ones)."""
        moving = [is_inexact(v.dtype) for v in values]
        avals = avals_of(values)

        def flat(*xs: Any) -> list[Any]:
            primals, given = xs[: len(values)], iter(xs[len(values) :])
            tangents = [
                next(given) if m else float0_zeros(a) for m, a in zip(moving, avals, strict=True)
            ]
            result = self.rule(*fixed, in_tree.unflatten(primals), in_tree.unflatten(tangents))
            if not isinstance(result, tuple) or len(result) != 2:
                raise TreeError(
                    "custom_jvp",
                    f"the rule must return (output, tangent), got {result!r:.80}",
                    "Write: return f(*primals), tangent.",
                )
            outs, out_structure = tree.flatten(result[0])
            douts, tangent_structure = tree.flatten(result[1])
            if not out_structure == tangent_structure == out_tree:
                raise TreeError(
                    "custom_jvp",
                    f"the function returns {out_tree}, its rule {out_structure} with tangents "
                    f"{tangent_structure}",
                    "Output and tangent must be nested as the function's result.",
                )
            outs = [as_value(x, "custom_jvp") for x in outs]
            for x, a in zip(outs, body.out_avals, strict=True):
                if x.aval.strong is not a.strong:
                    problem = f"the function returns {a}, its rule returns {x.aval}"
                    raise ShapeError(
                        "custom_jvp",
                        problem,
                        "The rule must return the same output as the function.",
                    )
            return outs + [
                match_tangent("custom_jvp", d, a)
                for d, a in zip(douts, body.out_avals, strict=True)
                if is_inexact(a.dtype)
            ]

        return stage(flat, [*avals, *(a.strong for a in pick(avals, moving))])


def float0_zeros(aval: Aval) -> np.ndarray:
    """The tangent of a value that has none, as the API shows it."""
    return np.zeros(aval.shape, float0)
