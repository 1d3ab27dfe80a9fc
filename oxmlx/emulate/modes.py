"""How kernels are run: in which order, checked or not, with how many threads."""

from __future__ import annotations

from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from oxmlx.emulate.clang import Build
from oxmlx.emulate.noted import check
from oxmlx.errors import ArgumentError

Order = Literal["ascending", "descending", "random"]


@dataclass(frozen=True, slots=True)
class Mode:
    """How the emulator runs a kernel; it is that of the moment when the function is called.

    Args:
        order: of groups, and of threads in a group.
        seed: of the random order.
        instrumented: check every access: races, bounds, threadgroup memory that was never written.
        fast_math: assume that there is no NaN, infinity or sign of zero, as Metal does.
        lazy: run a queued call when its handle dies, not before.
        threads_limit: threads in a threadgroup, where the kernel does not bound them lower.
        groups: run no more threadgroups than this, so that a kernel must loop over its rows.
        watchdog: seconds until a kernel counts as endless.

    >>> Mode(order="random", seed=7).instrumented
    False
    """

    order: Order = "ascending"
    seed: int = 0
    instrumented: bool = False
    fast_math: bool = False
    lazy: bool = False
    threads_limit: int = 1024
    groups: int | None = None
    watchdog: float = 60.0

    @property
    def build(self) -> Build:
        """How it wants texts compiled."""
        return Build(self.instrumented, self.fast_math)

    def __post_init__(self) -> None:
        for wrong, name, wanted in (
            (self.order not in get_args(Order), "order", f"one of {', '.join(get_args(Order))}"),
            (not 0 <= self.seed < 2**32, "seed", "an unsigned int of 32 bits"),
            (not 32 <= self.threads_limit <= 1024, "threads_limit", "32 to 1024"),
            (self.groups is not None and self.groups < 1, "groups", "at least 1, or None"),
            (self.watchdog <= 0, "watchdog", "seconds"),
        ):
            if wrong:
                raise ArgumentError(
                    "emulate.mode", f"`{name}` got {getattr(self, name)!r}", f"It takes {wanted}."
                )


_default = Mode()
_mode: ContextVar[Mode] = ContextVar("mode")


def current_mode() -> Mode:
    """The mode that a call would run in now.

    >>> current_mode().order
    'ascending'
    """
    return _mode.get(_default)


class Override(AbstractContextManager[Mode]):
    """Another mode inside a `with` block, for this thread or asyncio task only."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode

    def __enter__(self) -> Mode:
        self.token = _mode.set(self.mode)
        return self.mode

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        _mode.reset(self.token)
        if kind is None:
            check()


def mode(**changes: Any) -> Override:
    """Run what is called inside a `with` block in another mode; what is not named stays as it is.

    A function is compiled for a mode when it is first called in it. At the end of the block, the
    first error of queued runs that are over is raised.

    Args:
        **changes: fields of `Mode`.

    Raises:
        ArgumentError: a field does not take that value, or there is none of that name.

    >>> with mode(order="random", seed=3):
    ...     current_mode().order
    'random'
    """
    known = [f.name for f in fields(Mode)]
    if unknown := [name for name in changes if name not in known]:
        raise ArgumentError(
            "emulate.mode", f"there is no field `{unknown[0]}`", f"Fields: {', '.join(known)}."
        )
    return Override(replace(current_mode(), **changes))
