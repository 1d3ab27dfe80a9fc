from raise_coverage import Refusal

from oxmlx import optim
from oxmlx.errors import ArgumentError

REFUSALS = [
    Refusal(
        "weight decay without parameters",
        lambda: optim.adamw(0.1).update(1.0, optim.adamw(0.1).init(1.0)),
        ArgumentError,
        "add_decayed_weights: weight decay needs the parameters, got None\n"
        "  Call update(grads, state, params).",
    ),
    Refusal(
        "a weight decay of another kind",
        lambda: optim.lion(0.1, weight_decay=None),
        ArgumentError,
        "add_decayed_weights: the weight decay must be a number or a rank-0 array, or a schedule",
    ),
]
