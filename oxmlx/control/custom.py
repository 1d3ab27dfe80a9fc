"""Functions with derivatives of their own: `custom_jvp` and `custom_vjp`.

Both the function and its rules are traced to programs when the function is called inside a
transformation, so what they close over becomes an operand and cannot leak.
"""

from __future__ import annotations

import functools
import inspect
from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

import numpy as np

from oxmlx import tree
from oxmlx.control.program import (
    Program,
    call_on_values,
    pick,
    present,
    share_consts,
    split,
    spread,
    stage_flat,
)
from oxmlx.dtypes import float0, is_inexact
from oxmlx.errors import ArgumentError, GradientError, ShapeError, TreeError
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.evaluate import evaluate_jaxpr
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.stage import avals_of, eval_jaxpr, stage, stage_closed
from oxmlx.ir.trace import BASE, bind, current_trace, interpret
from oxmlx.ir.value import Tracer
from oxmlx.ops.axes import reduce_sum, zeros_like
from oxmlx.ops.convert import as_value, cast
from oxmlx.ops.shape import batch_axis
from oxmlx.source import current_location
from oxmlx.transforms.linearize import PartialEvalTrace
from oxmlx.transforms.transpose import instantiate, undefined
from oxmlx.transforms.vmap import MappedAxis, batch_aval, to_front, vmap_body

R = TypeVar("R")


class Deferred:
    """Rules that are traced when they are first needed: those of a function called inside its own
    rules, which would otherwise be traced for ever."""

    def __init__(self, make: Callable[[], tuple[Sequence[Jaxpr], list[Any]]]) -> None:
        self.make = functools.cache(make)


Rules = tuple[Jaxpr, ...] | Deferred


