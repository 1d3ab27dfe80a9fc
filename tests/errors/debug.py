"""Refusals of oxmlx.debug."""

from raise_coverage import Refusal

from oxmlx import debug
from oxmlx.errors import ArgumentError

REFUSALS = [
    Refusal(
        "no function",
        lambda: debug.callback(3, 4),  # type: ignore[arg-type]
        ArgumentError,
        "debug.callback: needs a function, got int",
    ),
    Refusal(
        "f-string",
        lambda: debug.print("x is 3", 3, x=3),
        ArgumentError,
        "debug.print: 'x is 3' does not go with 1 arguments and names ['x']: it does not use "
        "[0, 'x']\n  It formats later, as fmt.format(*args, **kwargs): pass values",
    ),
    Refusal(
        "missing name",
        lambda: debug.print("{x}", y=3),
        ArgumentError,
        "debug.print: '{x}' does not go with 0 arguments and names ['y']: 'x'",
    ),
    Refusal(
        "missing argument",
        lambda: debug.print("{} {}", 3),
        ArgumentError,
        "debug.print: '{} {}' does not go with 1 arguments and names []",
    ),
    Refusal(
        "format that is none",
        lambda: debug.print("{", 3),
        ArgumentError,
        "debug.print: '{' does not go with 1 arguments",
    ),
]
