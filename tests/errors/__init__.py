"""Refusals of oxmlx itself."""

from raise_coverage import Refusal

import oxmlx

REFUSALS = [
    Refusal(
        "unknown name",
        lambda: oxmlx.nupmy,
        AttributeError,
        "module 'oxmlx' has no attribute 'nupmy'",
    ),
]
