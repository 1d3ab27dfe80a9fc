"""What functions with derivatives of their own share: `custom_jvp` and `custom_vjp`.

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

from oxmlx import tree
from oxmlx.control.callables import check_callable
from oxmlx.control.program import Program, share_consts
from oxmlx.dtypes import is_complex, is_inexact
from oxmlx.errors import ArgumentError, DtypeError, GradientError, ShapeError
from oxmlx.ir.aval import Aval
from oxmlx.ir.evaluate import evaluate_jaxpr
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.stage import eval_jaxpr
from oxmlx.ir.trace import bind, interpret
from oxmlx.ir.value import Tracer
from oxmlx.ops.axes import zeros_like
from oxmlx.ops.convert import as_value, cast
from oxmlx.source import current_location
from oxmlx.transforms.linearize import PartialEvalTrace
from oxmlx.transforms.vmap import MappedAxis, to_front, vmap_body

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

    def inline(self) -> Jaxpr | None:
        return self.body

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


def refuse_moving_consts(who: str, tangents: Sequence[Any]) -> None:
    """A closed-over value that is differentiated has no place in the user's rule."""
    if any(t is not None for t in tangents):
        raise GradientError(
            who,
            "the function closes over a value that is being differentiated",
            "Pass the value as an argument, so that the rule can say its derivative.",
            where=current_location(),
        )


def refuse_symbolic_zeros(who: str, wanted: bool) -> None:
    """Rules are traced once, before it is known what will be differentiated."""
    if wanted:
        raise ArgumentError(
            who,
            "rules are given zeros as arrays, got symbolic_zeros=True",
            "Leave it out, and let the rules take arrays.",
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
        check_callable(type(self).__name__, fun)
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


def match_tangent(who: str, t: Any, aval: Aval) -> Any:
    """A tangent or cotangent of the type of its value."""
    if not is_inexact(aval.dtype):
        return zeros_like(aval.strong)
    t = as_value(t, who)
    if t.aval.shape != aval.shape:
        problem = f"a derivative must have the type of its value, {aval}, got {t.aval}"
        raise ShapeError(
            who, problem, "Sum or broadcast it to the shape of the value.", where=current_location()
        )
    if is_complex(t.aval.dtype) and not is_complex(aval.dtype):
        problem = f"a derivative must have the type of its value, {aval}, got {t.aval}"
        raise DtypeError(who, problem, "Take its real part in the rule.", where=current_location())
    return cast(t, aval.dtype)
