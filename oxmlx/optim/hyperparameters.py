"""Hyperparameters as a part of the state, where they can be read, changed and scheduled."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from oxmlx.api.arguments import flatten_values
from oxmlx.api.boundary import boundary
from oxmlx.dtypes import ScalarType, finfo, is_inexact, promote_types
from oxmlx.errors import ArgumentError
from oxmlx.ir.value import Value
from oxmlx.ops.axes import full
from oxmlx.ops.convert import as_value, cast
from oxmlx.optim.moments import F32, increment, moment_dtype, zero
from oxmlx.optim.transformation import GradientTransformation, Schedule, Tree


class InjectHyperparamsState(NamedTuple):
    """The number of updates, the hyperparameters of the last one, and the inner state."""

    count: Any
    hyperparams: dict[str, Any]
    inner_state: Any


def inject_hyperparams(
    inner_factory: Callable[..., GradientTransformation],
    static_args: str | Iterable[str] = (),
    hyperparam_dtype: Any = None,
) -> Callable[..., GradientTransformation]:
    """Keep the numbers that an optimizer is made with in its state.

    Numbers become arrays in `state.hyperparams`, which a training loop may change between steps;
    a schedule in place of a number is called with the count at each step.

    Args:
        inner_factory: makes the transformation, such as `optim.adam`.
        static_args: names of parameters that stay as they are: functions that are no schedules.
        hyperparam_dtype: the dtype of the numbers; by default that of the parameters, f32 at least.

    Returns:
        A function of the arguments of `inner_factory`.

    Raises:
        ArgumentError: a static argument that the factory does not have.

    >>> from oxmlx import optim
    >>> tx = optim.inject_hyperparams(optim.sgd)(learning_rate=0.5)
    >>> state = tx.init(0.0)
    >>> update, state = tx.update(2.0, state)
    >>> state.hyperparams["learning_rate"] = state.hyperparams["learning_rate"] / 4
    >>> float(update), float(tx.update(2.0, state)[0])
    (-1.0, -0.25)
    """
    who = "inject_hyperparams"
    static = {static_args} if isinstance(static_args, str) else set(static_args)
    signature = inspect.signature(inner_factory)
    if unknown := sorted(static - set(signature.parameters)):
        problem = f"static_args names {unknown}, the parameters are {list(signature.parameters)}"
        raise ArgumentError(who, problem, "Name parameters of the factory.")
    fixed_dtype = moment_dtype(hyperparam_dtype, who)

    @functools.wraps(inner_factory)
    def factory(*args: Any, **kwargs: Any) -> GradientTransformation:
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        schedules: dict[str, Schedule] = {}
        numbers: dict[str, Any] = {}
        others: dict[str, Any] = {}
        for name, x in given.arguments.items():
            if name not in static and is_number(x):
                numbers[name] = x
            elif name not in static and callable(x) and not isinstance(x, (type, ScalarType)):
                schedules[name] = x
            else:
                others[name] = x

        def convert(hyperparams: dict[str, Any], like: Tree) -> dict[str, Any]:
            dtype = widest(who, like) if fixed_dtype is None else fixed_dtype
            return {name: as_hyperparam(who, x, dtype) for name, x in hyperparams.items()}

        def scheduled(count: Any) -> dict[str, Any]:
            return {name: schedule(count) for name, schedule in schedules.items()}

        @boundary
        def init(params: Tree) -> InjectHyperparamsState:
            count = zero()
            hyperparams = convert({**numbers, **scheduled(count)}, params)
            inner = inner_factory(**others, **hyperparams)
            return InjectHyperparamsState(count, hyperparams, inner.init(params))

        @boundary
        def update(
            updates: Tree, state: InjectHyperparamsState, params: Tree = None
        ) -> tuple[Tree, InjectHyperparamsState]:
            hyperparams = convert({**state.hyperparams, **scheduled(state.count)}, updates)
            inner = inner_factory(**others, **hyperparams)
            updates, inner_state = inner.update(updates, state.inner_state, params)
            return updates, InjectHyperparamsState(increment(state.count), hyperparams, inner_state)

        return GradientTransformation(init, update)

    return factory


def as_hyperparam(who: str, x: Any, dtype: np.dtype[Any]) -> Any:
    """An array of `dtype` for a real number, of its own dtype for an integer."""
    if isinstance(x, float):
        return full((), x, dtype)
    value = as_value(x, who)
    return cast(value, dtype) if is_inexact(value.dtype) else value


def is_number(x: Any) -> bool:
    """Is this a number or an array, rather than a switch?"""
    return isinstance(x, (int, float, np.generic, np.ndarray, Value)) and not isinstance(x, bool)


def widest(who: str, params: Tree) -> np.dtype[Any]:
    """The widest real dtype among the parameters, f32 at least."""
    leaves, _ = flatten_values(params, who)
    real = [finfo(x.dtype).dtype for x in leaves if is_inexact(x.dtype)]
    return functools.reduce(promote_types, real, F32)
