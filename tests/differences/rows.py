"""The register that the other files fill."""

from __future__ import annotations

from collections.abc import Callable

ROWS: dict[str, Callable[[], None]] = {}
"""From topics to checks."""


def row(topic: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register the check of a topic."""

    def register(check: Callable[[], None]) -> Callable[[], None]:
        assert topic not in ROWS, topic
        ROWS[topic] = check
        return check

    return register
