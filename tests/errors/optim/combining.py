from raise_coverage import Refusal

from oxmlx import optim
from oxmlx.errors import ArgumentError

PARAMS = {"w": 1.0, "b": 2.0}

REFUSALS = [
    Refusal(
        "a factory that was not called",
        lambda: optim.chain(optim.identity, optim.sgd(0.1)),
        ArgumentError,
        "chain: wanted a GradientTransformation, got <function identity",
    ),
    Refusal(
        "the state of another chain",
        lambda: optim.sgd(0.1).update(1.0, optim.adamw(0.1).init(1.0)),
        ArgumentError,
        "chain: the state must be a tuple of 2, one for each link, got 3\n  Pass what init",
    ),
    Refusal(
        "no state",
        lambda: optim.sgd(0.1).update(1.0, None),
        ArgumentError,
        "chain: the state must be a tuple of 2, one for each link, got NoneType",
    ),
    Refusal(
        "a label without a transformation",
        lambda: optim.partition({"a": optim.sgd(0.1)}, {"w": "a", "b": "c"}).init(PARAMS),
        ArgumentError,
        "partition: the label 'c' at ['b'] has no transformation\n  There are ['a'].",
    ),
]
