"""Locks across `fork`: whatever they protect must be whole in the child, too."""

from __future__ import annotations

import os
from typing import Any, Protocol


class Lock(Protocol):
    """A lock that its owner may take again."""

    def acquire(self) -> Any: ...
    def release(self) -> None: ...


EVALUATION, COMPILATION, WORK, TABLES = range(4)
"""Whoever holds a lock takes those of later levels only."""

_held: list[tuple[int, Lock]] = []


def hold(lock: Lock, level: int) -> None:
    """Let no thread fork while another one holds a lock: nobody would release it in the child."""
    _held.append((level, lock))
    _held.sort(key=lambda pair: pair[0])


def acquire() -> None:
    """Wait until nobody else holds any."""
    for _, lock in _held:
        lock.acquire()


def release() -> None:
    """The fork is over."""
    for _, lock in reversed(_held):
        lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=acquire, after_in_parent=release, after_in_child=release)
