"""What a run is found to have done wrong, in words."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from ctypes import Structure, c_int, c_long, c_uint
from dataclasses import dataclass

THREADGROUP = -1
ON_LINE = 1 << 31
"""A place of the runtime is this plus a line, or an offset into the code of the kernels."""


class Raw(Structure):
    """A finding as the runtime writes it down: runtime/finding.h."""

    _fields_ = (
        *((name, c_uint) for name in ("kind", "place", "earlier")),
        ("buffer", c_int),
        ("variable", c_uint),
        ("signal", c_int),
        ("offset", c_long),
        *((name, c_uint) for name in ("bytes", "thread", "group")),
        *((name, c_uint) for name in ("other_thread", "other_group", "count")),
    )


KINDS = (
    *("write after write", "write after read", "read after write"),
    *("read outside", "write outside", "uninitialised", "const written"),
    *("barrier differs", "barrier missed", "simd diverged"),
    *("shuffle differs", "shuffle outside", "fault", "endless"),
)
"""Kinds of findings; the first three are races."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a kernel did and must not do.

    Args:
        kind: one of `KINDS`.
        message: what happened, in words.
        line: of the text, where the compiler tells.
        earlier: the line of the access that a race is with, or of the other barrier.
        buffer: the index of the buffer, where it is about one.
        array: the name of the threadgroup array, where it is about one.
        offset: bytes from the beginning of the buffer or array.
        thread: the number of the thread in its group.
        group: the number of the group.
    """

    kind: str
    message: str
    line: int | None = None
    earlier: int | None = None
    buffer: int | None = None
    array: str | None = None
    offset: int | None = None
    thread: int | None = None
    group: int | None = None

    @property
    def is_race(self) -> bool:
        """Do two threads access one place, at least one of them writing, in no order?"""
        return self.kind in KINDS[:3]

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}" if self.line else self.message


def describe(
    raw: Raw, arrays: Sequence[tuple[str, int]], line_of: Callable[[int], int | None]
) -> Finding:
    """A finding in words.

    Args:
        raw: as the runtime has it.
        arrays: name and bytes of each threadgroup array of the kernel.
        line_of: an offset into the code -> the line of the text.
    """
    kind = KINDS[raw.kind]
    line, earlier = (
        place - ON_LINE if place >= ON_LINE else line_of(place) if place else None
        for place in (raw.place, raw.earlier)
    )
    buffer = raw.buffer if raw.buffer >= 0 else None
    array = arrays[raw.variable][0] if raw.buffer == THREADGROUP else None
    known = buffer is not None or array is not None
    where = f"buffer {buffer}" if array is None else f"threadgroup {array}"
    what = f"{where} at byte {raw.offset}" if known else "no buffer's memory"
    who = f"thread {raw.thread} of group {raw.group}"
    other = f"thread {raw.other_thread} of group {raw.other_group}"
    if earlier:
        other += f" on line {earlier}"
    match kind:
        case "write after write" | "write after read" | "read after write":
            message = f"race: {kind} of {what}, by {who} and, in no order, {other}"
        case "read outside" | "write outside":
            message = f"{kind} of bounds: {raw.bytes} bytes, {what}, by {who}"
        case "uninitialised":
            message = f"{what} is read and was never written in this group, by {who}"
        case "const written":
            message = f"{what} is written, and the kernel declares it const, by {who}"
        case "barrier differs":
            message = f"divergent barrier: {who} is here, others of its group on line {earlier}"
        case "barrier missed":
            message = (
                f"divergent barrier: {raw.count} of the {raw.thread} threads of group {raw.group} "
                f"are here, {raw.other_thread} have returned"
            )
        case "simd diverged":
            message = (
                "divergent simdgroup operation: only lanes "
                f"{raw.count:#010x} of simdgroup {raw.thread} of group {raw.group} are here"
            )
        case "shuffle differs":
            message = (
                f"the lanes of simdgroup {raw.thread} of group {raw.group} differ in the distance"
            )
        case "shuffle outside":
            message = f"simdgroup {raw.thread} of group {raw.group} reads a lane that is none"
        case "fault":
            name = signal.Signals(raw.signal).name
            message = f"{name}: {what if known else 'no address of a buffer'}, by {who}"
        case _:
            line, earlier = line or earlier or None, None  # else where the thread last met others
            message = f"the kernel does not end: stopped in {who}"
    whole = "barrier" in kind or "simd" in kind or "shuffle" in kind
    return Finding(
        kind, message, line, earlier, buffer, array, raw.offset if known else None,
        None if whole else raw.thread, raw.group,
    )  # fmt: skip
