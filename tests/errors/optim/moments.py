from raise_coverage import Refusal

from oxmlx import optim
from oxmlx.errors import ArgumentError, DtypeError

REFUSALS = [
    Refusal(
        "a decay above one",
        lambda: optim.adam(0.1, b1=9.0),
        ArgumentError,
        "scale_by_adam: b1 must lie between 0 and 1, got 9.0",
    ),
    Refusal(
        "a decay below zero",
        lambda: optim.sgd(0.1, momentum=-0.1),
        ArgumentError,
        "trace: decay must lie between 0 and 1, got -0.1",
    ),
    Refusal(
        "a decay that is no number",
        lambda: optim.rmsprop(0.1, decay="0.9"),
        ArgumentError,
        "scale_by_rms: decay must lie between 0 and 1, got '0.9'",
    ),
    Refusal(
        "a moment of no dtype",
        lambda: optim.lion(0.1, mu_dtype="float31"),
        DtypeError,
        "scale_by_lion: 'float31' is no dtype of oxmlx",
    ),
]
