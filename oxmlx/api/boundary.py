"""The edge between the user's program and ours: errors cross it without our frames."""

from __future__ import annotations

import contextlib
import functools
import re
import sys
from collections.abc import Callable, Collection
from types import FunctionType, ModuleType, TracebackType
from typing import Any, TypeVar

from oxmlx.config import config
from oxmlx.errors import ArgumentError, OxmlxError
from oxmlx.source import Location, is_internal

F = TypeVar("F", bound=Callable[..., Any])


def boundary(f: F) -> F:
    """A function whose errors show the user's frames only, and so do those that come from the
    user's own functions; `OXMLX_TRACEBACK=full` shows all.

    An error of Python's that no code of the user's has raised is one of the arguments, which nobody
    has refused by name: it becomes an `ArgumentError`.

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
                shorten(e)
                if RAISE_RESTORES:
                    raise e
            raise
        except Exception as e:
            if config.traceback == "full":
                raise
            shorten_foreign(e)
            if e.__traceback__ is not None or not is_unrefused(f, e):
                if RAISE_RESTORES:
                    raise e
                raise
            try:
                raise unrefused(f, args, kwargs, e) from e
            except ArgumentError as refusal:
                refusal.__traceback__ = None
                raise

    return guarded  # pyright: ignore[reportReturnType]


RAISE_RESTORES = sys.version_info < (3, 11)
"""Whether a bare `raise` brings back the frames that were cut, so that one of ours must show."""
CALL = re.compile(r"\S+\(\) (missing|takes|got (an unexpected|multiple|some)) ")
"""How Python says that a call, of our function or through `jit` of the user's, was wrong."""
UNREFUSED = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, AssertionError)


def shorten_foreign(e: Exception) -> None:
    """`shorten` for an error that we did not raise; an error that the user's handler is about, its
    context, is the user's."""
    e.__traceback__ = users(e.__traceback__)


def is_unrefused(f: Callable[..., Any], e: Exception) -> bool:
    """Does an error without a frame of the user's come from the arguments of a named function? The
    errors of operators and other special methods mean something to Python."""
    special = f.__name__.startswith("_") and f.__name__ not in ("__init__", "__call__")
    return isinstance(e, UNREFUSED) and not special and CALL.match(str(e)) is None


def unrefused(f: Callable[..., Any], args: Any, kwargs: Any, e: Exception) -> ArgumentError:
    """The error for arguments that a function does not take."""
    name = f.__name__
    if name in ("__init__", "__call__"):
        name, args = type(args[0]).__name__, args[1:]
    given = [type(x).__name__ for x in args]
    given += [f"{key}={type(x).__name__}" for key, x in kwargs.items()]
    return ArgumentError(
        name,
        f"does not take ({', '.join(given)}): {type(e).__name__}: {e}",
        "See its docstring; OXMLX_TRACEBACK=full shows where it failed.",
    )


def shorten(e: BaseException) -> None:
    """Cut our frames out of the tracebacks of an error and of those that led to it."""
    seen: list[BaseException | None] = [None]
    rest: list[BaseException | None] = [e]
    while rest:
        error = rest.pop()
        if error is not None and error not in seen:
            error.__traceback__ = users(error.__traceback__)
            seen.append(error)
            rest += [error.__cause__, error.__context__]


def users(tb: TracebackType | None) -> TracebackType | None:
    """The frames of a traceback that are neither ours nor those of a `with` statement."""
    frames: list[TracebackType] = []
    while tb is not None:
        code = tb.tb_frame.f_code
        if not is_internal(code) and code.co_filename != contextlib.__file__:
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
BOUNDARIES: dict[FunctionType, FunctionType] = {}  # of the functions that have a name of their own


def guard(module: str, hot: Collection[str] = ()) -> None:
    """Make every public function of a module a boundary, but for the hot ones, which run before any
    call of a compiled function: a frame more would cost more than it hides."""
    namespace = sys.modules[module]
    for name in getattr(namespace, "__all__", own_functions(namespace)):
        f = vars(namespace).get(name)  # what is not loaded yet guards itself when it is
        if isinstance(f, FunctionType) and f.__code__ is not GUARDED and f.__name__ not in hot:
            setattr(namespace, name, boundary_of(f))


def boundary_of(f: FunctionType) -> FunctionType:
    """The boundary of a named function: one object under all of its public names.

    A default argument is read before a module is guarded: a function that one names is decorated
    with `boundary` where it is defined.
    """
    if f not in BOUNDARIES:
        BOUNDARIES[f] = boundary(f)
        home = sys.modules[f.__module__]
        if getattr(home, f.__name__, None) is f:  # where pickle looks for it
            setattr(home, f.__name__, BOUNDARIES[f])
    return BOUNDARIES[f]


def own_functions(namespace: ModuleType) -> list[str]:
    """The public functions that a module defines."""
    every = vars(namespace).items()
    return [
        n for n, f in every if n[0] != "_" and getattr(f, "__module__", "") == namespace.__name__
    ]


def guard_methods(cls: type) -> None:
    """Make the functions in a class boundaries, installed ones too."""
    for name, f in list(vars(cls).items()):
        if isinstance(f, FunctionType) and f.__code__ is not GUARDED:
            setattr(cls, name, boundary(f))
