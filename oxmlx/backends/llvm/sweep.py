"""Sweeps as LLVM code: vectors that run along an index, several at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from oxmlx.backends.llvm.builder import Value
from oxmlx.backends.llvm.folds import Folds, is_float_sum
from oxmlx.backends.llvm.frame import Element
from oxmlx.ir.kernel import INDEX, Expr, Index, Kernel, Load, Loop, Scalar, Store, nodes
from oxmlx.ir.rows import Pass, keep_rows, loads_in_arms, make_rows, outside
from oxmlx.ir.scalar import SCALARS

COPIES = ((4, 8), (30, 4), (60, 2))
"""(adds, vectors in flight): dear bodies need the registers for themselves."""


class Sweeps(Folds):
    """Writes the passes of a kernel.

    The lanes of a vector run along the row where a row is folded and is contiguous, else along the
    last index of the grid. Several vectors are in flight, as copies of the body.
    """

    def __init__(self, kernel: Kernel, width: int) -> None:
        super().__init__(kernel, width)
        self.rows = make_rows(kernel)
        self.by_row = bool(self.rows.passes) and not self.rows.along_grid()
        if self.by_row:
            self.rows = keep_rows(self.rows)
        self.outer = kernel.grid if self.by_row else kernel.grid[:-1]
        """The indices of the rows that the caller divides."""
        self.across: tuple[Index, ...] = () if self.by_row else kernel.grid[-1:]
        """That of the lanes that it divides."""

    def store_all(self, stores: Sequence[Store]) -> None:
        """Compute every vector in flight, and then store them: a load behind a store waits for it
        where their addresses look alike to the hardware."""
        for _ in self.each_copy():
            self.emit(*(s.value for s in stores))
        for _ in self.each_copy():
            for s in stores:
                self.store(s)

    @contextmanager
    def along(
        self, lane: Index, roots: Sequence[Expr], saves: Sequence[Store] = ()
    ) -> Generator[None]:
        """Let vectors run along an index; what does not vary is computed before."""
        self.emit(*outside(roots, self.here.scope))
        with self.inside(lane) as here:
            here.lane = lane
            here.early = loads_in_arms(roots)  # as masked loads, which hardware does not foresee
            for buffer, index in elements_of(roots, (*self.kernel.stores, *saves)):
                self.hoist(buffer, index)
            yield

    def vectors(self, start: str, stop: str, copies: int, body: Callable[[], None]) -> None:
        """Whole vectors, several at a time, and then one by one with a mask."""
        b = self.b
        span = b.do(f"sub i64 {stop}, {start}")
        middle = b.do(f"sub i64 {stop}, {b.do(f'srem i64 {span}, {self.width * copies}')}")
        for first, last, several in ((start, middle, copies), (middle, stop, 1)):
            with self.inside() as here, b.loop(first, last, self.width * several) as j:
                here.bases = [b.arith("add", j, str(c * self.width)) for c in range(several)]
                here.varying = [{} for _ in range(several)]
                on = None if last == middle else self.below(b.do(f"sub i64 {stop}, {j}"))
                here.masks = [on] * several
                body()

    def below(self, n: str) -> Value:
        """The mask of the first `n` lanes."""
        bound = Value(self.b.do(f"trunc i64 {n} to i32"), INDEX, 1)
        return self.b.compare("slt", self.iota(), self.b.splat(bound, self.width))

    @contextmanager
    def blocks(self, p: Pass, loop: Index, block: int) -> Generator[tuple[str, str]]:
        """The range of a loop, in blocks if the pass adds floats: long sums stay accurate."""
        b, n = self.b, self.extents[loop.extent]
        if not any(is_float_sum(f) for f in p.folds):
            yield "0", n
            return
        with self.inside(), b.loop("0", n, block) as start:
            end = b.do(f"add i64 {start}, {block}")
            yield start, b.call("llvm.smin.i64", "i64", [("i64", end), ("i64", n)])


def vectors_in_flight(roots: Sequence[Expr]) -> int:
    """How many copies of a body hide its latency without taking too many registers."""
    work = work_of(roots)
    return next((copies for most, copies in COPIES if work <= most), 1)


def work_of(roots: Sequence[Expr]) -> int:
    """The scalar operations of some values, in adds."""
    return sum(SCALARS[e.op].cost for e in nodes(*roots) if isinstance(e, Scalar))


def elements_of(roots: Sequence[Expr], stores: Sequence[Store]) -> list[Element]:
    """The elements that are loaded outside of inner loops, and those that are stored."""
    loads = nodes(*roots, kids=lambda e: () if isinstance(e, Loop) else e.kids())
    return [(e.buffer, e.index) for e in loads if isinstance(e, Load)] + [
        (s.buffer, s.index) for s in stores
    ]
