"""Refusals of oxmlx.config."""

from raise_coverage import Refusal

from oxmlx.config import Config, config
from oxmlx.errors import ArgumentError, ImmutableError


def assign() -> None:
    config.nan = True


REFUSALS = [
    Refusal("assignment", assign, ImmutableError, 'config.update("nan", True)'),
    Refusal(
        "unknown switch",
        lambda: config.update("nans", True),
        ArgumentError,
        "config: there is no switch 'nans'",
    ),
    Refusal(
        "switch of JAX",
        lambda: config.update("jax_debug_nans", True),
        ArgumentError,
        "'jax_debug_nans'\n  JAX's jax_debug_nans is `nan` here.",
    ),
    Refusal(
        "value of another type",
        lambda: config.context(nan=1),
        ArgumentError,
        "config: `nan` got 1\n  It takes True, False.",
    ),
    Refusal(
        "value out of range",
        lambda: config.context(pending_limit=0),
        ArgumentError,
        "config: `pending_limit` got 0\n  It takes an int from 1.",
    ),
    Refusal(
        "environment variable",
        lambda: Config({"OXMLX_TRACEBACK": "long"}),
        ArgumentError,
        "OXMLX_TRACEBACK: got 'long'\n  It takes 'short', 'full'.",
    ),
]
