"""The rows of an array along an axis, which need not be the last."""

from __future__ import annotations

from collections.abc import Generator
from math import prod
from typing import NamedTuple

from oxmlx.backends.llvm.builder import Builder
from oxmlx.backends.llvm.render import ENTRY
from oxmlx.ir.aval import Aval


class Along(NamedTuple):
    """Element (outer, k, lane) is at (outer * length + k) * inner + lane."""

    outer: int
    length: int
    inner: int

    @property
    def size(self) -> int:
        """How many elements there are."""
        return prod(self)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.outer * self.inner


def along(x: Aval, axis: int) -> Along:
    """How the rows of an array lie."""
    return Along(prod(x.shape[:axis]), x.shape[axis], prod(x.shape[axis + 1 :]))


class Rows:
    """A text about rows.

    Arguments: arrays, then numbers, the first two of which are how many elements a row has, and how
    far they are apart. The rows that a caller divides are all, without lanes.
    """

    def __init__(self, arrays: int, numbers: int = 2) -> None:
        b = self.b = Builder()
        words = [b.address("i64", "%args", str(k)) for k in range(arrays + numbers)]
        self.arrays = [b.get("ptr", at) for at in words[:arrays]]
        self.numbers = [b.get("i64", at) for at in words[arrays:]]
        self.length, self.inner = self.numbers[:2]
        self.is_last = b.do(f"icmp eq i64 {self.inner}, 1")
        """Are the elements of a row neighbours?"""

    def start(self, row: str, length: str) -> str:
        """Where a row of an array begins."""
        b = self.b
        outer = b.arith("mul", b.do(f"udiv i64 {row}, {self.inner}"), self.inner)
        lane = b.do(f"sub i64 {row}, {outer}")
        return b.arith("add", b.arith("mul", outer, length), lane)

    def at(self, kind: str, base: str, k: str) -> str:
        """The address of an element of a row."""
        return self.b.address(kind, base, self.b.arith("mul", k, self.inner))

    def sweep(self, start: str, stop: str, lanes: int) -> Generator[tuple[str, int]]:
        """Loops over a part of a row, and how many elements each takes at once: vectors, if they
        are neighbours, and then one by one."""
        b = self.b
        if lanes > 1:
            rest = b.do(f"urem i64 {b.do(f'sub i64 {stop}, {start}')}, {lanes}")
            whole = b.do(f"sub i64 {stop}, {rest}")
            end = b.do(f"select i1 {self.is_last}, i64 {whole}, i64 {start}")
            with b.loop(start, end, lanes) as k:
                yield k, lanes
            start = end
        with b.loop(start, stop, 1) as k:
            yield k, 1

    def text(self, *others: str) -> str:
        """The text, with other functions."""
        b = self.b.close(f"void @{ENTRY}(ptr %args, i64 %first, i64 %last, i64 %from, i64 %to)")
        return "\n\n".join([b.text, *b.declared.values(), *others]) + "\n"
