"""Refusals of oxmlx.backends.metal.texts."""

from raise_coverage import Refusal

from oxmlx.backends.metal.texts import kernel_text
from oxmlx.errors import ArgumentError

REFUSALS = [
    Refusal(
        "unknown kernel",
        lambda: kernel_text("sotfmax"),
        ArgumentError,
        "kernel_text: there is no kernel `sotfmax` in ",
    ),
]
