"""Convolutions with few columns, as LLVM IR text: the lanes of a vector are channels.

A panel of one column would leave almost all lanes idle.
"""

from __future__ import annotations

from collections.abc import Sequence

from oxmlx.backends.llvm.builder import Builder, Value
from oxmlx.backends.llvm.patches import Chunk, Patches
from oxmlx.dtypes import Dtype


class Dots(Patches):
    """out[out_rows[r] + j] = Σₖ Σ over c: x[rows[r] + terms[k] + c] w[w_terms[k] + j w_column + c]

    Arguments are those of `Patches`, but w is of the dtype of the sums, and `block` is how many
    channels there are, which are neighbours. The lanes that a caller divides are columns.
    """

    def __init__(self, dtype: Dtype, bits: int, registers: int, fma: bool) -> None:
        super().__init__(dtype, bits, registers, fma, 1)
        self.panel, self.of_w = 1, self.kind

    def text(self) -> str:
        """The text."""
        return self.join([*map(self.tile, self.heights), self.product()])

    def tile(self, height: int) -> Builder:
        """Some rows of a column of C."""
        b, w = Builder(), self.width
        sums = [b.slot(self.vector) for _ in range(height)]
        for slot in sums:
            b.put(self.vector, "zeroinitializer", slot)
        rows = [
            b.address(self.kind, "%x", b.get("i64", b.address("i64", "%rows", str(k))))
            for k in range(height)
        ]
        whole = b.do(f"sub i64 %channels, {b.do(f'srem i64 %channels, {w}')}")
        on = self.mask(b, b.do(f"sub i64 %channels, {whole}"))
        has_rest = b.do(f"icmp ne i64 %channels, {whole}")
        with b.loop("0", "%count", 1) as k:
            of_x, of_w = (b.get("i64", b.address("i64", t, k)) for t in ("%terms", "%w_terms"))
            with b.loop("0", whole, w) as c:
                right = b.load(self.vector, b.address(self.kind, "%w", b.arith("add", of_w, c)))
                at = b.arith("add", of_x, c)
                for row, slot in zip(rows, sums, strict=True):
                    left = b.load(self.vector, b.address(self.kind, row, at))
                    self.multiply_add(b, left, right, slot)
            with b.when(has_rest):
                at = b.address(self.kind, "%w", b.arith("add", of_w, whole))
                right = self.masked_load(b, self.kind, at, on)
                at = b.arith("add", of_x, whole)
                for row, slot in zip(rows, sums, strict=True):
                    left = self.masked_load(b, self.kind, b.address(self.kind, row, at), on)
                    self.multiply_add(b, left, right, slot)
        for k, slot in enumerate(sums):
            total = Value(self.across_lanes(b, b.get(self.vector, slot)), self.dtype, 1)
            place = b.get("i64", b.address("i64", "%out_rows", str(k)))
            at = b.address(self.memory, "%out", place)
            b.line(f"store {self.memory} {b.to_memory(total)}, ptr {at}, align 1")
        arrays = "ptr %x, ptr %rows, ptr %terms, ptr %w, ptr %w_terms, ptr %out, ptr %out_rows"
        return b.close(f"internal void @tile{height}({arrays}, i64 %count, i64 %channels)")

    def across_lanes(self, b: Builder, x: str) -> str:
        """The sum of the lanes, the second half added to the first."""
        n = self.width
        while n > 1:
            n //= 2
            picks = ", ".join(f"i32 {(k + n) % self.width}" for k in range(self.width))
            other = b.do(
                f"shufflevector {self.vector} {x}, {self.vector} poison, "
                f"<{self.width} x i32> <{picks}>"
            )
            x = b.do(f"fadd {self.vector} {x}, {other}")
        return b.do(f"extractelement {self.vector} {x}, i32 0")

    def chunk(self, b: Builder, given: dict[str, str], at: Chunk, rows: str) -> None:
        """Some rows, column by column."""
        with b.loop("%from", "%to", 1) as column:
            w = b.address(self.kind, at.w, b.arith("mul", column, given["w_column"]))
            out = b.address(self.memory, at.out, column)
            done = "0"
            for height in self.heights:
                rest = b.do(f"srem i64 {b.do(f'sub i64 {rows}, {done}')}, {height}")
                end = b.do(f"sub i64 {rows}, {rest}")
                with b.loop(done, end, height) as row:
                    starts = [b.address("i64", t, row) for t in (at.rows, at.out_rows)]
                    self.call_tile(b, height, given, at, (w, out, *starts))
                done = end

    def call_tile(
        self, b: Builder, height: int, given: dict[str, str], at: Chunk, here: Sequence[str]
    ) -> None:
        """Call a tile for a column and some rows."""
        w, out, rows, out_rows = here
        b.line(
            f"call void @tile{height}(ptr {at.x}, ptr {rows}, ptr {given['terms']}, ptr {w}, "
            f"ptr {given['w_terms']}, ptr {out}, ptr {out_rows}, i64 {given['term_count']}, "
            f"i64 {given['block']})"
        )
