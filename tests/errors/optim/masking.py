from raise_coverage import Refusal

from oxmlx import optim
from oxmlx.errors import ArgumentError, TreeError

PARAMS = {"w": 1.0, "b": 2.0}

REFUSALS = [
    Refusal(
        "a mask of numbers",
        lambda: optim.masked(optim.sgd(0.1), {"w": 1, "b": False}).init(PARAMS),
        ArgumentError,
        "masked: a mask has bools for leaves, got 1 at ['w']",
    ),
    Refusal(
        "a mask of another structure",
        lambda: optim.masked(optim.sgd(0.1), {"w": True}).init(PARAMS),
        TreeError,
        "masked: trees differ at the root: the parameters alone has the keys ['b']",
    ),
]
