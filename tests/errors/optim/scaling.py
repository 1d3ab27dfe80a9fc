import numpy as np
from raise_coverage import Refusal

from oxmlx import optim
from oxmlx.errors import ArgumentError, ShapeError

REFUSALS = [
    Refusal(
        "a learning rate of another kind",
        lambda: optim.adam("0.001"),
        ArgumentError,
        "scale_by_learning_rate: the learning rate must be a number or a rank-0 array, "
        "or a schedule, got '0.001'",
    ),
    Refusal(
        "no learning rate",
        lambda: optim.sgd(None),
        ArgumentError,
        "the learning rate must be a number or a rank-0 array, or a schedule, got None",
    ),
    Refusal(
        "a bool for a learning rate",
        lambda: optim.sgd(True),
        ArgumentError,
        "got True",
    ),
    Refusal(
        "several learning rates",
        lambda: optim.sgd(np.array([0.1, 0.2])),
        ShapeError,
        "the learning rate must be a scalar, got one of shape (2,)\n  Use ox.vmap",
    ),
    Refusal(
        "a schedule that is a number",
        lambda: optim.scale_by_schedule(0.1),
        ArgumentError,
        "scale_by_schedule: a schedule is a function of the count, got 0.1",
    ),
    Refusal(
        "a schedule that returns nothing",
        lambda: optim.scale_by_schedule(lambda count: None).update(
            1.0, optim.scale_by_schedule(lambda count: None).init(1.0)
        ),
        ArgumentError,
        "scale_by_schedule: what the schedule returns must be a number or a rank-0 array, got None",
    ),
]
