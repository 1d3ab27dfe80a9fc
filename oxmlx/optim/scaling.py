"""Transformations that scale the updates by a learning rate."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from oxmlx import tree
from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.ir.value import Value
from oxmlx.ops.convert import as_value, cast
from oxmlx.ops.elementwise import mul
from oxmlx.optim.moments import increment, zero
from oxmlx.optim.transformation import (
    GradientTransformation,
    Scalar,
    Schedule,
    Tree,
    stateless,
    transformation,
)


class ScaleByScheduleState(NamedTuple):
    """The number of updates."""

    count: Any


def scale(step_size: Scalar) -> GradientTransformation:
    """Multiply the updates by a number.

    Args:
        step_size: a number or a rank-0 array.

    Raises:
        ArgumentError: it is neither.
        ShapeError: it is an array of higher rank.

    >>> from oxmlx import optim
    >>> tx = optim.scale(0.5)
    >>> float(tx.update(3.0, tx.init(0.0))[0])
    1.5
    """
    check_scalar("scale", "the step size", step_size)
    return stateless(lambda updates, params: tree.map(lambda g: step_size * g, updates), "scale")


def scale_by_schedule(step_size_fn: Schedule) -> GradientTransformation:
    """Multiply the updates by a number that depends on how many there were.

    Args:
        step_size_fn: from the count, an int32 scalar that begins at 0, to a number.

    Raises:
        ArgumentError: the schedule cannot be called, or does not return a number.
        ShapeError: it returns an array of higher rank.

    >>> from oxmlx import optim
    >>> tx = optim.scale_by_schedule(optim.linear_schedule(1.0, 0.0, 4))
    >>> state = tx.init(0.0)
    >>> for _ in range(3):
    ...     update, state = tx.update(8.0, state)
    ...     print(float(update))
    8.0
    6.0
    4.0
    """
    return scheduled("scale_by_schedule", step_size_fn, 1)


def scheduled(who: str, schedule: Schedule, sign: int) -> GradientTransformation:
    """Multiply the updates by sign · schedule(count)."""
    if not callable(schedule):
        problem = f"a schedule is a function of the count, got {schedule!r}"
        raise ArgumentError(who, problem, "Use optim.scale for a number.")

    def init(params: Tree) -> ScaleByScheduleState:
        return ScaleByScheduleState(zero())

    def update(
        updates: Tree, state: ScaleByScheduleState, params: Tree
    ) -> tuple[Tree, ScaleByScheduleState]:
        size = schedule(state.count)
        check_scalar(who, "what the schedule returns", size)
        step = mul(sign, as_value(size, who))
        scaled = tree.map(lambda g: cast(step, g.dtype) * g, updates)
        return scaled, ScaleByScheduleState(increment(state.count))

    return transformation(who, init, update, ScaleByScheduleState)


def scale_by_learning_rate(
    learning_rate: Scalar | Schedule, *, flip_sign: bool = True
) -> GradientTransformation:
    """Multiply the updates by minus the learning rate: the last link of an optimizer.

    Args:
        learning_rate: a number, a rank-0 array (a traced one too), or a schedule.
        flip_sign: descend; without it, ascend.

    Raises:
        ArgumentError: the learning rate is none of these.
        ShapeError: it is an array of higher rank.

    >>> from oxmlx import optim
    >>> tx = optim.scale_by_learning_rate(0.5)
    >>> float(tx.update(3.0, tx.init(0.0))[0])
    -1.5
    """
    who, sign = "scale_by_learning_rate", -1 if flip_sign else 1
    if callable(learning_rate):
        return scheduled(who, learning_rate, sign)
    check_scalar(who, "the learning rate", learning_rate, ", or a schedule")
    return scale(sign * learning_rate)


def check_scalar(who: str, what: str, x: Any, otherwise: str = "") -> None:
    """Refuse what is neither a number nor a rank-0 array.

    Raises:
        ArgumentError: it is not a number.
        ShapeError: it is an array of higher rank.
    """
    number = isinstance(x, (int, float, complex, np.generic, np.ndarray, Value))
    if not number or isinstance(x, bool):
        problem = f"{what} must be a number or a rank-0 array{otherwise}, got {x!r}"
        raise ArgumentError(who, problem)
    if shape := np.shape(x):
        problem = f"{what} must be a scalar, got one of shape {shape}"
        raise ShapeError(who, problem, "Use ox.vmap to try several at once.")
