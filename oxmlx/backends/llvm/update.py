"""Updates at places that are data, as LLVM IR text: what a scatter does once its output is there.

The updates of a place come in order, however the work is cut: threads share lanes, or batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

from oxmlx.backends.llvm.builder import Builder, memory_type, typed
from oxmlx.backends.llvm.render import ENTRY
from oxmlx.backends.llvm.scalars import scalar_op
from oxmlx.dtypes import Dtype, is_signed


class Numbers(NamedTuple):
    """What follows the arrays in the argument block, as words, before the extent and the stride of
    each index; strides count elements."""

    updates: int
    """Of a batch."""
    run: int
    """Neighbouring elements of an update that are neighbours in the output too."""
    lines: int
    """Such runs of an update."""
    batch: int
    """From a batch of the output to the next."""
    by_lines: int
    """Whether the lanes that a caller divides are lines: else they are elements of the one line."""


class Update(NamedTuple):
    """out[b, places of index₀[b, i], …] ∘= updates[b, i] for each i in order.

    Arguments: the output, the updates, where in the output the lines of an update lie, and the
    indices; then `Numbers`. The rows that a caller divides are batches.
    """

    dtype: Dtype
    indices: tuple[Dtype, ...]
    combine: str
    clip: bool
    from_end: bool
    """Whether a negative index counts from the end of its axis."""
    bytes: int
    """Of a vector."""

    @property
    def width(self) -> int:
        """Elements of a vector."""
        return self.bytes // self.dtype.itemsize

    def text(self) -> str:
        """The text."""
        b, slots = Builder(), count()

        def take(kind: str) -> str:
            return b.get(kind, b.address("i64", "%args", str(next(slots))))

        out, updates, table = (take("ptr") for _ in range(3))
        indices = [take("ptr") for _ in self.indices]
        given = {name: take("i64") for name in Numbers._fields}
        bounds = [(take("i64"), take("i64")) for _ in self.indices]
        kind, is_line = memory_type(self.dtype), b.do(f"icmp ne i64 {given['by_lines']}, 0")
        spans = [
            [b.do(f"select i1 {is_line}, i64 {x}, i64 {y}") for x, y in pairs]
            for pairs in (
                (("%from", "0"), ("%to", given["lines"])),
                (("0", "%from"), (given["run"], "%to")),
            )
        ]
        width = b.arith("mul", given["run"], given["lines"])
        single = b.do(f"icmp eq i64 {width}, 1")
        for wanted in (single, b.do(f"xor i1 {single}, true")):
            with b.when(wanted), b.loop("%first", "%last", 1) as batch:
                base = b.address(kind, out, b.arith("mul", batch, given["batch"]))
                start = b.arith("mul", batch, given["updates"])
                with b.loop("0", given["updates"], 1) as i:
                    number = b.arith("add", start, i)
                    place, inside = self.place(b, number, indices, bounds)
                    source = b.address(kind, updates, b.arith("mul", number, width))
                    target = b.address(kind, base, place)
                    with b.when(inside):
                        if wanted is single:
                            self.change(b, source, target, "0", 1)
                        else:
                            self.lines(b, (source, target, table), given["run"], spans)
        b.close(f"void @{ENTRY}(ptr %args, i64 %first, i64 %last, i64 %from, i64 %to)")
        return "\n\n".join([b.text, *b.declared.values()]) + "\n"

    def place(
        self, b: Builder, number: str, indices: Sequence[str], bounds: Sequence[tuple[str, str]]
    ) -> tuple[str, str]:
        """Where an update goes, and whether it goes anywhere."""
        place, inside = "0", "true"
        for dtype, index, (n, stride) in zip(self.indices, indices, bounds, strict=True):
            kind = memory_type(dtype)
            at = b.get(kind, b.address(kind, index, number))
            if dtype.itemsize < 8:
                at = b.do(f"{'sext' if is_signed(dtype) else 'zext'} {kind} {at} to i64")
            if is_signed(dtype) and self.from_end:
                wrapped = b.do(f"add i64 {at}, {n}")
                at = b.do(f"select i1 {b.do(f'icmp slt i64 {at}, 0')}, i64 {wrapped}, i64 {at}")
            if not self.clip:
                inside = b.do(f"and i1 {inside}, {b.do(f'icmp ult i64 {at}, {n}')}")
            else:
                last = b.do(f"sub i64 {n}, 1")
                kind = "s" if is_signed(dtype) else "u"
                at = b.call(f"llvm.{kind}min.i64", "i64", [("i64", at), ("i64", last)])
                if is_signed(dtype):
                    at = b.call("llvm.smax.i64", "i64", [("i64", at), ("i64", "0")])
            place = b.arith("add", place, b.arith("mul", at, stride))
        return place, inside

    def lines(
        self, b: Builder, at: tuple[str, str, str], run: str, spans: Sequence[Sequence[str]]
    ) -> None:
        """The lines of an update, each of which is a run of neighbours."""
        source, target, table = at
        kind = memory_type(self.dtype)
        with b.loop(spans[0][0], spans[0][1], 1) as line:
            place = b.get("i64", b.address("i64", table, line))
            begin = b.address(kind, source, b.arith("mul", line, run))
            self.line(b, begin, b.address(kind, target, place), spans[1])

    def line(self, b: Builder, source: str, target: str, span: Sequence[str]) -> None:
        """Neighbours: whole vectors, and then element by element."""
        start, stop = span
        rest = b.do(f"srem i64 {b.do(f'sub i64 {stop}, {start}')}, {self.width}")
        middle = b.do(f"sub i64 {stop}, {rest}")
        with b.loop(start, middle, self.width) as k:
            self.change(b, source, target, k, self.width)
        with b.loop(middle, stop, 1) as k:
            self.change(b, source, target, k, 1)

    def change(self, b: Builder, source: str, target: str, k: str, lanes: int) -> None:
        """target[k] ∘= source[k]"""
        scalar = memory_type(self.dtype)
        kind, at = typed(scalar, lanes), b.address(scalar, target, k)
        new = b.load(kind, b.address(scalar, source, k))
        if self.combine != "set":
            x = b.from_memory(b.load(kind, at), self.dtype, lanes)
            y = b.from_memory(new, self.dtype, lanes)
            new = b.to_memory(scalar_op(b, self.combine, (x, y), None))
        b.line(f"store {kind} {new}, ptr {at}, align 1")
