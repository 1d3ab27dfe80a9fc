"""Refusals of oxmlx.emulate.modes."""

from raise_coverage import Refusal

from oxmlx.emulate import mode
from oxmlx.errors import ArgumentError

REFUSALS = [
    Refusal(
        "no such order",
        lambda: mode(order="sideways"),
        ArgumentError,
        "`order` got 'sideways'\n  It takes one of ascending, descending, random.",
    ),
    Refusal(
        "no such field",
        lambda: mode(orders="random"),
        ArgumentError,
        "there is no field `orders`\n  Fields: order, seed, instrumented",
    ),
]
