"""Locks across `fork`: whatever they protect must be whole in the child, too."""

from __future__ import annotations

import os
from typing import Any, Protocol


class Lock(Protocol):
    """A lock that its owner may take again."""

    def acquire(self) -> Any: ...
    def release(self) -> None: ...


def hold(lock: Lock) -> None:
    """Let no thread fork while another one holds a lock: nobody would release it in the child."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release
        )
