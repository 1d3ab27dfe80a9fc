"""Products of few rows as LLVM IR text: B is read once, where it lies, whichever way it lies.

An element has one sum for each lane, of every term that falls to it, and then the sum of these, the
second half onto the first; every `BLOCK` terms they are added to a total. So its bits are the same
whether lanes are neighbouring terms, as where B's columns are contiguous, or neighbouring columns.
"""

from __future__ import annotations

from typing import NamedTuple

from oxmlx.backends.llvm.builder import Builder, Value
from oxmlx.backends.llvm.matrix import MatrixText
from oxmlx.dtypes import Dtype

BLOCK = 4096
"""Terms between two additions to a total."""
MOST_ROWS = 4
LINE = 64
"""Bytes of a line of the cache."""
STRIP = 64
"""Columns that a caller does not divide."""


class Numbers(NamedTuple):
    """What follows the arrays in the argument block, as words; strides count elements."""

    columns: int
    terms: int
    step: int
    """From a row of the copy of A to the next."""
    a_row: int
    a_term: int
    b_term: int
    b_column: int
    out_row: int
    out_column: int


class Gemv(MatrixText):
    """out[b, i, j] = Σₖ A[b, i, k] B[b, k, j] for one dtype and number of rows; a stride of B is 1.

    Arguments: A, B, pairs of offsets into them for every matrix of the batch, out, and memory for a
    copy of A and for sums; then `Numbers`. The rows that a caller divides are matrices, the lanes
    are strips.
    """

    def __init__(self, dtype: Dtype, bits: int, registers: int, fma: bool, rows: int) -> None:
        super().__init__(dtype, bits, registers, fma)
        self.rows = rows
        self.vectors = max(1, registers // 2 // rows)
        """Of neighbouring columns, that are in flight for each row."""
        self.columns = max(1, registers // 4 // rows)
        """Of contiguous columns, as well."""

    def text(self) -> str:
        """The text."""
        return self.join([self.copy(), self.product()])

    def product(self) -> Builder:
        """All of it, matrix by matrix."""
        b = Builder()
        given = self.arguments(b, ("a", "b", "offsets", "out", "copied", "sums"), Numbers._fields)
        start = b.arith("mul", "%from", str(STRIP))
        stop = b.smaller(b.arith("mul", "%to", str(STRIP)), given["columns"])
        along = b.do(f"icmp eq i64 {given['b_column']}, 1")
        with b.loop("%first", "%last", 1) as matrix:
            a, right = self.matrices(b, given, matrix)
            size = b.arith("mul", given["columns"], str(self.rows))
            out = b.address(self.memory, given["out"], b.arith("mul", matrix, size))
            strides = given["a_row"], given["a_term"]
            self.call_copy(
                b, (given["copied"], given["step"]), (a, *strides), (str(self.rows), given["terms"])
            )
            with b.when(along):
                self.neighbours(b, given, right, out, (start, stop))
            with b.when(b.do(f"xor i1 {along}, true")):
                self.contiguous(b, given, right, out, (start, stop))
        return b.close(self.entry)

    # Lanes are neighbouring columns

    def neighbours(
        self, b: Builder, given: dict[str, str], right: str, out: str, range_: tuple[str, str]
    ) -> None:
        """Several vectors of columns at a time, then one by one with a mask."""
        start, stop = range_
        wide = self.vectors * self.width
        rest = b.do(f"srem i64 {b.do(f'sub i64 {stop}, {start}')}, {wide}")
        middle = b.do(f"sub i64 {stop}, {rest}")
        for first, last, vectors in ((start, middle, self.vectors), (middle, stop, 1)):
            with b.loop(first, last, vectors * self.width) as column:
                on = self.mask(b, b.do(f"sub i64 {stop}, {column}")) if vectors == 1 else ""
                totals = [self.slot(b) for _ in range(self.rows * vectors)]
                with b.loop("0", given["terms"], BLOCK) as term:
                    end = b.smaller(b.arith("add", term, str(BLOCK)), given["terms"])
                    at = b.address(self.memory, right, column)
                    self.classes(b, given, at, (term, end), vectors, on)
                    for n, total in enumerate(totals):
                        self.add(b, total, self.folded(b, given["sums"], n, len(totals)))
                self.store_vectors(b, given, out, column, totals, on)

    def classes(
        self,
        b: Builder,
        given: dict[str, str],
        at: str,
        range_: tuple[str, str],
        vectors: int,
        on: str,
    ) -> None:
        """Of every lane that terms fall to, the sums of some columns, into memory."""
        start, stop = range_
        with b.loop("0", str(self.width), 1) as lane:
            sums = [self.slot(b) for _ in range(self.rows * vectors)]
            with b.loop(b.arith("add", start, lane), stop, self.width) as term:
                row = b.address(self.memory, at, b.arith("mul", term, given["b_term"]))
                if not on:
                    later = b.arith("mul", given["b_term"], str(self.width))
                    self.prefetch(b, b.address(self.memory, row, later), vectors)
                ys = [
                    self.read(b, b.address(self.memory, row, str(n * self.width)), on)
                    for n in range(vectors)
                ]
                for k in range(self.rows):
                    place = b.arith("add", b.arith("mul", given["step"], str(k)), term)
                    x = b.get(self.kind, b.address(self.kind, given["copied"], place))
                    left = self.splat(b, x)
                    for n, y in enumerate(ys):
                        self.multiply_add(b, left, y, sums[k * vectors + n])
            place = b.arith("mul", lane, str(len(sums) * self.width))
            target = b.address(self.kind, given["sums"], place)
            for n, slot in enumerate(sums):
                x, to = b.get(self.vector, slot), b.address(self.kind, target, str(n * self.width))
                b.line(f"store {self.vector} {x}, ptr {to}, align 4")

    def prefetch(self, b: Builder, row: str, vectors: int) -> None:
        """Ask for the next row: it lies in another page, where no CPU looks by itself."""
        for n in range(0, vectors * self.width * self.dtype.itemsize, LINE):
            args = [("ptr", b.address("i8", row, str(n))), ("i32", "0"), ("i32", "3"), ("i32", "1")]
            b.call("llvm.prefetch.p0", "void", args)

    def folded(self, b: Builder, sums: str, n: int, count: int) -> str:
        """The sum of those of all lanes, the second half onto the first."""
        xs = [
            b.load(self.vector, b.address(self.kind, sums, str((lane * count + n) * self.width)))
            for lane in range(self.width)
        ]
        while len(xs) > 1:
            pairs = zip(xs[: len(xs) // 2], xs[len(xs) // 2 :], strict=True)
            xs = [b.do(f"fadd {self.vector} {x}, {y}") for x, y in pairs]
        return xs[0]

    def store_vectors(
        self,
        b: Builder,
        given: dict[str, str],
        out: str,
        column: str,
        totals: list[str],
        on: str,
    ) -> None:
        """Write the totals of some columns."""
        vectors = len(totals) // self.rows
        along = b.do(f"icmp eq i64 {given['out_column']}, 1")
        for n, total in enumerate(totals):
            row, first = (
                b.arith("mul", given["out_row"], str(n // vectors)),
                n % vectors * self.width,
            )
            start = b.arith("add", column, str(first))
            place = b.arith("add", row, b.arith("mul", start, given["out_column"]))
            at, x = b.address(self.memory, out, place), b.get(self.vector, total)
            with b.when(along):
                text = b.to_memory(Value(x, self.dtype, self.width))
                if on:
                    self.masked_store(b, self.memory, text, at, on)
                else:
                    b.line(f"store <{self.width} x {self.memory}> {text}, ptr {at}, align 1")
            with b.when(b.do(f"xor i1 {along}, true")):
                b.line(f"store {self.vector} {x}, ptr {given['sums']}, align 4")
                left = b.do(f"sub i64 {given['columns']}, {start}")
                with b.loop("0", b.smaller(left, str(self.width)), 1) as lane:
                    y = b.get(self.kind, b.address(self.kind, given["sums"], lane))
                    step = b.arith("mul", lane, given["out_column"])
                    text = b.to_memory(Value(y, self.dtype, 1))
                    b.put(self.memory, text, b.address(self.memory, at, step))

    # Lanes are neighbouring terms

    def contiguous(
        self, b: Builder, given: dict[str, str], right: str, out: str, range_: tuple[str, str]
    ) -> None:
        """Several columns at a time, then one by one."""
        start, stop = range_
        rest = b.do(f"srem i64 {b.do(f'sub i64 {stop}, {start}')}, {self.columns}")
        middle = b.do(f"sub i64 {stop}, {rest}")
        for first, last, several in ((start, middle, self.columns), (middle, stop, 1)):
            with b.loop(first, last, several) as column:
                at = b.address(self.memory, right, b.arith("mul", column, given["b_column"]))
                totals = [b.slot(self.kind) for _ in range(self.rows * several)]
                for total in totals:
                    b.put(self.kind, "0.0", total)
                with b.loop("0", given["terms"], BLOCK) as term:
                    end = b.smaller(b.arith("add", term, str(BLOCK)), given["terms"])
                    self.dots(b, given, at, (term, end), several, totals)
                for n, total in enumerate(totals):
                    row = b.arith("mul", given["out_row"], str(n // several))
                    step = b.arith("add", column, str(n % several))
                    place = b.arith("add", row, b.arith("mul", step, given["out_column"]))
                    text = b.to_memory(Value(b.get(self.kind, total), self.dtype, 1))
                    b.put(self.memory, text, b.address(self.memory, out, place))

    def dots(
        self,
        b: Builder,
        given: dict[str, str],
        at: str,
        range_: tuple[str, str],
        several: int,
        totals: list[str],
    ) -> None:
        """Add a block of terms of some columns to their totals."""
        start, stop = range_
        sums = [self.slot(b) for _ in totals]
        rest = b.do(f"srem i64 {b.do(f'sub i64 {stop}, {start}')}, {self.width}")
        middle = b.do(f"sub i64 {stop}, {rest}")
        for first, last in ((start, middle), (middle, stop)):
            with b.loop(first, last, self.width) as term:
                on = self.mask(b, rest) if last == stop else ""
                xs = [
                    b.load(
                        self.vector,
                        b.address(
                            self.kind,
                            given["copied"],
                            b.arith("add", b.arith("mul", given["step"], str(k)), term),
                        ),
                    )
                    for k in range(self.rows)
                ]
                for n in range(several):
                    place = b.arith("add", b.arith("mul", given["b_column"], str(n)), term)
                    y = self.read(b, b.address(self.memory, at, place), on)
                    for k, x in enumerate(xs):
                        self.multiply_add(b, x, y, sums[k * several + n])
        for slot, total in zip(sums, totals, strict=True):
            x = b.do(f"fadd {self.kind} {b.get(self.kind, total)}, {self.across(b, slot)}")
            b.put(self.kind, x, total)

    def across(self, b: Builder, slot: str) -> str:
        """The sum of the lanes, the second half onto the first."""
        x, n = Value(b.get(self.vector, slot), self.sum, self.width), self.width
        while n > 1:
            n //= 2
            y = b.shuffle(x, ", ".join(f"i32 {(k + n) % self.width}" for k in range(self.width)))
            x = x._replace(text=b.do(f"fadd {self.vector} {x.text}, {y.text}"))
        return b.extract(x, 0).text

    # Sums

    def slot(self, b: Builder) -> str:
        """A vector that starts from zero, each time it is come by."""
        out = b.slot(self.vector)
        b.put(self.vector, "zeroinitializer", out)
        return out

    def add(self, b: Builder, slot: str, x: str) -> None:
        """slot += x"""
        b.put(self.vector, b.do(f"fadd {self.vector} {b.get(self.vector, slot)}, {x}"), slot)
