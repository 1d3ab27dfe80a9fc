"""Refuse at once what cannot be called: the mistake is where the function is given."""

from __future__ import annotations

from typing import Any

from oxmlx.errors import ArgumentError


def check_callable(who: str, fun: Any) -> None:
    """Refuse what is no function.

    Raises:
        ArgumentError: it cannot be called.
    """
    if not callable(fun):
        problem = f"needs a function, got {type(fun).__name__}"
        raise ArgumentError(who, problem, "Pass the function itself: f, not its result f(x).")
