"""Gradient accumulation: one update for several gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from oxmlx import tree
from oxmlx.dtypes import promote_types
from oxmlx.errors import ArgumentError
from oxmlx.ops.convert import as_value, cast
from oxmlx.ops.logic import and_, not_
from oxmlx.ops.select import select
from oxmlx.optim.combining import check_transformation
from oxmlx.optim.conditional import update_if
from oxmlx.optim.leaves import cast_like, check_fit, zeros_like
from oxmlx.optim.moments import F32, I32, increment, moment_dtype, zero
from oxmlx.optim.transformation import (
    GradientTransformation,
    Schedule,
    Tree,
    transformation,
)

ShouldSkip = Callable[[Any, Any, Any], tuple[Any, Any]]


class MultiStepsState(NamedTuple):
    """How many gradients were gathered, how many updates made, the inner state, the gradient
    gathered so far, and what the function that may skip returned."""

    mini_step: Any
    gradient_step: Any
    inner_opt_state: Any
    acc_grads: Tree
    skip_state: Any = ()


class MultiSteps:
    """Gather k gradients, then update by their mean: a batch k times as large.

    In between the updates are zeros. It has the `init` and `update` of a `GradientTransformation`.

        ḡ ← ḡ + (g − ḡ) / (n + 1)        for the n-th gradient, n = 0, …, k − 1

    Args:
        opt: the transformation of the mean.
        every_k_schedule: k, or a function from the number of updates so far to it.
        use_grad_mean: take the mean; without it, the sum.
        should_skip_update_fn: (grads, gradient_step, params) to (bool scalar, any record of why):
            a gradient for which it holds counts as never given. See `skip_not_finite`.
        accumulator_dtype: by default that of the parameter, or f32 if that is narrower.

    Raises:
        ArgumentError: `opt` is no transformation, or k no positive number.

    >>> from oxmlx import optim
    >>> tx = optim.MultiSteps(optim.sgd(1.0), every_k_schedule=2)
    >>> state = tx.init(0.0)
    >>> for g in (1.0, 3.0, 10.0, 20.0):
    ...     update, state = tx.update(g, state)
    ...     print(float(update), bool(tx.has_updated(state)))
    0.0 False
    -2.0 True
    0.0 False
    -15.0 True
    """

    def __init__(
        self,
        opt: GradientTransformation,
        every_k_schedule: int | Schedule,
        use_grad_mean: bool = True,
        should_skip_update_fn: ShouldSkip | None = None,
        accumulator_dtype: Any = None,
    ) -> None:
        check_transformation("MultiSteps", opt)
        if not callable(every_k_schedule) and (
            not isinstance(every_k_schedule, int) or every_k_schedule < 1
        ):
            problem = f"k must be a positive int or a function of the count, got {every_k_schedule}"
            raise ArgumentError("MultiSteps", problem)
        self.opt, self.every_k_schedule = opt, every_k_schedule
        self.use_grad_mean, self.should_skip_update_fn = use_grad_mean, should_skip_update_fn
        self.accumulator_dtype = moment_dtype(accumulator_dtype, "MultiSteps")
        self.init, self.update = transformation(
            "MultiSteps", self.start, self.gather, MultiStepsState
        )

    def start(self, params: Tree) -> MultiStepsState:
        """The first state."""
        fixed = self.accumulator_dtype

        def nothing(p: Any) -> Any:
            return zeros_like(p, promote_types(p.dtype, F32) if fixed is None else fixed)

        _, record = self.should_skip(zeros_like(params), zero(), params)
        return MultiStepsState(
            zero(), zero(), self.opt.init(params), tree.map(nothing, params), record
        )

    def gather(
        self, grads: Tree, state: MultiStepsState, params: Tree
    ) -> tuple[Tree, MultiStepsState]:
        """Add a gradient to those gathered; if they are complete, update by them."""
        check_fit("MultiSteps", grads, state.acc_grads, "the gradient", "those gathered")
        skip, record = self.should_skip(grads, state.gradient_step, params)
        k = self.every_k_schedule
        if callable(k):
            k = cast(as_value(k(state.gradient_step), "MultiSteps"), I32)
        n, mean = state.mini_step, self.use_grad_mean
        last = and_(not_(skip), n >= k - 1)

        def add(g: Any, total: Any) -> Any:
            return select(skip, total, total + ((g - total) / (n + 1) if mean else g))

        def keep(before: Any, total: Any) -> Any:
            return cast(select(last, zeros_like(total), total), before.dtype)

        gathered = tree.map(add, grads, state.acc_grads)
        updates, inner = update_if(
            last, self.opt, cast_like(gathered, grads), state.inner_opt_state, params
        )
        return updates, MultiStepsState(
            select(last, zero(), select(skip, n, increment(n))),
            select(last, increment(state.gradient_step), state.gradient_step),
            inner,
            tree.map(keep, state.acc_grads, gathered),
            record,
        )

    def should_skip(self, grads: Tree, step: Any, params: Tree) -> tuple[Any, Any]:
        """Whether to skip a gradient, a bool scalar, and a record of why."""
        if self.should_skip_update_fn is None:
            return zero() > 0, ()
        skip, record = self.should_skip_update_fn(grads, step, params)
        skip = as_value(skip, "should_skip_update_fn")
        if skip.dtype.kind != "b" or skip.ndim:
            problem = f"should_skip_update_fn must return a bool scalar first, got {skip.aval}"
            raise ArgumentError("MultiSteps", problem, "Return (bool scalar, record of why).")
        return skip, record

    def has_updated(self, state: MultiStepsState) -> Any:
        """Whether the update that returned this state was one of the optimizer's."""
        return and_(state.mini_step == 0, state.gradient_step > 0)

    def gradient_transformation(self) -> GradientTransformation:
        """The same, as a pair of functions."""
        return GradientTransformation(self.init, self.update)
