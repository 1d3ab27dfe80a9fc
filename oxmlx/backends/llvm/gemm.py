"""Products of matrices as LLVM IR text: tiles in registers, over panels of B and rows of A.

Each element is added up in the order of its terms, in blocks of `BLOCK` from zero on, and these one
after another: its bits depend on nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from oxmlx.backends.llvm.builder import Builder, Value
from oxmlx.backends.llvm.matrix import MatrixText
from oxmlx.dtypes import Dtype

BLOCK = 256
"""Terms that are added up in registers: a panel of so many rows fits the first cache."""
PADDING = 16
"""Elements after a row of a copy of A: rows do not then fall into one set of a cache."""
HEIGHT = 480
"""Rows of A that are used again and again, from the second cache."""
VECTORS = 2
"""Of a panel."""


class Numbers(NamedTuple):
    """What follows the arrays in the argument block, as words; strides count elements."""

    rows: int
    columns: int
    terms: int
    height: int
    """Rows of a group."""
    groups: int
    """Of a matrix."""
    a_row: int
    a_term: int
    b_term: int
    b_column: int
    out_row: int
    out_column: int
    copies: int
    """Whether blocks of A are copied; if not, its rows are contiguous and read where they lie."""


class Gemm(MatrixText):
    """out[b, i, j] = Σₖ A[b, i, k] B[b, k, j] for one dtype and any strides.

    Arguments: A, B, pairs of offsets into them for every matrix of the batch, out, and memory for a
    copy of a block of A, a panel of B and, unless they can be where the result is, the sums of a
    group of rows; then `Numbers`. The rows that a caller divides are groups, the lanes are panels.
    """

    def __init__(self, dtype: Dtype, bits: int, registers: int, fma: bool) -> None:
        super().__init__(dtype, bits, registers, fma)
        self.panel = VECTORS * self.width
        self.heights = (12, 8, 4, 2, 1) if registers >= 32 else (6, 4, 2, 1)
        """Of tiles. Their sums, a row of the panel and an element of A are in registers."""

    def text(self) -> str:
        """The text."""
        return self.join([self.copy(), *map(self.tile, self.heights), self.product()])

    def tile(self, height: int) -> Builder:
        """C += A B for some rows of a panel of C; C = A B if `old` is not set."""
        b, w = Builder(), self.width
        sums = [[b.slot(self.vector) for _ in range(VECTORS)] for _ in range(height)]
        for row in sums:
            for slot in row:
                b.put(self.vector, "zeroinitializer", slot)
        rows = [b.address(self.kind, "%a", b.arith("mul", "%a_row", str(k))) for k in range(height)]
        with b.loop("0", "%terms", 1) as k:
            start = b.address(self.kind, "%b", b.arith("mul", k, str(self.panel)))
            right = [
                b.load(self.vector, b.address(self.kind, start, str(n * w))) for n in range(VECTORS)
            ]
            for at, slots in zip(rows, sums, strict=True):
                left = self.splat(b, b.get(self.kind, b.address(self.kind, at, k)))
                for y, slot in zip(right, slots, strict=True):
                    self.multiply_add(b, left, y, slot)
        starts = (b.arith("mul", "%c_row", str(k)) for k in range(height))
        self.add_tile(b, sums, [b.address(self.kind, "%c", at) for at in starts])
        params = "ptr %a, i64 %a_row, ptr %b, ptr %c, i64 %c_row, i64 %terms, i64 %columns, i1 %old"
        return b.close(f"internal void @tile{height}({params})")

    def add_tile(self, b: Builder, sums: Sequence[Sequence[str]], rows: Sequence[str]) -> None:
        """Rows of C = sums, or C += sums if `old` is set. Stores with masks, which only the last
        columns need, are slow where C is in no cache."""
        count = len(sums[0])
        is_whole = b.do(f"icmp sge i64 %columns, {count * self.width}")
        with b.when(is_whole):
            self.add_rows(b, sums, rows, [])
        with b.when(b.do(f"xor i1 {is_whole}, true")):
            left = [b.do(f"sub i64 %columns, {n * self.width}") for n in range(count)]
            self.add_rows(b, sums, rows, [self.mask(b, n) for n in left])

    def add_rows(
        self,
        b: Builder,
        sums: Sequence[Sequence[str]],
        rows: Sequence[str],
        masks: Sequence[str],
    ) -> None:
        """The same where masks are on, if there are any."""
        for row, slots in zip(rows, sums, strict=True):
            for n, slot in enumerate(slots):
                at = b.address(self.kind, row, str(n * self.width))
                with b.when("%old"):
                    before = (
                        self.masked_load(b, self.kind, at, masks[n])
                        if masks
                        else b.load(self.vector, at)
                    )
                    total = b.do(f"fadd {self.vector} {before}, {b.get(self.vector, slot)}")
                    b.put(self.vector, total, slot)
                total = b.get(self.vector, slot)
                if masks:
                    self.masked_store(b, self.kind, total, at, masks[n])
                else:
                    b.line(f"store {self.vector} {total}, ptr {at}, align 4")

    def product(self) -> Builder:
        """All of it: for groups of rows, for blocks of terms, for panels."""
        b = Builder()
        names = "a", "b", "offsets", "out", "copied", "panel", "sums"
        given = self.arguments(b, names, Numbers._fields)
        apart = "true" if self.is_half else b.do(f"icmp ne i64 {given['out_column']}, 1")
        with b.loop("%first", "%last", 1) as group:
            matrix = b.do(f"udiv i64 {group}, {given['groups']}")
            start = b.arith("mul", b.do(f"urem i64 {group}, {given['groups']}"), given["height"])
            left = b.do(f"sub i64 {given['rows']}, {start}")
            rows = b.smaller(given["height"], left)
            a, right = self.matrices(b, given, matrix)
            a = b.address(self.memory, a, b.arith("mul", start, given["a_row"]))
            size = b.arith("mul", given["rows"], given["columns"])
            above = b.arith("mul", start, given["out_row"])
            place = b.arith("add", b.arith("mul", matrix, size), above)
            out = b.address(self.memory, given["out"], place)
            sums = b.do(f"select i1 {apart}, ptr {given['sums']}, ptr {out}")
            with b.loop("0", given["terms"], BLOCK) as term:
                self.block(b, given, (a, right, sums), rows, term)
            with b.when(apart):
                self.deliver(b, given, sums, out, rows)
        return b.close(self.entry)

    def block(
        self,
        b: Builder,
        given: dict[str, str],
        matrices: tuple[str, str, str],
        rows: str,
        term: str,
    ) -> None:
        """A block of terms: a copy of A, if there is to be one; then panel by panel, of which there
        is a copy in any case."""
        a, right, sums = matrices
        terms = b.smaller(str(BLOCK), b.do(f"sub i64 {given['terms']}, {term}"))
        a = b.address(self.memory, a, b.arith("mul", term, given["a_term"]))
        right = b.address(self.memory, right, b.arith("mul", term, given["b_term"]))
        copies = "true" if self.is_half else b.do(f"icmp ne i64 {given['copies']}, 0")
        step, old = str(BLOCK + PADDING), b.do(f"icmp ne i64 {term}, 0")
        with b.when(copies):
            strides = given["a_row"], given["a_term"]
            self.call_copy(b, (given["copied"], step), (a, *strides), (rows, terms))
        a = b.do(f"select i1 {copies}, ptr {given['copied']}, ptr {a}")
        a_row = b.do(f"select i1 {copies}, i64 {step}, i64 {given['a_row']}")
        with b.loop("%from", "%to", 1) as panel:
            column = b.arith("mul", panel, str(self.panel))
            left = b.do(f"sub i64 {given['columns']}, {column}")
            columns = b.smaller(str(self.panel), left)
            here = b.address(self.memory, right, b.arith("mul", column, given["b_column"]))
            strides = given["b_term"], given["b_column"]
            self.call_copy(b, (given["panel"], str(self.panel)), (here, *strides), (terms, columns))
            done = "0"
            for height in self.heights:
                rest = b.do(f"srem i64 {b.do(f'sub i64 {rows}, {done}')}, {height}")
                end = b.do(f"sub i64 {rows}, {rest}")
                with b.loop(done, end, height) as row:
                    offset = b.arith("add", b.arith("mul", row, given["columns"]), column)
                    tile = b.address(self.kind, a, b.arith("mul", row, a_row))
                    c = b.address(self.kind, sums, offset)
                    b.line(
                        f"call void @tile{height}(ptr {tile}, i64 {a_row}, ptr {given['panel']}, "
                        f"ptr {c}, i64 {given['columns']}, i64 {terms}, i64 {columns}, i1 {old})"
                    )
                done = end

    def deliver(self, b: Builder, given: dict[str, str], sums: str, out: str, rows: str) -> None:
        """Write the result from the sums of a group of rows."""
        start = b.arith("mul", "%from", str(self.panel))
        stop = b.smaller(b.arith("mul", "%to", str(self.panel)), given["columns"])
        along = b.do(f"icmp eq i64 {given['out_column']}, 1")
        with b.loop("0", rows, 1) as row:
            source = b.address(self.kind, sums, b.arith("mul", row, given["columns"]))
            target = b.address(self.memory, out, b.arith("mul", row, given["out_row"]))
            with b.when(along), b.loop(start, stop, self.width) as column:
                on = self.mask(b, b.do(f"sub i64 {stop}, {column}"))
                x = self.masked_load(b, self.kind, b.address(self.kind, source, column), on)
                text = b.to_memory(Value(x, self.dtype, self.width))
                self.masked_store(b, self.memory, text, b.address(self.memory, target, column), on)
            with b.when(b.do(f"xor i1 {along}, true")), b.loop(start, stop, 1) as column:
                x = b.get(self.kind, b.address(self.kind, source, column))
                at = b.address(self.memory, target, b.arith("mul", column, given["out_column"]))
                b.put(self.memory, b.to_memory(Value(x, self.dtype, 1)), at)
