"""The extents that a layer is made with."""

from __future__ import annotations

from typing import Any

from oxmlx.errors import ArgumentError
from oxmlx.numpy.arguments import static_int


def check_extents(who: str, **extents: Any) -> None:
    """Refuse extents that no array has; an axis without elements is one that arrays have.

    Raises:
        ArgumentError: one is negative, or no integer.
    """
    for name, n in extents.items():
        if static_int(who, name, n) < 0:
            problem = f"{name} must not be negative, got {n}"
            raise ArgumentError(who, problem, "It is the length of an axis.")
