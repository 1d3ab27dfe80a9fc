from raise_coverage import Refusal

from oxmlx import optim
from oxmlx.errors import ArgumentError

LINE = optim.linear_schedule(0.0, 1.0, 5)

REFUSALS = [
    Refusal(
        "a negative number of steps",
        lambda: optim.linear_schedule(0.0, 1.0, -5),
        ArgumentError,
        "polynomial_schedule: transition_steps must be at least 0, got -5",
    ),
    Refusal(
        "a negative beginning",
        lambda: optim.exponential_decay(1.0, 5, 0.5, transition_begin=-1),
        ArgumentError,
        "exponential_decay: transition_begin must be at least 0, got -1",
    ),
    Refusal(
        "a wave of no steps",
        lambda: optim.cosine_decay_schedule(1.0, 0),
        ArgumentError,
        "cosine_decay_schedule: decay_steps must be at least 1, got 0",
    ),
    Refusal(
        "a warm-up as long as the schedule",
        lambda: optim.warmup_cosine_decay_schedule(0.0, 1.0, 100, 100),
        ArgumentError,
        "warmup_cosine_decay_schedule: decay_steps must be at least 101, got 100",
    ),
    Refusal(
        "a rate of zero",
        lambda: optim.exponential_decay(1.0, 5, 0.0),
        ArgumentError,
        "exponential_decay: decay_rate must be positive, got 0.0",
    ),
    Refusal(
        "a negative scale",
        lambda: optim.piecewise_constant_schedule(1.0, {10: 0.5, 20: -0.5}),
        ArgumentError,
        "piecewise_constant_schedule: a scale must not be negative, got -0.5 at 20",
    ),
    Refusal(
        "as many boundaries as schedules",
        lambda: optim.join_schedules([LINE, LINE], [5, 10]),
        ArgumentError,
        "join_schedules: got 2 schedules for 2 boundaries\n  There must be one boundary fewer",
    ),
    Refusal(
        "boundaries out of order",
        lambda: optim.join_schedules([LINE, LINE, LINE], [10, 5]),
        ArgumentError,
        "join_schedules: boundaries must be in order, got [10, 5]",
    ),
]
