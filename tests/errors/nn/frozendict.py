"""Refusals of oxmlx.nn.frozendict."""

from raise_coverage import Refusal

from oxmlx.errors import ImmutableError
from oxmlx.nn.frozendict import FrozenDict

REFUSALS = [
    Refusal(
        "a new item",
        lambda: FrozenDict(a=1).__setitem__("b", 2),
        ImmutableError,
        "the dict of a module cannot be changed\n  Make another module",
    ),
]
