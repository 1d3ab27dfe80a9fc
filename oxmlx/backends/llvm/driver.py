"""The native code that runs a loop: it goes through a table of calls, once for each step."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from oxmlx.backends.llvm.builder import Builder
from oxmlx.backends.llvm.entry import make_native
from oxmlx.backends.llvm.launch import Array
from oxmlx.backends.llvm.share import LONG, Division
from oxmlx.backends.llvm.table import Table
from oxmlx.backends.llvm.target import target

OWN = 2
"""Arrays that come first in the argument block: the table, and the number of steps so far."""


class Head(NamedTuple):
    """How the table begins. Calls follow, then moves, then swaps."""

    tested: int
    condition: int
    calls: int
    moves: int
    swaps: int
    longest: int
    """The slots of the longest argument block."""


def pack(table: Table) -> NDArray[np.int64]:
    """The table as words."""
    calls = [
        [*c[:3], len(c.arrays), len(c.numbers), *(n + OWN for n in c.arrays), *c.numbers]
        for c in table.calls
    ]
    longest = max((len(c.arrays) + len(c.numbers) for c in table.calls), default=0)
    counts = len(calls), len(table.moves), len(table.swaps)
    head = Head(table.tested, table.condition + OWN, *counts, longest)
    moves = [[at + OWN, step] for at, step in table.moves]
    swaps = [[a + OWN, b + OWN] for a, b in table.swaps]
    return np.array([*head, *(w for row in (*calls, *moves, *swaps) for w in row)], np.int64)


def make_driver(table: Table, steps: int) -> Callable[[Sequence[Array]], int]:
    """A function of the arrays that runs the loop and returns how many steps there were."""
    words = pack(table)
    entry = target().address(render(), "drive")
    way = "release" if steps * table.work >= LONG else "hold"
    native = make_native(way, entry, Division(steps, 0, steps, 0, 1, 1), np.array([], np.int64))

    def run(arrays: Sequence[Array]) -> int:
        done = np.empty(1, np.int64)
        native(words, done, *arrays)
        return int(done[0])

    return run


@cache
def render() -> str:
    """The text."""
    b = Builder()
    table, done = (b.get("ptr", b.address("ptr", "%args", str(k))) for k in range(OWN))
    words = (b.get("i64", b.address("i64", table, str(k))) for k in range(len(Head._fields)))
    head = dict(zip(Head._fields, words, strict=True))
    block = b.do(f"alloca i64, i64 {head['longest']}")
    cursor = b.slot("ptr")
    b.put("i64", "0", done)
    with b.loop("0", "%last", 1) as step:
        b.put("ptr", b.address("i64", table, str(len(Head._fields))), cursor)
        with b.loop("0", head["calls"], 1) as k:
            with b.when(b.do(f"icmp eq i64 {k}, {head['tested']}")):
                flag = b.get("i8", b.get("ptr", b.address("ptr", "%args", head["condition"])))
                on = b.fresh("on")
                b.line(f"br i1 {b.do(f'icmp eq i8 {flag}, 0')}, label %out, label %{on}")
                b.label(on)
            call(b, cursor, block)
        with pairs(b, cursor, head["moves"]) as (at, size):
            slot = b.address("i64", "%args", at)
            b.put("i64", b.arith("add", b.get("i64", slot), size), slot)
        with pairs(b, cursor, head["swaps"]) as (first, second):
            x, y = (b.address("i64", "%args", at) for at in (first, second))
            old, new = b.get("i64", x), b.get("i64", y)
            b.put("i64", new, x)
            b.put("i64", old, y)
        b.put("i64", b.do(f"add i64 {step}, 1"), done)
    b.line("br label %out")
    b.label("out")
    params = "ptr %args, i64 %first, i64 %last, i64 %from, i64 %to"
    return b.close(f"void @drive({params})").text + "\n"


def call(b: Builder, cursor: str, block: str) -> None:
    """One call, with an argument block of its own."""
    entry, rows, lanes, arrays, numbers = take(b, cursor, 5)
    for count, to in ((arrays, block), (numbers, b.address("i64", block, arrays))):
        with b.loop("0", count, 1) as k:
            (word,) = take(b, cursor, 1)
            if count is arrays:
                word = b.get("i64", b.address("i64", "%args", word))
            b.put("i64", word, b.address("i64", to, k))
    code = b.do(f"inttoptr i64 {entry} to ptr")
    b.line(f"call void {code}(ptr {block}, i64 0, i64 {rows}, i64 0, i64 {lanes})")


@contextmanager
def pairs(b: Builder, cursor: str, count: str) -> Generator[list[str]]:
    """For each of so many pairs of words."""
    with b.loop("0", count, 1):
        yield take(b, cursor, 2)


def take(b: Builder, cursor: str, count: int) -> list[str]:
    """The next words of the table."""
    at = b.get("ptr", cursor)
    b.put("ptr", b.address("i64", at, str(count)), cursor)
    return [b.get("i64", b.address("i64", at, str(k))) for k in range(count)]
