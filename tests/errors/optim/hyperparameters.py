from raise_coverage import Refusal

from oxmlx import optim
from oxmlx.errors import ArgumentError

REFUSALS = [
    Refusal(
        "a static argument that is none",
        lambda: optim.inject_hyperparams(optim.adagrad, static_args=["mask"]),
        ArgumentError,
        "inject_hyperparams: static_args names ['mask'], the parameters are ['learning_rate', ",
    ),
]
