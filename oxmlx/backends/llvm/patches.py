"""Convolutions as LLVM IR text: products of matrices whose A is never made.

A row of A is what a window shows. Its elements lie where two tables say, one of rows, one of terms:
so any stride, dilation and layout is the same text.
"""

from __future__ import annotations

from typing import NamedTuple

from oxmlx.backends.llvm.builder import Builder, Value
from oxmlx.backends.llvm.gemm import VECTORS, Gemm
from oxmlx.backends.llvm.render import ENTRY
from oxmlx.dtypes import Dtype

TERMS = 320
"""Terms that are added up in registers, at most: a panel of so many rows fits the first cache."""
ARRAYS = (
    "x",
    "w",
    "out",
    "groups",
    "rows",
    "terms",
    "w_terms",
    "out_rows",
    "sum_rows",
    "lines",
    "panel",
    "sums",
    "padded",
)


class Numbers(NamedTuple):
    """What follows the arrays in the argument block, as words; strides count elements."""

    row_count: int
    """Places of all images of a group."""
    period: int
    """Places of a block of images, after which the table of rows begins again."""
    columns: int
    term_count: int
    block: int
    """Terms that are added up in registers."""
    height: int
    """Rows that are worked on together."""
    chunks: int
    """Of a block of images."""
    part: int
    """Chunks that are one row of those that a caller divides: all, if images are padded here."""
    blocks: int
    """Of a group."""
    x_block: int
    """From a block of images to the next."""
    w_column: int
    """From a column of w to the next; if it is not 1, terms are neighbours."""
    out_block: int
    """From a block of images to the next in the output."""
    run: int
    """The length of the lines of x; 0 if it is read where it lies, and has its padding."""
    each: int
    """Lines of an image."""
    size: int
    """Elements of a block of padded images."""
    together: int
    """Images of a block."""
    images: int
    """Of a group."""


class Chunk(NamedTuple):
    """Addresses: of the operands and the output, and of the first row in their tables."""

    x: str
    rows: str
    w: str
    out: str
    out_rows: str


