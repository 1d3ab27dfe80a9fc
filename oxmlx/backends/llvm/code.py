"""What the code of a native loop is made of: instructions on the addresses of arrays, which have
numbers. `driver.py` says what each does."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias


class Call(NamedTuple):
    """Run code at an address, for all of its rows and lanes. Its argument block has the addresses
    of arrays, and then numbers."""

    entry: int
    rows: int
    lanes: int
    arrays: tuple[int, ...]
    numbers: tuple[int, ...]


class Move(NamedTuple):
    """An array begins so many bytes further on."""

    array: int
    bytes: int


class Swap(NamedTuple):
    """Two arrays change places."""

    array: int
    other: int


class Point(NamedTuple):
    """An array begins where another one does, and so many bytes further on."""

    array: int
    source: int
    bytes: int


class Start(NamedTuple):
    """A counter begins at 0; it has the place of an address."""

    counter: int


class Again(NamedTuple):
    """Go back to an instruction until it was run so many times."""

    counter: int
    steps: int
    target: int


class Match(NamedTuple):
    """Go on at an instruction, unless an i32 has this value."""

    array: int
    value: int
    target: int


class Jump(NamedTuple):
    """Go on at an instruction."""

    target: int


class Stop(NamedTuple):
    """End the outermost loop, if a bool is false."""

    array: int


Instruction: TypeAlias = "Call | Move | Swap | Point | Start | Again | Match | Jump | Stop"
INSTRUCTIONS = Call, Move, Swap, Point, Start, Again, Match, Jump, Stop
