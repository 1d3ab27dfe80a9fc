"""The native code that runs a loop: it goes through instructions, once for each step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from oxmlx.backends.llvm.builder import Builder
from oxmlx.backends.llvm.code import (
    INSTRUCTIONS,
    Again,
    Call,
    Instruction,
    Jump,
    Match,
    Move,
    Point,
    Start,
    Stop,
    Swap,
)
from oxmlx.backends.llvm.entry import make_native
from oxmlx.backends.llvm.launch import Array
from oxmlx.backends.llvm.share import LONG, Division
from oxmlx.backends.llvm.table import Table
from oxmlx.backends.llvm.target import target

OWN = 2
"""Arrays that come first in the argument block: the words, and the number of steps so far."""
ADDRESSES = "array", "other", "source", "counter"
"""The fields of instructions that are numbers of arrays."""


def pack(code: Sequence[Instruction]) -> NDArray[np.int64]:
    """The words: the slots of the longest argument block, the instructions, and an end."""
    calls = [c for c in code if isinstance(c, Call)]
    longest = max((len(c.arrays) + len(c.numbers) for c in calls), default=0)
    places = [0, *accumulate(len(words(c)) for c in code)]
    rows = [words(in_words(c, places)) for c in code]
    return np.array([longest, *(w for row in rows for w in row), len(INSTRUCTIONS)], np.int64)


def in_words(c: Instruction, places: Sequence[int]) -> Instruction:
    """An instruction whose target is a place among the words."""
    if isinstance(c, (Again, Match, Jump)):
        return c._replace(target=places[c.target])
    return c


def words(c: Instruction) -> list[int]:
    """An instruction as words: which it is, and its fields."""
    kind = INSTRUCTIONS.index(type(c))
    if isinstance(c, Call):
        counts = len(c.arrays), len(c.numbers)
        return [kind, *c[:3], *counts, *(n + OWN for n in c.arrays), *c.numbers]
    return [kind, *(n + OWN * (name in ADDRESSES) for name, n in c._asdict().items())]


def make_driver(table: Table, steps: int) -> Callable[[Sequence[Array]], int]:
    """A function of the arrays that runs the loop and returns how many steps there were."""
    packed = pack(table.code)
    entry = target().address(render(), "drive")
    way = "release" if steps * table.work >= LONG else "hold"
    native = make_native(way, entry, Division(steps, 0, steps, 0, 1, 1), np.array([], np.int64))

    def run(arrays: Sequence[Array]) -> int:
        done = np.empty(1, np.int64)
        native(packed, done, *arrays)
        return int(done[0])

    return run


@cache
def render() -> str:
    """The text."""
    b = Builder()
    table, done = (b.get("ptr", b.address("ptr", "%args", str(k))) for k in range(OWN))
    block = b.do(f"alloca i64, i64 {b.get('i64', table)}")
    code = b.address("i64", table, "1")
    cursor = b.slot("ptr")
    b.put("i64", "0", done)
    b.put("ptr", code, cursor)
    b.line("br label %next")
    b.label("next")
    (kind,) = take(b, cursor, 1)
    names = [c.__name__.lower() for c in INSTRUCTIONS]
    cases = " ".join(f"i64 {k}, label %{name}" for k, name in enumerate(names))
    b.line(f"switch i64 {kind}, label %end [{cases}]")
    for name, c in zip(names, INSTRUCTIONS, strict=True):
        b.label(name)
        if c is Call:
            call(b, cursor, block)
        else:
            act(b, cursor, code, c)
        b.line("br label %next")
    b.label("end")
    count = b.do(f"add i64 {b.get('i64', done)}, 1")
    b.put("i64", count, done)
    b.put("ptr", code, cursor)
    b.line(f"br i1 {b.do(f'icmp slt i64 {count}, %last')}, label %next, label %out")
    b.label("out")
    params = "ptr %args, i64 %first, i64 %last, i64 %from, i64 %to"
    return b.close(f"void @drive({params})").text + "\n"


def act(b: Builder, cursor: str, code: str, kind: type[Instruction]) -> None:
    """What an instruction does that is no call."""
    field = dict(zip(kind._fields, take(b, cursor, len(kind._fields)), strict=True))
    slot = {name: b.address("i64", "%args", n) for name, n in field.items() if name in ADDRESSES}

    def go() -> None:
        b.put("ptr", b.address("i64", code, field["target"]), cursor)

    if kind is Move:
        begin = b.get("i64", slot["array"])
        b.put("i64", b.arith("add", begin, field["bytes"]), slot["array"])
    elif kind is Swap:
        old, new = b.get("i64", slot["array"]), b.get("i64", slot["other"])
        b.put("i64", new, slot["array"])
        b.put("i64", old, slot["other"])
    elif kind is Point:
        begin = b.get("i64", slot["source"])
        b.put("i64", b.arith("add", begin, field["bytes"]), slot["array"])
    elif kind is Start:
        b.put("i64", "0", slot["counter"])
    elif kind is Again:
        count = b.do(f"add i64 {b.get('i64', slot['counter'])}, 1")
        b.put("i64", count, slot["counter"])
        with b.when(b.do(f"icmp slt i64 {count}, {field['steps']}")):
            go()
    elif kind is Match:
        value = b.do(f"sext i32 {b.get('i32', b.get('ptr', slot['array']))} to i64")
        with b.when(b.do(f"icmp ne i64 {value}, {field['value']}")):
            go()
    elif kind is Jump:
        go()
    elif kind is Stop:
        flag, on = b.get("i8", b.get("ptr", slot["array"])), b.fresh("on")
        b.line(f"br i1 {b.do(f'icmp eq i8 {flag}, 0')}, label %out, label %{on}")
        b.label(on)


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


def take(b: Builder, cursor: str, count: int) -> list[str]:
    """The next words."""
    at = b.get("ptr", cursor)
    b.put("ptr", b.address("i64", at, str(count)), cursor)
    return [b.get("i64", b.address("i64", at, str(k))) for k in range(count)]
