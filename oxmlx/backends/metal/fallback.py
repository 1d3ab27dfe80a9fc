"""Work that stays on the host for want of a kernel: allowed, or refused as `fallback` says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oxmlx.backends.runner import Launchable
from oxmlx.config import config
from oxmlx.errors import FallbackError


def allow(what: object, why: str) -> None:
    """Go on if the host may do it.

    Raises:
        FallbackError: it may not.
    """
    if config.fallback == "error":
        raise FallbackError(
            "metal",
            f"`{what}` would run on the host: {why}",
            'Set `fallback` to "host" to allow it, or choose another dtype or device.',
        )


def careful(run: Launchable, what: object, why: str) -> Launchable:
    """What the host does, refused when it may not: the switch may change between two calls."""

    def allowed(args: Sequence[Any]) -> list[Any]:
        allow(what, why)
        return run(args)

    return allowed
