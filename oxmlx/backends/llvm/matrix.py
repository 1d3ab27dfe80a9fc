"""What the texts of matrix products have in common: vectors in memory, copies, multiply-add."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from oxmlx.backends.llvm.builder import (
    Builder,
    Value,
    mangled,
    memory_type,
    register_type,
    typed,
)
from oxmlx.dtypes import Dtype
from oxmlx.ir.kernel import INDEX

ENTRY = "product"


class MatrixText:
    """The text of products of one dtype; 16-bit floats are added up as f32.

    Args:
        dtype: of the operands and the result.
        bits: of a vector register.
        registers: how many vector registers there are.
        fma: whether the CPU multiplies and adds with one rounding.
    """

    entry = f"void @{ENTRY}(ptr %args, i64 %first, i64 %last, i64 %from, i64 %to)"

    def __init__(self, dtype: Dtype, bits: int, registers: int, fma: bool) -> None:
        self.dtype, self.registers, self.fma = dtype, registers, fma
        self.is_half = dtype.itemsize == 2
        self.sum = np.dtype(np.float32) if self.is_half else dtype
        self.kind, self.memory = register_type(dtype), memory_type(dtype)
        self.width = bits // 8 // self.sum.itemsize
        self.vector = typed(self.kind, self.width)

    def join(self, functions: Sequence[Builder]) -> str:
        """Functions as one text."""
        declared = {name: text for b in functions for name, text in b.declared.items()}
        return "\n\n".join([*(b.text for b in functions), *declared.values()]) + "\n"

    # Parts of a function

    def arguments(
        self, b: Builder, arrays: Sequence[str], numbers: Sequence[str]
    ) -> dict[str, str]:
        """The argument block."""
        kinds = [*((name, "ptr") for name in arrays), *((name, "i64") for name in numbers)]
        return {
            name: b.get(kind, b.address("i64", "%args", str(k)))
            for k, (name, kind) in enumerate(kinds)
        }

    def matrices(self, b: Builder, given: dict[str, str], matrix: str) -> tuple[str, str]:
        """A and B of one matrix of the batch."""
        pair = b.address("i64", given["offsets"], b.arith("mul", matrix, "2"))
        a, right = b.get("i64", pair), b.get("i64", b.address("i64", pair, "1"))
        return b.address(self.memory, given["a"], a), b.address(self.memory, given["b"], right)

    def mask(self, b: Builder, n: str) -> str:
        """The first `n` lanes."""
        lanes = self.width
        bound = Value(b.do(f"trunc i64 {b.smaller(n, str(lanes))} to i32"), INDEX, 1)
        iota = ", ".join(f"i32 {k}" for k in range(lanes))
        return b.do(f"icmp slt <{lanes} x i32> <{iota}>, {b.splat(bound, lanes).text}")

    def masked_load(self, b: Builder, kind: str, at: str, on: str) -> str:
        """Elements of a scalar type, zero where the mask is off."""
        wide = typed(kind, self.width)
        args = [("ptr", at), ("i32", "1"), (f"<{self.width} x i1>", on), (wide, "zeroinitializer")]
        return b.call(f"llvm.masked.load.{mangled(kind, self.width)}.p0", wide, args)

    def masked_store(self, b: Builder, kind: str, text: str, at: str, on: str) -> None:
        """Elements of a scalar type, where the mask is on."""
        wide = typed(kind, self.width)
        args = [(wide, text), ("ptr", at), ("i32", "1"), (f"<{self.width} x i1>", on)]
        b.call(f"llvm.masked.store.{mangled(kind, self.width)}.p0", "void", args)

    def read(self, b: Builder, at: str, on: str = "") -> str:
        """Elements of an operand, as they are computed with."""
        wide = typed(self.memory, self.width)
        text = self.masked_load(b, self.memory, at, on) if on else b.load(wide, at)
        return b.from_memory(text, self.dtype, self.width).text

    def splat(self, b: Builder, x: str) -> str:
        """A number in every lane."""
        return b.splat(Value(x, self.sum, 1), self.width).text

    def multiply_add(self, b: Builder, x: str, y: str, slot: str) -> None:
        """slot += x * y, rounded once where the CPU can."""
        z, kind = b.get(self.vector, slot), self.vector
        if self.fma:
            args = [(kind, text) for text in (x, y, z)]
            total = b.call(f"llvm.fma.{mangled(self.kind, self.width)}", kind, args)
        else:
            total = b.do(f"fadd {kind} {b.do(f'fmul {kind} {x}, {y}')}, {z}")
        b.put(kind, total, slot)

    # A function

    def call_copy(
        self, b: Builder, to: tuple[str, str], source: tuple[str, str, str], shape: tuple[str, str]
    ) -> None:
        """Copy a part of an operand: to an address, with a step; from one, with two strides."""
        (target, step), (at, by_p, by_q), (p, q) = to, source, shape
        b.line(
            f"call void @copy(ptr {target}, i64 {step}, ptr {at}, i64 {by_p}, i64 {by_q}, "
            f"i64 {p}, i64 {q})"
        )

    def copy(self) -> Builder:
        """to[p, q] = at[p * by_p + q * by_q], in whole vectors of q, which end in zeros, and, where
        p has the stride 1, in whole vectors of p."""
        b, w = Builder(), self.width
        along, first = b.do("icmp eq i64 %by_q, 1"), b.do("icmp eq i64 %by_p, 1")
        across = b.do(f"and i1 {first}, {b.do(f'xor i1 {along}, true')}")
        neither = b.do(f"xor i1 {b.do(f'or i1 {along}, {first}')}, true")
        with b.when(along), b.loop("0", "%p", 1) as p:
            row = b.address(self.memory, "%at", b.arith("mul", p, "%by_p"))
            target = b.address(self.kind, "%to", b.arith("mul", p, "%step"))
            with b.loop("0", "%q", w) as q:
                x = self.read(
                    b, b.address(self.memory, row, q), self.mask(b, b.do(f"sub i64 %q, {q}"))
                )
                b.line(f"store {self.vector} {x}, ptr {b.address(self.kind, target, q)}, align 4")
        with b.when(across), b.loop("0", "%p", w) as p, b.loop("0", "%q", w) as q:
            self.copy_square(b, p, q)
        with b.when(neither), b.loop("0", "%p", 1) as p:
            row = b.address(self.memory, "%at", b.arith("mul", p, "%by_p"))
            target = b.address(self.kind, "%to", b.arith("mul", p, "%step"))
            with b.loop("0", "%q", w) as q, b.loop("0", str(w), 1) as lane:
                column = b.arith("add", q, lane)
                inside = b.do(f"icmp slt i64 {column}, %q")
                near = b.arith("mul", b.do(f"select i1 {inside}, i64 {column}, i64 0"), "%by_q")
                text = b.load(self.memory, b.address(self.memory, row, near))
                x = b.from_memory(text, self.dtype, 1).text
                x = b.do(f"select i1 {inside}, {self.kind} {x}, {self.kind} 0.0")
                b.put(self.kind, x, b.address(self.kind, target, column))
        return b.close(
            "internal void @copy(ptr %to, i64 %step, ptr %at, i64 %by_p, i64 %by_q, i64 %p, i64 %q)"
        )

    def copy_square(self, b: Builder, p: str, q: str) -> None:
        """Read a square of vectors along p, transpose it, and write it along q."""
        w, off = self.width, f"<{self.width} x i1> zeroinitializer"
        some = self.mask(b, b.do(f"sub i64 %p, {p}"))
        rows: list[str] = []
        for k in range(w):
            row = b.arith("add", q, str(k))
            inside = b.do(f"icmp slt i64 {row}, %q")
            on = b.do(f"select i1 {inside}, <{w} x i1> {some}, {off}")
            offset = b.arith("add", p, b.arith("mul", row, "%by_q"))
            rows.append(self.read(b, b.address(self.memory, "%at", offset), on))
        for k, x in enumerate(self.transposed(b, rows)):
            offset = b.arith("add", b.arith("mul", b.arith("add", p, str(k)), "%step"), q)
            b.line(f"store {self.vector} {x}, ptr {b.address(self.kind, '%to', offset)}, align 4")

    def transposed(self, b: Builder, rows: Sequence[str]) -> Sequence[str]:
        """A square of vectors, transposed by perfect shuffles."""
        w, kind = self.width, self.vector
        picks = [
            ", ".join(f"i32 {k + side}" for k in range(start, start + w // 2) for side in (0, w))
            for start in (0, w // 2)
        ]
        for _ in range(w.bit_length() - 1):
            rows = [
                b.do(f"shufflevector {kind} {x}, {kind} {y}, <{w} x i32> <{pick}>")
                for x, y in zip(rows[: w // 2], rows[w // 2 :], strict=True)
                for pick in picks
            ]
        return rows
