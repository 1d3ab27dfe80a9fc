from raise_coverage import Refusal

from oxmlx import optim
from oxmlx.errors import ArgumentError

REFUSALS = [
    Refusal(
        "no gradients to gather",
        lambda: optim.MultiSteps(optim.sgd(0.1), 0),
        ArgumentError,
        "MultiSteps: k must be a positive int or a function of the count, got 0",
    ),
    Refusal(
        "a fraction of a gradient",
        lambda: optim.MultiSteps(optim.sgd(0.1), 2.5),
        ArgumentError,
        "k must be a positive int or a function of the count, got 2.5",
    ),
    Refusal(
        "a number for whether to skip",
        lambda: optim.MultiSteps(
            optim.sgd(0.1), 2, should_skip_update_fn=lambda g, n, p: (0.0, ())
        ).init(1.0),
        ArgumentError,
        "MultiSteps: should_skip_update_fn must return a bool scalar first, got f32[]",
    ),
]
