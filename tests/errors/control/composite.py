"""Refusals of oxmlx.control.composite."""

from typing import Any

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.control.composite import composite
from oxmlx.errors import StaticValueError


@composite("moved")
def moved(x: Any, *, by: Any) -> Any:
    return x


REFUSALS = [
    Refusal(
        "a keyword that cannot be hashed",
        lambda: ox.make_jaxpr(lambda x: moved(x, by=[1]))(1.0),
        StaticValueError,
        "keyword arguments are static and must be hashable, got {'by': [1]}",
    ),
]
