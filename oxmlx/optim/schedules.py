"""Learning rates that depend on the number of updates: functions from a count to a number.

A count is an int, an int32 scalar inside `update`, or an array of counts, to plot the curve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import pi
from typing import Any

from oxmlx.errors import ArgumentError
from oxmlx.ops.convert import as_value
from oxmlx.ops.elementwise import sub
from oxmlx.ops.math import cos, floor
from oxmlx.ops.select import clamp, maximum, minimum, select
from oxmlx.optim.transformation import Scalar, Schedule


def constant_schedule(value: Scalar) -> Schedule:
    """The same value at every step.

    >>> from oxmlx import optim
    >>> optim.constant_schedule(0.1)(7)
    0.1
    """
    return lambda count: value


def polynomial_schedule(
    init_value: Scalar,
    end_value: Scalar,
    power: Scalar,
    transition_steps: int,
    transition_begin: int = 0,
) -> Schedule:
    """From one value to another along a power of the time that is left.

        (init − end) · (1 − t)ᵖ + end,    t = (count − begin) / steps, kept in [0, 1]

    Args:
        init_value, end_value: the values at the ends, which hold before and after.
        power: p.
        transition_steps: how many steps it takes; with 0 the value stays at `init_value`.
        transition_begin: how many steps pass before.

    Raises:
        ArgumentError: a negative number of steps.

    >>> from oxmlx import optim
    >>> curve = optim.polynomial_schedule(1.0, 0.0, power=2, transition_steps=4)
    >>> [float(curve(count)) for count in range(6)]
    [1.0, 0.5625, 0.25, 0.0625, 0.0, 0.0]
    """
    who = "polynomial_schedule"
    check_at_least(who, 0, transition_steps=transition_steps, transition_begin=transition_begin)
    if transition_steps == 0:
        return constant_schedule(init_value)

    def schedule(count: Any) -> Any:
        elapsed = clamp(0, sub(as_value(count, who), transition_begin), transition_steps)
        left = 1 - elapsed / transition_steps
        return (init_value - end_value) * left**power + end_value

    return schedule


def linear_schedule(
    init_value: Scalar, end_value: Scalar, transition_steps: int, transition_begin: int = 0
) -> Schedule:
    """From one value to another in a straight line: `polynomial_schedule` with power 1.

    Raises:
        ArgumentError: a negative number of steps.

    >>> from oxmlx import optim
    >>> line = optim.linear_schedule(0.0, 1.0, transition_steps=4)
    >>> [float(line(count)) for count in range(6)]
    [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]
    """
    return polynomial_schedule(init_value, end_value, 1, transition_steps, transition_begin)


def cosine_decay_schedule(
    init_value: Scalar, decay_steps: int, alpha: Scalar = 0.0, exponent: Scalar = 1.0
) -> Schedule:
    """Down along half a wave of the cosine.

        init · ((1 − α) · (½ + ½ cos πt)ᵖ + α),    t = min(count / steps, 1)

    Loshchilov and Hutter, SGDR: Stochastic gradient descent with warm restarts, 2017.

    Args:
        init_value: the value at count 0.
        decay_steps: how many steps it takes.
        alpha: α, the last value as a fraction of the first.
        exponent: p.

    Raises:
        ArgumentError: `decay_steps` is not positive.

    >>> from oxmlx import optim
    >>> wave = optim.cosine_decay_schedule(0.1, decay_steps=100, alpha=0.01)
    >>> [round(float(wave(count)), 4) for count in (0, 50, 100, 150)]
    [0.1, 0.0505, 0.001, 0.001]
    """
    who = "cosine_decay_schedule"
    check_at_least(who, 1, decay_steps=decay_steps)

    def schedule(count: Any) -> Any:
        elapsed = minimum(as_value(count, who), decay_steps) / decay_steps
        wave = 0.5 + 0.5 * cos(pi * elapsed)
        return init_value * ((1 - alpha) * wave**exponent + alpha)

    return schedule


def exponential_decay(
    init_value: Scalar,
    transition_steps: int,
    decay_rate: Scalar,
    transition_begin: int = 0,
    staircase: bool = False,
    end_value: Scalar | None = None,
) -> Schedule:
    """Multiplied by the same factor every so many steps.

        init · rateᵗ,    t = (count − begin) / steps ≥ 0

    Args:
        init_value: the value at first.
        transition_steps: how many steps one factor takes.
        decay_rate: the factor.
        transition_begin: how many steps pass before.
        staircase: take the factor at once, at the end of these steps: ⌊t⌋ for t.
        end_value: where to stop: a lower bound if the rate is less than 1, else an upper one.

    Raises:
        ArgumentError: `transition_steps` or `decay_rate` is not positive, or `transition_begin`
            is negative.

    >>> from oxmlx import optim
    >>> decay = optim.exponential_decay(8.0, 2, 0.5, staircase=True, end_value=2.0)
    >>> [float(decay(count)) for count in range(8)]
    [8.0, 8.0, 4.0, 4.0, 2.0, 2.0, 2.0, 2.0]
    """
    who = "exponential_decay"
    check_at_least(who, 1, transition_steps=transition_steps)
    check_at_least(who, 0, transition_begin=transition_begin)
    if isinstance(decay_rate, (int, float)) and not decay_rate > 0:
        raise ArgumentError(who, f"decay_rate must be positive, got {decay_rate}")

    def schedule(count: Any) -> Any:
        t = maximum(sub(as_value(count, who), transition_begin), 0) / transition_steps
        value = init_value * decay_rate ** (floor(t) if staircase else t)
        if end_value is None:
            return value
        return (maximum if decay_rate < 1 else minimum)(value, end_value)

    return schedule


def piecewise_constant_schedule(
    init_value: Scalar, boundaries_and_scales: Mapping[int, Scalar] | None = None
) -> Schedule:
    """Steps: from each boundary on, the value is multiplied by its scale.

    Args:
        init_value: the value before the first boundary.
        boundaries_and_scales: from counts to factors.

    Raises:
        ArgumentError: a negative scale.

    >>> from oxmlx import optim
    >>> steps = optim.piecewise_constant_schedule(1.0, {2: 0.5, 4: 0.5})
    >>> [float(steps(count)) for count in range(6)]
    [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    """
    who = "piecewise_constant_schedule"
    steps = sorted((boundaries_and_scales or {}).items())
    for boundary, factor in steps:
        if isinstance(factor, (int, float)) and factor < 0:
            raise ArgumentError(who, f"a scale must not be negative, got {factor} at {boundary}")

    def schedule(count: Any) -> Any:
        count = as_value(count, who)
        value = init_value
        for boundary, factor in steps:
            value = value * select(count < boundary, 1.0, factor)
        return value

    return schedule


def join_schedules(schedules: Sequence[Schedule], boundaries: Sequence[int]) -> Schedule:
    """One schedule after another; each counts from its own beginning.

    Args:
        schedules: n of them.
        boundaries: the n − 1 counts, in order, at which the next one takes over.

    Raises:
        ArgumentError: the numbers do not fit, or the boundaries are not in order.

    >>> from oxmlx import optim
    >>> warm = optim.linear_schedule(0.0, 1.0, 2)
    >>> then = optim.exponential_decay(1.0, 1, 0.5)
    >>> [float(optim.join_schedules([warm, then], [2])(count)) for count in range(6)]
    [0.0, 0.5, 1.0, 0.5, 0.25, 0.125]
    """
    who = "join_schedules"
    if len(schedules) != len(boundaries) + 1:
        problem = f"got {len(schedules)} schedules for {len(boundaries)} boundaries"
        raise ArgumentError(who, problem, "There must be one boundary fewer than schedules.")
    if list(boundaries) != sorted(boundaries):
        raise ArgumentError(
            who, f"boundaries must be in order, got {list(boundaries)}", "Sort them."
        )

    def schedule(count: Any) -> Any:
        count = as_value(count, who)
        value = schedules[0](count)
        for boundary, then in zip(boundaries, schedules[1:], strict=True):
            value = select(count < boundary, value, then(count - boundary))
        return value

    return schedule


def warmup_constant_schedule(init_value: Scalar, peak_value: Scalar, warmup_steps: int) -> Schedule:
    """Up in a straight line, then constant.

    Raises:
        ArgumentError: a negative number of steps.

    >>> from oxmlx import optim
    >>> warm = optim.warmup_constant_schedule(0.0, 1.0, warmup_steps=2)
    >>> [float(warm(count)) for count in range(4)]
    [0.0, 0.5, 1.0, 1.0]
    """
    return linear_schedule(init_value, peak_value, warmup_steps)


def warmup_cosine_decay_schedule(
    init_value: Scalar,
    peak_value: Scalar,
    warmup_steps: int,
    decay_steps: int,
    end_value: Scalar = 0.0,
    exponent: Scalar = 1.0,
) -> Schedule:
    """Up in a straight line, then down along half a wave of the cosine.

    Args:
        init_value, peak_value, end_value: the values at 0, at `warmup_steps`, at `decay_steps`.
        warmup_steps: how many steps go up.
        decay_steps: how many steps it takes in all.
        exponent: the power of the wave, as for `cosine_decay_schedule`.

    Raises:
        ArgumentError: `decay_steps` leaves no step after the warm-up.

    >>> from oxmlx import optim
    >>> curve = optim.warmup_cosine_decay_schedule(0.0, 1.0, warmup_steps=2, decay_steps=6)
    >>> [round(float(curve(count)), 3) for count in range(8)]
    [0.0, 0.5, 1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """
    check_at_least("warmup_cosine_decay_schedule", warmup_steps + 1, decay_steps=decay_steps)
    zero = isinstance(peak_value, (int, float)) and peak_value == 0
    alpha = 0.0 if zero else end_value / peak_value
    up = linear_schedule(init_value, peak_value, warmup_steps)
    down = cosine_decay_schedule(peak_value, decay_steps - warmup_steps, alpha, exponent)
    return join_schedules([up, down], [warmup_steps])


def warmup_exponential_decay_schedule(
    init_value: Scalar,
    peak_value: Scalar,
    warmup_steps: int,
    transition_steps: int,
    decay_rate: Scalar,
    transition_begin: int = 0,
    staircase: bool = False,
    end_value: Scalar | None = None,
) -> Schedule:
    """Up in a straight line, then down exponentially.

    Args:
        init_value, peak_value: the values at 0 and at `warmup_steps`.
        warmup_steps: how many steps go up.
        transition_steps, decay_rate, transition_begin, staircase, end_value: of the way down, as
            for `exponential_decay`.

    Raises:
        ArgumentError: a number of steps or a rate that `exponential_decay` refuses.

    >>> from oxmlx import optim
    >>> curve = optim.warmup_exponential_decay_schedule(0.0, 1.0, 2, 1, 0.5)
    >>> [float(curve(count)) for count in range(6)]
    [0.0, 0.5, 1.0, 0.5, 0.25, 0.125]
    """
    up = linear_schedule(init_value, peak_value, warmup_steps)
    down = exponential_decay(
        peak_value, transition_steps, decay_rate, transition_begin, staircase, end_value
    )
    return join_schedules([up, down], [warmup_steps])


def check_at_least(who: str, least: int, **steps: int) -> None:
    """Refuse too few steps.

    Raises:
        ArgumentError: the text names the argument.
    """
    for name, n in steps.items():
        if n < least:
            raise ArgumentError(who, f"{name} must be at least {least}, got {n}")
