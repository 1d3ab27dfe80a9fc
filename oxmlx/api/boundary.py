"""The edge between the user's program and ours: errors cross it without our frames."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import FunctionType, TracebackType
from typing import Any, TypeVar

from oxmlx.config import config
from oxmlx.errors import OxmlxError
from oxmlx.source import Location, is_internal

F = TypeVar("F", bound=Callable[..., Any])


def boundary(f: F) -> F:
    """A function whose errors show the user's frames only; `OXMLX_TRACEBACK=full` shows all.

    A bare `raise` keeps the traceback that the error carries and adds no frame of its own, so the
    frames that are cut here stay cut.
    """

    @functools.wraps(f)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return f(*args, **kwargs)
        except OxmlxError as e:
            mine = users(e.__traceback__)
            if e.where is None and mine is not None:
                e.where = innermost(mine)
            if config.traceback == "short":
                e.__traceback__ = mine
            raise

    return guarded  # pyright: ignore[reportReturnType]


def users(tb: TracebackType | None) -> TracebackType | None:
    """The frames of a traceback that are not ours."""
    frames: list[TracebackType] = []
    while tb is not None:
        if not is_internal(tb.tb_frame.f_code):
            frames.append(tb)
        tb = tb.tb_next
    chain: TracebackType | None = None
    for frame in reversed(frames):
        chain = TracebackType(chain, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return chain


def innermost(tb: TracebackType) -> Location:
    """Where the last frame of a traceback stands."""
    while tb.tb_next is not None:
        tb = tb.tb_next
    return Location(tb.tb_frame.f_code, tb.tb_lasti)


GUARDED = boundary(lambda: None).__code__


def guard(module: str) -> None:
    """Make every public function of a module a boundary."""
    namespace = sys.modules[module]
    for name in namespace.__all__:
        f = getattr(namespace, name)
        if isinstance(f, FunctionType):
            guarded = boundary(f)
            guarded.__module__ = module  # where pickle finds it
            setattr(namespace, name, guarded)


def guard_methods(cls: type) -> None:
    """Make the operators and methods that were installed on a class boundaries."""
    for name, f in list(vars(cls).items()):
        if isinstance(f, FunctionType) and not is_own(cls, f) and f.__code__ is not GUARDED:
            setattr(cls, name, boundary(f))


def is_own(cls: type, f: FunctionType) -> bool:
    """Whether a function was written in the class itself."""
    return f.__qualname__.startswith(f"{cls.__name__}.")