class CustomCall(Program):
    """outs = body(consts, xs), with rules of its own, which have the consts as leading inputs."""

    body: Jaxpr
    rules: Rules
    consts: int

    @property
    def effects(self) -> bool:
        return self.body.effects

    def abstract(self, *avals: Aval) -> list[Aval]:
        return self.body.out_avals

    def impl(self, *args: Any) -> list[Any]:
        return evaluate_jaxpr(self.body, args)

    def expand(self, consts: Sequence[Any]) -> tuple[Sequence[Jaxpr], list[Any]]:
        """The rules, and the values of their leading inputs."""
        if isinstance(self.rules, Deferred):
            return self.rules.make()
        return self.rules, list(consts)

    def vmap_axis(self, axis: MappedAxis, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        mapped = [d is not None for d in dims]
        body = vmap_body(self.body, axis, mapped, [True] * len(self.body.outputs))[0]
        xs = mapped[self.consts :]
        given, rules = self.rules, self.rules
        if isinstance(given, Deferred):

            def later() -> tuple[Sequence[Jaxpr], list[Any]]:
                jaxprs, lead = given.make()
                return self.vmap_rules(axis, jaxprs, [False] * len(lead), xs), lead

            rules = Deferred(later)
        else:
            rules = self.vmap_rules(axis, given, mapped[: self.consts], xs)
        outs = bind(type(self)(body, rules, self.consts), *to_front(args, dims))
        return outs, [0] * len(outs)

    def partial_eval(
        self, trace: PartialEvalTrace, args: Sequence[Any], unknown: Sequence[bool]
    ) -> list[Any]:
        """What is linear in the unknown operands needs no rule any more: only the body remains."""
        with interpret(trace):
            return eval_jaxpr(self.body, args)

    @abstractmethod
    def vmap_rules(
        self, axis: MappedAxis, rules: Sequence[Jaxpr], lead: list[bool], xs: list[bool]
    ) -> tuple[Jaxpr, ...]:
        """The rules on batches; `lead` and `xs` say which consts and operands are mapped."""


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


class CustomVjpCall(CustomCall):
    """outs = body(consts, xs); its rules are fwd(consts, xs) → (outs, residuals) and
    bwd(consts, residuals, cts) → cotangents of the xs."""

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        refuse_moving_consts("custom_vjp", tangents[: self.consts])
        (fwd, bwd), lead = self.expand(primals[: self.consts])
        values = eval_jaxpr(fwd, [*lead, *primals[self.consts :]])
        outs, residuals = split(values, len(self.body.outputs))
        avals = tuple(a.strong for a in self.body.in_avals[self.consts :])
        moving = tuple(t is not None for t in tangents[self.consts :])
        out_avals = tuple(a.strong for a in self.body.out_avals)
        prim = Pullback(bwd, avals, moving, out_avals)
        douts = bind(prim, *lead, *residuals, *present(tangents))
        return outs, [
            d if is_inexact(a.dtype) else None for d, a in zip(douts, out_avals, strict=True)
        ]

    def vmap_rules(
        self, axis: MappedAxis, rules: Sequence[Jaxpr], lead: list[bool], xs: list[bool]
    ) -> tuple[Jaxpr, ...]:
        """An operand that the batch shares has the sum of the batch's cotangents."""
        fwd, bwd = rules
        fwd = vmap_body(fwd, axis, [*lead, *xs], [True] * len(fwd.outputs))[0]
        others = [True] * (len(bwd.inputs) - len(lead))
        bwd = vmap_body(bwd, axis, [*lead, *others], [True] * len(bwd.outputs))[0]
        return fwd, sum_unmapped(bwd, xs)


class Pullback(Program):
    """The linear map dxs ↦ douts of which only the transpose, bwd(residuals, cts), is known."""

    bwd: Jaxpr
    avals: tuple[Aval, ...]
    moving: tuple[bool, ...]
    out_avals: tuple[Aval, ...]

    def abstract(self, *avals: Aval) -> list[Aval]:
        return list(self.out_avals)

    def impl(self, *args: Any) -> list[Any]:
        raise self.one_way()

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        raise self.one_way()

    def one_way(self) -> GradientError:
        """The error of forward mode."""
        return GradientError(
            "custom_vjp",
            "a function with a custom vjp has no forward-mode derivative",
            "Use ox.custom_jvp, which gives both modes, or differentiate in reverse mode.",
            where=current_location(),
        )

    def residuals(self) -> int:
        """How many leading operands are not tangents."""
        return len(self.bwd.inputs) - len(self.out_avals)

    def transpose(self, ct: Sequence[Any], *args: Any) -> Sequence[Any]:
        n = self.residuals()
        if any(undefined(args[:n])):
            raise self.one_way()
        cts = [instantiate(c, a) for c, a in zip(ct, self.out_avals, strict=True)]
        back = eval_jaxpr(self.bwd, [*args[:n], *cts])
        return [*[None] * n, *pick(back, self.moving)]

    def vmap_axis(self, axis: MappedAxis, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        n = self.residuals()
        mapped = [d is not None for d in dims]
        every = [True] * len(self.bwd.outputs)
        bwd = vmap_body(self.bwd, axis, [*mapped[:n], *[True] * len(self.out_avals)], every)[0]
        avals = [batch_aval(a, axis.size) for a in self.avals]
        outs = [batch_aval(a, axis.size) for a in self.out_avals]
        prim = Pullback(bwd, tuple(avals), self.moving, tuple(outs))
        xs = to_front(args[:n], dims[:n])
        dxs = [batch_axis(x, d, axis.size) for x, d in zip(args[n:], dims[n:], strict=True)]
        return bind(prim, *xs, *dxs), [0] * len(outs)


def sum_unmapped(bwd: Jaxpr, mapped: Sequence[bool]) -> Jaxpr:
    """An operand that the batch shares has the sum of the batch's cotangents."""

    def f(*args: Any) -> list[Any]:
        outs = eval_jaxpr(bwd, args)
        return [x if m else reduce_sum(x, (0,)) for x, m in zip(outs, mapped, strict=True)]

    return bwd.derive(("sum unmapped", tuple(mapped)), lambda: stage_closed(f, bwd.in_avals))


def refuse_moving_consts(who: str, tangents: Sequence[Any]) -> None:
    """A closed-over value that is differentiated has no place in the user's rule."""
    if any(t is not None for t in tangents):
        raise GradientError(
            who,
            "the function closes over a value that is being differentiated",
            "Pass the value as an argument, so that the rule can say its derivative.",
            where=current_location(),
        )


def parameter_count(fun: Callable[..., Any]) -> int | None:
    """How many parameters a function has, if Python knows."""
    try:
        return len(inspect.signature(fun).parameters)
    except (TypeError, ValueError):
        return None


class CustomFunction(Generic[R]):
    """What custom_jvp and custom_vjp share: the function, and its arguments that are not traced."""

    @abstractmethod
    def __call__(self, *args: Any, **kwargs: Any) -> R:
        """Run the function, or stage it with its rules."""

    def __init__(self, fun: Callable[..., R], nondiff_argnums: Sequence[int] = ()) -> None:
        functools.update_wrapper(self, fun)
        self.__name__: str = getattr(fun, "__name__", type(fun).__name__)
        self.fun, self.nondiff_argnums = fun, tuple(nondiff_argnums)
        self.places = parameter_count(fun)
        self.tracing_rules: ContextVar[bool] = ContextVar("tracing_rules", default=False)

    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else functools.partial(self.__call__, instance)

    def rules(
        self,
        make: Callable[[], tuple[Sequence[Jaxpr], list[list[Any]]]],
        body: Jaxpr,
        lead: list[Any],
    ) -> tuple[Jaxpr, Rules, list[Any]]:
        """Trace the rules, or defer them inside themselves: (body, rules, leading values)."""
        if self.tracing_rules.get():

            def later() -> tuple[Sequence[Jaxpr], list[Any]]:
                return share_consts(*self.trace_rules(make))

            return body, Deferred(later), lead
        jaxprs, consts = self.trace_rules(make)
        (body, *rules), shared = share_consts([body, *jaxprs], [lead, *consts])
        return body, tuple(rules), shared

    def trace_rules(
        self, make: Callable[[], tuple[Sequence[Jaxpr], list[list[Any]]]]
    ) -> tuple[Sequence[Jaxpr], list[list[Any]]]:
        token = self.tracing_rules.set(True)
        try:
            return make()
        finally:
            self.tracing_rules.reset(token)

    def positional(self, args: Any, kwargs: Any) -> tuple[Any, ...]:
        """All arguments by position, defaults filled in.

        Raises:
            ArgumentError: an argument has no position.
        """
        if not kwargs and self.places in (None, len(args)):
            return tuple(args)
        bound = inspect.signature(self.fun).bind(*args, **kwargs)
        bound.apply_defaults()
        if lost := sorted(kwargs.keys() & bound.kwargs.keys()):
            raise ArgumentError(
                self.__class__.__name__,
                f"{self.__name__} takes {lost} by keyword only, which the rules cannot be given",
                "Let it take them by position too.",
                where=current_location(),
            )
        return bound.args

    def divide(
        self, fun: Callable[..., Any], args: tuple[Any, ...]
    ) -> tuple[list[Any], list[Any], Callable[..., Any]]:
        """(nondifferentiable, differentiable arguments, `fun` as a function of the latter)."""
        fixed = {k % len(args): args[k] for k in self.nondiff_argnums}
        for x in tree.leaves(list(fixed.values())):
            if isinstance(x, Tracer):
                raise ArgumentError(
                    self.__class__.__name__,
                    "a nondiff argument is a traced value",
                    "Remove it from nondiff_argnums: arrays are passed as ordinary arguments.",
                    where=current_location(),
                )
        moving = [x for k, x in enumerate(args) if k not in fixed]

        def f(*xs: Any) -> Any:
            it = iter(xs)
            return fun(*(fixed[k] if k in fixed else next(it) for k in range(len(args))))

        return list(fixed.values()), moving, f


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

    def defjvp(self, jvp: Callable[..., Any]) -> Callable[..., Any]:
        """Set the rule: (*nondiff, primals, tangents) → (output, output tangent)."""
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
                    "custom_jvp", f"the rule must return (output, tangent), got {result!r:.80}"
                )
            outs, out_structure = tree.flatten(result[0])
            douts, tangent_structure = tree.flatten(result[1])
            if not out_structure == tangent_structure == out_tree:
                raise TreeError(
                    "custom_jvp",
                    f"the function returns {out_tree}, its rule {out_structure} with tangents "
                    f"{tangent_structure}",
                )
            outs = [as_value(x, "custom_jvp") for x in outs]
            for x, a in zip(outs, body.out_avals, strict=True):
                if x.aval.strong is not a.strong:
                    problem = f"the function returns {a}, its rule returns {x.aval}"
                    raise ShapeError("custom_jvp", problem)
            return outs + [
                match_tangent("custom_jvp", d, a)
                for d, a in zip(douts, body.out_avals, strict=True)
                if is_inexact(a.dtype)
            ]

        return stage(flat, [*avals, *(a.strong for a in pick(avals, moving))])


class custom_vjp(CustomFunction[R]):  # a decorator
    """Give a function a reverse-mode derivative of your own.

    Args:
        fun: a function of pytrees of arrays.
        nondiff_argnums: positions of arguments that are not arrays (functions, say).

    >>> import oxmlx as ox
    >>> @ox.custom_vjp
    ... def clip_gradient(x):
    ...     return x
    >>> clip_gradient.defvjp(lambda x: (x, None), lambda _, ct: (ox.numpy.clip(ct, -1, 1),))
    >>> ox.grad(lambda x: 100 * clip_gradient(x))(1.0)
    array(1., dtype=float32)
    """

    fwd: Any = None
    bwd: Any = None

    def defvjp(self, fwd: Callable[..., Any], bwd: Callable[..., Any], **_: Any) -> None:
        """Set the rules: fwd(*args) → (output, residuals); bwd(*nondiff, residuals, ct) → a tuple
        with a cotangent for each differentiable argument, `None` for zero."""
        self.fwd, self.bwd = fwd, bwd

    def __call__(self, *args: Any, **kwargs: Any) -> R:
        if self.fwd is None or self.bwd is None:
            raise GradientError(
                "custom_vjp",
                f"{self.__name__} has no rules",
                "Give it some with f.defvjp(fwd, bwd).",
            )
        every = self.positional(args, kwargs)
        fixed, moving, f = self.divide(self.fun, every)
        if current_trace() is BASE:
            return call_on_values(f, tuple(moving), "custom_vjp")
        forward = self.divide(self.fwd, every)[2]
        leaves, in_tree = tree.flatten(tuple(moving))
        values = [as_value(x, "custom_vjp") for x in leaves]
        avals = avals_of(values)
        body, body_consts, out_tree = stage_flat(f, avals, in_tree, "custom_vjp")

        def make() -> tuple[Sequence[Jaxpr], list[list[Any]]]:
            fwd, fwd_consts, pair = stage_flat(forward, avals, in_tree, "custom_vjp")
            res_tree = check_fwd(fwd, pair, body, out_tree)
            res_avals = fwd.out_avals[len(body.outputs) :]
            bwd, bwd_consts = self.stage_bwd(
                fixed, res_tree, res_avals, out_tree, body.out_avals, in_tree, avals
            )
            return [fwd, bwd], [fwd_consts, bwd_consts]

        whole, rules, consts = self.rules(make, body, body_consts)
        return out_tree.unflatten(bind(CustomVjpCall(whole, rules, len(consts)), *consts, *values))

    def stage_bwd(
        self,
        fixed: list[Any],
        res_tree: Any,
        res_avals: Sequence[Aval],
        out_tree: Any,
        out_avals: Sequence[Aval],
        in_tree: Any,
        in_avals: Sequence[Aval],
    ) -> tuple[Jaxpr, list[Any]]:
        """Trace bwd on (residuals, cotangents) to cotangents of all differentiable leaves."""

        def flat(*xs: Any) -> list[Any]:
            res, cts = xs[: len(res_avals)], xs[len(res_avals) :]
            back = self.bwd(*fixed, res_tree.unflatten(res), out_tree.unflatten(cts))
            return match_cotangents(back, in_tree, in_avals)

        return stage(flat, [*res_avals, *(a.strong for a in out_avals)])


def check_fwd(fwd: Jaxpr, pair: Any, body: Jaxpr, out_tree: Any) -> Any:
    """Refuse a fwd that does not return (output, residuals); the structure of the residuals."""
    parts = tree.treedef_children(pair)
    if len(parts) != 2 or parts[0] != out_tree:
        raise TreeError(
            "custom_vjp", f"fwd must return (output, residuals) with output {out_tree}, got {pair}"
        )
    for have, want in zip(fwd.out_avals, body.out_avals, strict=False):
        if have.strong is not want.strong:
            problem = f"the function returns {want}, its fwd returns {have}"
            raise ShapeError("custom_vjp", problem)
    return parts[1]


def match_cotangents(back: Any, in_tree: Any, in_avals: Sequence[Aval]) -> list[Any]:
    """The cotangents that bwd returned, one for each leaf of the arguments; `None` is zero."""
    args = tree.treedef_children(in_tree)
    if not isinstance(back, (tuple, list)) or len(back) != len(args):
        raise TreeError(
            "custom_vjp",
            f"bwd must return a tuple with a cotangent for each of {len(args)} arguments, "
            f"got {back!r:.80}",
        )
    avals = iter(in_avals)
    out: list[Any] = []
    for k, (ct, arg) in enumerate(zip(back, args, strict=True)):
        mine = [next(avals) for _ in range(arg.num_leaves)]
        if ct is None:
            out += [zeros_like(a.strong) for a in mine]
            continue
        leaves, structure = tree.flatten(ct, is_leaf=lambda x: x is None)
        if len(leaves) != len(mine):
            raise TreeError(
                "custom_vjp", f"argument {k} is {arg}, its cotangent from bwd is {structure}"
            )
        out += [
            zeros_like(a.strong) if c is None else match_tangent("custom_vjp", c, a)
            for c, a in zip(leaves, mine, strict=True)
        ]
    return out


def match_tangent(who: str, t: Any, aval: Aval) -> Any:
    """A tangent or cotangent of the type of its value."""
    if not is_inexact(aval.dtype):
        return zeros_like(aval.strong)
    t = as_value(t, who)
    if t.aval.shape != aval.shape:
        problem = f"a derivative must have the type of its value, {aval}, got {t.aval}"
        raise ShapeError(who, problem, where=current_location())
    return cast(t, aval.dtype)


def float0_zeros(aval: Aval) -> np.ndarray:
    """The tangent of a value that has none, as the API shows it."""
    return np.zeros(aval.shape, float0)
