"""Refusals of oxmlx.emulate.lint."""

from raise_coverage import Refusal

from oxmlx.emulate import TextError
from oxmlx.emulate.lint import check_text

REFUSALS = [
    Refusal(
        "double",
        lambda: check_text("\nkernel void f(device double* x [[buffer(0)]]) {}"),
        TextError,
        "Metal text: program_source:2: error: `double`: MSL has no double",
    ),
]
