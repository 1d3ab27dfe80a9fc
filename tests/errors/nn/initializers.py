"""Refusals of oxmlx.nn.initializers."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, DtypeError
from oxmlx.nn import initializers

KEY = ox.random.key(0)

REFUSALS = [
    Refusal(
        "one axis",
        lambda: initializers.he_normal()(KEY, (3,)),
        ArgumentError,
        "fan-in and fan-out need a shape with two axes or more, got (3,)",
    ),
    Refusal(
        "an integer dtype",
        lambda: initializers.normal()(KEY, (3,), "int32"),
        DtypeError,
        "random initial values need a floating dtype, got int32",
    ),
    Refusal(
        "mode",
        lambda: initializers.variance_scaling(1.0, "fan", "normal"),
        ArgumentError,
        "got mode 'fan' and distribution 'normal'",
    ),
]