class Patches(Gemm):
    """out[out_rows[r] + j] = Σₖ x[rows[r] + terms[k]] w[w_terms[k] + j w_column] for each group.

    Arguments: x, which has its padding and is of the dtype of the sums, unless it comes in lines;
    w, out; where each group begins in the three; the tables of offsets, one of them for the sums,
    and of lines; and memory for a panel of w, for 16-bit floats the sums of some rows, and for some
    padded images; then `Numbers`. The rows that a caller divides are chunks, the lanes are panels.
    """

    entry = f"void @{ENTRY}(ptr %args, i64 %first, i64 %last, i64 %from, i64 %to)"

    def __init__(
        self, dtype: Dtype, bits: int, registers: int, fma: bool, vectors: int = VECTORS
    ) -> None:
        super().__init__(dtype, bits, registers, fma)
        self.vectors, self.panel = vectors, vectors * self.width
        self.of_w = self.memory
        self.heights = (8, 4, 2, 1) if registers >= 32 else (4, 2, 1)
        """Of tiles: fewer rows than products have, for each has an address of its own."""

    def tile(self, height: int) -> Builder:
        """C += A w for some rows of a panel of C; C = A w if `old` is not set."""
        b, w = Builder(), self.width
        sums = [[b.slot(self.vector) for _ in range(self.vectors)] for _ in range(height)]
        for slot in (slot for row in sums for slot in row):
            b.put(self.vector, "zeroinitializer", slot)
        rows = [
            b.address(self.kind, "%x", b.get("i64", b.address("i64", "%rows", str(k))))
            for k in range(height)
        ]
        with b.loop("0", "%count", 1) as k:
            at = b.get("i64", b.address("i64", "%terms", k))
            start = b.address(self.kind, "%panel", b.arith("mul", k, str(self.panel)))
            right = [
                b.load(self.vector, b.address(self.kind, start, str(n * w)))
                for n in range(self.vectors)
            ]
            for row, slots in zip(rows, sums, strict=True):
                left = self.splat(b, b.get(self.kind, b.address(self.kind, row, at)))
                for y, slot in zip(right, slots, strict=True):
                    self.multiply_add(b, left, y, slot)
        places = (b.get("i64", b.address("i64", "%out_rows", str(k))) for k in range(height))
        self.add_tile(b, sums, [b.address(self.kind, "%c", at) for at in places])
        arrays = "ptr %x, ptr %rows, ptr %terms, ptr %panel, ptr %c, ptr %out_rows"
        numbers = "i64 %count, i64 %columns, i1 %old"
        return b.close(f"internal void @tile{height}({arrays}, {numbers})")

    def product(self) -> Builder:
        """All of it: for chunks of rows, for blocks of terms, for panels."""
        b = Builder()
        given = self.arguments(b, ARRAYS, Numbers._fields)
        parts = b.do(f"udiv i64 {given['chunks']}, {given['part']}")
        pads = b.do(f"icmp ne i64 {given['run']}, 0")
        with b.loop("%first", "%last", 1) as unit:
            block = b.do(f"udiv i64 {unit}, {parts}")
            group = b.do(f"udiv i64 {block}, {given['blocks']}")
            block = b.do(f"urem i64 {block}, {given['blocks']}")
            begins = b.address("i64", given["groups"], b.arith("mul", group, "3"))
            kinds = {"x": self.kind, "w": self.of_w, "out": self.memory}
            x, w, out = (
                b.address(kind, given[name], b.get("i64", b.address("i64", begins, str(k))))
                for k, (name, kind) in enumerate(kinds.items())
            )
            offset = b.arith("mul", block, given["x_block"])
            with b.when(pads):
                self.pad(b, given, b.address(self.memory, given["x"], offset), block)
            x = b.address(self.kind, x, offset)
            x = b.do(f"select i1 {pads}, ptr {given['padded']}, ptr {x}")
            out = b.address(self.memory, out, b.arith("mul", block, given["out_block"]))
            chunk = b.arith("mul", b.do(f"urem i64 {unit}, {parts}"), given["part"])
            with b.loop(chunk, b.arith("add", chunk, given["part"]), 1) as chunk:
                start = b.arith("mul", chunk, given["height"])
                first = b.arith("add", b.arith("mul", block, given["period"]), start)
                left = b.smaller(
                    b.do(f"sub i64 {given['period']}, {start}"),
                    b.do(f"sub i64 {given['row_count']}, {first}"),
                )
                rows = b.smaller(given["height"], left)
                table, out_rows = (b.address("i64", given[n], start) for n in ("rows", "out_rows"))
                self.chunk(b, given, Chunk(x, table, w, out, out_rows), rows)
        return b.close(self.entry)

    def pad(self, b: Builder, given: dict[str, str], x: str, block: str) -> None:
        """Put padded images together."""
        done = b.slot("i64")
        b.put("i64", "0", done)
        before = b.arith("mul", block, given["together"])
        images = b.smaller(given["together"], b.do(f"sub i64 {given['images']}, {before}"))
        over = b.do(f"srem i64 {given['run']}, {self.width}")
        whole, rest = b.do(f"sub i64 {given['run']}, {over}"), self.mask(b, over)
        with b.loop("0", b.arith("mul", images, given["each"]), 1) as line:
            places = b.address("i64", given["lines"], b.arith("mul", line, "2"))
            source, target = (b.get("i64", b.address("i64", places, str(k))) for k in range(2))
            self.clear(b, given["padded"], b.get("i64", done), target)
            at = b.address(self.memory, x, source), b.address(self.kind, given["padded"], target)
            with b.loop("0", whole, self.width) as k:
                value = self.read(b, b.address(self.memory, at[0], k))
                b.line(
                    f"store {self.vector} {value}, ptr {b.address(self.kind, at[1], k)}, align 4"
                )
            with b.loop(whole, given["run"], self.width) as k:
                value = self.read(b, b.address(self.memory, at[0], k), rest)
                self.masked_store(b, self.kind, value, b.address(self.kind, at[1], k), rest)
            b.put("i64", b.arith("add", target, given["run"]), done)
        self.clear(b, given["padded"], b.get("i64", done), given["size"])

    def clear(self, b: Builder, at: str, start: str, stop: str) -> None:
        """Write zeros."""
        with b.loop(start, stop, self.width) as k:
            on = self.mask(b, b.do(f"sub i64 {stop}, {k}"))
            self.masked_store(b, self.kind, "zeroinitializer", b.address(self.kind, at, k), on)

    def chunk(self, b: Builder, given: dict[str, str], at: Chunk, rows: str) -> None:
        """Some rows."""
        if not self.is_half:
            with b.loop("0", given["term_count"], given["block"]) as term:
                self.some_terms(b, given, at, rows, term)
            return
        apart = at._replace(out=given["sums"], out_rows=given["sum_rows"])
        with b.loop("0", given["term_count"], given["block"]) as term:
            self.some_terms(b, given, apart, rows, term)
        self.round_rows(b, given, at, rows)

    def some_terms(
        self, b: Builder, given: dict[str, str], at: Chunk, rows: str, term: str
    ) -> None:
        """A block of terms, panel by panel."""
        count = b.smaller(given["block"], b.do(f"sub i64 {given['term_count']}, {term}"))
        old = b.do(f"icmp ne i64 {term}, 0")
        terms, w_terms = (b.address("i64", given[name], term) for name in ("terms", "w_terms"))
        with b.loop("%from", "%to", 1) as panel:
            column = b.arith("mul", panel, str(self.panel))
            left = b.do(f"sub i64 {given['columns']}, {column}")
            columns = b.smaller(str(self.panel), left)
            right = b.address(self.memory, at.w, b.arith("mul", column, given["w_column"]))
            self.pack(b, given, (right, w_terms), count, columns)
            c = b.address(self.kind, at.out, column)
            done = "0"
            for height in self.heights:
                rest = b.do(f"srem i64 {b.do(f'sub i64 {rows}, {done}')}, {height}")
                end = b.do(f"sub i64 {rows}, {rest}")
                with b.loop(done, end, height) as row:
                    start, c_start = (b.address("i64", t, row) for t in (at.rows, at.out_rows))
                    b.line(
                        f"call void @tile{height}(ptr {at.x}, ptr {start}, ptr {terms}, "
                        f"ptr {given['panel']}, ptr {c}, ptr {c_start}, i64 {count}, "
                        f"i64 {columns}, i1 {old})"
                    )
                done = end

    def pack(
        self, b: Builder, given: dict[str, str], w: tuple[str, str], count: str, columns: str
    ) -> None:
        """Copy a panel of w: row by row, or terms that are neighbours in squares."""
        right, w_terms = w
        along = b.do(f"icmp eq i64 {given['w_column']}, 1")
        with b.when(along), b.loop("0", count, 1) as k:
            offset = b.get("i64", b.address("i64", w_terms, k))
            row = b.address(self.memory, right, offset)
            target = b.address(self.kind, given["panel"], b.arith("mul", k, str(self.panel)))
            for n in range(self.vectors):
                start = str(n * self.width)
                on = self.mask(b, b.do(f"sub i64 {columns}, {start}"))
                y = self.read(b, b.address(self.memory, row, start), on)
                b.line(
                    f"store {self.vector} {y}, ptr {b.address(self.kind, target, start)}, align 4"
                )
        with b.when(b.do(f"xor i1 {along}, true")):
            first = b.address(self.memory, right, b.get("i64", w_terms))
            source = first, "1", given["w_column"]
            self.call_copy(b, (given["panel"], str(self.panel)), source, (count, columns))

    def round_rows(self, b: Builder, given: dict[str, str], at: Chunk, rows: str) -> None:
        """Write the sums of some rows as 16-bit floats."""
        start = b.arith("mul", "%from", str(self.panel))
        stop = b.smaller(b.arith("mul", "%to", str(self.panel)), given["columns"])
        with b.loop("0", rows, 1) as row:
            source = b.address(self.kind, given["sums"], b.arith("mul", row, given["columns"]))
            target = b.address(
                self.memory, at.out, b.get("i64", b.address("i64", at.out_rows, row))
            )
            with b.loop(start, stop, self.width) as column:
                on = self.mask(b, b.do(f"sub i64 {stop}, {column}"))
                x = self.masked_load(b, self.kind, b.address(self.kind, source, column), on)
                text = b.to_memory(Value(x, self.dtype, self.width))
                self.masked_store(b, self.memory, text, b.address(self.memory, target, column), on)
