"""Where in the user's program are we: a code object and an instruction, never a frame.

A frame would keep the user's arrays alive; `(code, lasti)` costs two references.
"""

from __future__ import annotations

import os
import sys
from contextvars import ContextVar
from types import CodeType, TracebackType
from typing import NamedTuple

PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


class Location(NamedTuple):
    """An instruction of the user's program; its file and line are worked out when printed."""

    code: CodeType
    lasti: int

    @property
    def file(self) -> str:
        return self.code.co_filename

    @property
    def line(self) -> int:
        """The line number, found by searching the code object's line table."""
        for start, end, line in self.code.co_lines():
            if start <= self.lasti < end and line is not None:
                return line
        return self.code.co_firstlineno

    def __str__(self) -> str:
        return f"{self.file}:{self.line} ({self.code.co_name})"


_internal: dict[CodeType, bool] = {}
_pinned: ContextVar[Location | None] = ContextVar("location", default=None)
pin_location = _pinned.set
unpin_location = _pinned.reset


def is_internal(code: CodeType) -> bool:
    """Is this code object part of oxmlx itself?"""
    known = _internal.get(code)
    if known is None:
        known = _internal[code] = code.co_filename.startswith(PACKAGE)
    return known


def current_location() -> Location | None:
    """The innermost frame outside oxmlx, or the location that a transformation has pinned."""
    pinned = _pinned.get()
    if pinned is not None:
        return pinned
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]  # inspect's way is slow
    internal = _internal
    while frame is not None:
        code = frame.f_code
        if not (internal[code] if code in internal else is_internal(code)):
            return Location(code, frame.f_lasti)
        frame = frame.f_back
    return None


def raised_at(tb: TracebackType | None) -> Location | None:
    """The innermost frame outside oxmlx that an exception passed through."""
    found: Location | None = None
    while tb is not None:
        if not is_internal(tb.tb_frame.f_code):
            found = Location(tb.tb_frame.f_code, tb.tb_lasti)
        tb = tb.tb_next
    return found
