"""Sorting by digits as LLVM IR text: by one digit after another, the lowest first."""

from __future__ import annotations

from math import ceil

from oxmlx.backends.llvm.builder import Builder


class Digits:
    """The text that puts unsigned integers in the order of their upper bits, equals as they were.

    Args:
        kind: their type.
        low: the bits below those that count.
        bits: how many bits count.
        width: bits of a digit.
    """

    def __init__(self, kind: str, low: int, bits: int, width: int) -> None:
        self.kind, self.low, self.width = kind, low, width
        self.passes, self.size = ceil(bits / width), 1 << width
        self.name = f"by_digits_of_{width}"

    def call(self, b: Builder, records: str, spare: str, n: str) -> str:
        """Put n records in order: where they are then, which is in the one memory or the other."""
        return b.do(f"call ptr @{self.name}(ptr {records}, ptr {spare}, i64 {n})")

    def function(self) -> Builder:
        """Count all digits, then move by each that is not the same in all records."""
        b = Builder()
        counts = b.slot(f"[{self.passes * self.size} x i32]")
        size = str(4 * self.passes * self.size)
        args = [("ptr", counts), ("i8", "0"), ("i64", size), ("i1", "false")]
        b.call("llvm.memset.p0.i64", "void", args)
        memory = source, target = b.slot("ptr"), b.slot("ptr")
        b.put("ptr", "%records", source)
        b.put("ptr", "%spare", target)
        with b.loop("0", "%n", 1) as k:
            record = self.get(b, "%records", k)
            for digit in range(self.passes):
                at = self.count(b, counts, digit, record)
                b.put("i32", b.do(f"add i32 {b.get('i32', at)}, 1"), at)
        first = self.get(b, "%records", "0")
        for digit in range(self.passes):
            same = b.get("i32", self.count(b, counts, digit, first))
            differs = b.do(f"icmp ne i64 {b.do(f'zext i32 {same} to i64')}, %n")
            with b.when(differs):
                self.move(b, counts, digit, memory)
        end = b.get("ptr", source)
        return b.close(f"internal ptr @{self.name}(ptr %records, ptr %spare, i64 %n)", f"ptr {end}")

    def get(self, b: Builder, base: str, k: str) -> str:
        """A record."""
        return b.load(self.kind, b.address(self.kind, base, k))

    def count(self, b: Builder, counts: str, digit: int, record: str) -> str:
        """Where the number of records with a digit is."""
        shift = self.low + self.width * digit
        value = b.do(f"lshr {self.kind} {record}, {shift}") if shift else record
        if self.kind != "i64":
            op = "trunc" if self.kind == "i128" else "zext"
            value = b.do(f"{op} {self.kind} {value} to i64")
        value = b.do(f"and i64 {value}, {self.size - 1}")
        return b.address("i32", counts, b.arith("add", value, str(digit * self.size)))

    def move(self, b: Builder, counts: str, digit: int, memory: tuple[str, str]) -> None:
        """Move the records behind those of lower digits; the memories change their parts."""
        total = b.slot("i32")
        b.put("i32", "0", total)
        with b.loop(str(digit * self.size), str((digit + 1) * self.size), 1) as k:
            at, before = b.address("i32", counts, k), b.get("i32", total)
            b.put("i32", b.do(f"add i32 {before}, {b.get('i32', at)}"), total)
            b.put("i32", before, at)
        source, target = (b.get("ptr", slot) for slot in memory)
        with b.loop("0", "%n", 1) as k:
            record = self.get(b, source, k)
            at = self.count(b, counts, digit, record)
            place = b.get("i32", at)
            b.put("i32", b.do(f"add i32 {place}, 1"), at)
            to = b.address(self.kind, target, b.do(f"zext i32 {place} to i64"))
            b.line(f"store {self.kind} {record}, ptr {to}, align 1")
        b.put("ptr", target, memory[0])
        b.put("ptr", source, memory[1])
