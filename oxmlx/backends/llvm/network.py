"""Bitonic sorting networks as LLVM IR text: the same comparisons whatever the numbers are.

K. E. Batcher, Sorting networks and their applications (1968), in the form in which a merge begins
with the comparison of mirror images, and the less is put first in all comparisons.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oxmlx.backends.llvm.builder import Builder, mangled, typed


class Network:
    """The text of `network`, which puts 2^log unsigned integers in order, at least two vectors.

    Args:
        kind: their type.
        lanes: of a vector, a power of two.
    """

    def __init__(self, kind: str, lanes: int) -> None:
        self.kind, self.lanes, self.least = kind, lanes, 2 * lanes
        self.levels = lanes.bit_length()
        """The logarithm of what two vectors hold."""
        self.vector = typed(kind, lanes)

    def function(self) -> Builder:
        """First each pair of vectors, then pairs of runs that are in order, longer and longer: what
        is farther apart is compared in memory."""
        b = Builder()
        n, half = b.do("shl i64 1, %log"), b.do(f"shl i64 1, {b.do('sub i64 %log, 1')}")
        runs = [2 << k for k in range(self.levels)]
        self.within(b, n, [step for run in runs for step in (run - 1, *halves(run // 2))])
        with b.loop(str(self.levels + 1), b.do("add i64 %log, 1"), 1) as level:
            run = b.do(f"shl i64 1, {level}")
            with b.loop("0", half, self.lanes) as pair:
                start, at = self.split(b, pair, b.do(f"lshr i64 {run}, 1"))
                end = b.do(f"sub i64 {b.arith('add', start, run)}, {self.lanes}")
                self.between(b, b.arith("add", start, at), b.do(f"sub i64 {end}, {at}"), True)
            steps = b.do(f"sub i64 {level}, {self.levels - 1}")
            with b.loop("2", steps, 1) as step, b.loop("0", half, self.lanes) as pair:
                apart = b.do(f"lshr i64 {run}, {step}")
                lower = b.arith("add", *self.split(b, pair, apart))
                self.between(b, lower, b.arith("add", lower, apart), False)
            self.within(b, n, halves(self.least))
        return b.close("internal void @network(ptr %records, i64 %log)")

    def split(self, b: Builder, pair: str, apart: str) -> tuple[str, str]:
        """Where the block of a pair begins, in which elements so far apart are compared, and where
        in it the first of the pair is."""
        at = b.do(f"and i64 {pair}, {b.do(f'sub i64 {apart}, 1')}")
        return b.do(f"shl i64 {b.do(f'sub i64 {pair}, {at}')}, 1"), at

    def between(self, b: Builder, lower: str, upper: str, is_mirror: bool) -> None:
        """Compare two vectors in memory, the second of which may be backwards."""

        def turned(x: str) -> str:
            return self.picked(b, (x, x), range(self.lanes - 1, -1, -1)) if is_mirror else x

        x, y = self.load(b, lower), turned(self.load(b, upper))
        self.store(b, self.extreme(b, "umin", x, y), lower)
        self.store(b, turned(self.extreme(b, "umax", x, y)), upper)

    def within(self, b: Builder, n: str, steps: Sequence[int]) -> None:
        """Compare, in each pair of vectors, the elements whose numbers differ by the bits of each
        step: lane by lane, once those are in one vector that are to become less."""
        w, order = self.lanes, [*range(self.least)]
        with b.loop("0", n, self.least) as k:
            both = self.load(b, k), self.load(b, b.do(f"add i64 {k}, {w}"))
            for step in steps:
                lower = [i for i in order if i < i ^ step]
                upper = [i ^ step for i in lower]
                x, y = (self.picked(b, both, map(order.index, part)) for part in (lower, upper))
                both = self.extreme(b, "umin", x, y), self.extreme(b, "umax", x, y)
                order = lower + upper
            for start in (0, w):
                x = self.picked(b, both, map(order.index, range(start, start + w)))
                self.store(b, x, b.arith("add", k, str(start)))

    def picked(self, b: Builder, both: tuple[str, str], lanes: Iterable[int]) -> str:
        """Some lanes of two vectors."""
        picks = [*lanes]
        if self.lanes == 1:
            return both[picks[0]]
        order = f"<{self.lanes} x i32> <{', '.join(f'i32 {k}' for k in picks)}>"
        x, y = both
        return b.do(f"shufflevector {self.vector} {x}, {self.vector} {y}, {order}")

    def extreme(self, b: Builder, op: str, x: str, y: str) -> str:
        """The less or the greater ones."""
        name = f"llvm.{op}.{mangled(self.kind, self.lanes)}"
        return b.call(name, self.vector, [(self.vector, x), (self.vector, y)])

    def load(self, b: Builder, k: str) -> str:
        """A vector."""
        return b.load(self.vector, b.address(self.kind, "%records", k))

    def store(self, b: Builder, x: str, k: str) -> None:
        """Set a vector."""
        b.line(f"store {self.vector} {x}, ptr {b.address(self.kind, '%records', k)}, align 1")


def halves(n: int) -> list[int]:
    """n / 2, n / 4, ..., 1"""
    return [n >> k for k in range(1, n.bit_length())]
