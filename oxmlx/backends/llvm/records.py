"""Records in order, as LLVM IR text: unsigned integers, which have a key in their upper bits.

Few are sorted by a network, many by digits. Equal keys stay as they were if below them are places.
"""

from __future__ import annotations

import numpy as np

from oxmlx.backends.llvm.builder import Builder, Value, constant, typed
from oxmlx.backends.llvm.digits import Digits
from oxmlx.backends.llvm.network import Network
from oxmlx.backends.llvm.target import target
from oxmlx.dtypes import Dtype

NARROW, WIDE = 8, 11
"""Bits of a digit: the places to write to for each stay in the first cache, or in the second."""
SOME, NEAR = 1 << 10, 1 << 22
"""Records from which on, and bytes of them up to which, wide digits are faster, if fewer."""


def records_of(dtype: Dtype, places: bool = True) -> Records:
    """Records of elements of a dtype, with their places if there is more to them than the key."""
    return Records(8 * dtype.itemsize, places, target().bits)


class Records:
    """Records of a key and perhaps a place below it.

    Args:
        key_bits: of a key.
        places: whether there are places.
        bits: of a vector register.
    """

    def __init__(self, key_bits: int, places: bool, bits: int) -> None:
        self.low = max(32, key_bits) if places else 0
        """Where the key begins."""
        self.key, self.kind = f"i{key_bits}", f"i{2 * self.low or key_bits}"
        self.bytes = int(self.kind[1:]) // 8
        """Of a record."""
        narrow, wide = (Digits(self.kind, self.low, key_bits, w) for w in (NARROW, WIDE))
        self.narrow, self.wide = narrow, wide if wide.passes < narrow.passes else narrow
        lanes = 1 if self.kind == "i128" else bits // 8 // self.bytes
        self.network = Network(self.kind, lanes)
        self.few = 1 << (6 if lanes == 1 else 7 + self.wide.passes * lanes // 8)
        """Records up to which a network is faster, as measured with vectors of 512 bits."""

    def room(self, n: int) -> int:
        """The bytes of memory for up to so many: what a network sorts is filled up, by vectors."""
        full = max(self.network.least, 1 << (min(n, self.few) - 1).bit_length())
        return self.bytes * max(n, full + self.network.lanes)

    def get(self, b: Builder, base: str, k: str) -> str:
        """A record."""
        return b.load(self.kind, b.address(self.kind, base, k))

    def put(self, b: Builder, record: str, base: str, k: str) -> None:
        """Set a record."""
        b.line(f"store {self.kind} {record}, ptr {b.address(self.kind, base, k)}, align 1")

    def join(self, b: Builder, keys: Value, first: str, at: str) -> None:
        """Set records, at an address, of keys and of the places from the first on."""
        kind, narrow = typed(self.kind, keys.lanes), b.type_of(keys)
        wide = b.do(f"zext {narrow} {keys.text} to {kind}") if narrow != kind else keys.text
        high = b.do(f"shl {kind} {wide}, {constant(self.low, self.kind, keys.lanes)}")
        places = self.places(b, first, keys.lanes)
        if self.kind == "i128":
            places = b.do(f"zext i64 {places} to i128")
        text = b.do(f"or {kind} {high}, {places}")
        b.line(f"store {kind} {text}, ptr {at}, align 1")

    def places(self, b: Builder, first: str, width: int) -> str:
        """first, first + 1, ..."""
        if width == 1:
            return first
        steps = ", ".join(f"i64 {k}" for k in range(width))
        start = b.splat(Value(first, np.dtype(np.int64), 1), width)
        return b.do(f"add {b.type_of(start)} {start.text}, <{steps}>")

    def place(self, b: Builder, record: str) -> str:
        """The place in a record, in 32 bits."""
        return b.do(f"trunc {self.kind} {record} to i32")

    def call(self, b: Builder, records: str, spare: str, n: str) -> str:
        """Put n records in order: where they are then, which is in the one memory or the other."""
        return b.do(f"call ptr @sort(ptr {records}, ptr {spare}, i64 {n})")

    def text(self) -> str:
        """The functions."""
        digits = dict.fromkeys((self.narrow, self.wide))
        functions = self.network.function(), *(d.function() for d in digits), self.sort()
        declared = {name: text for b in functions for name, text in b.declared.items()}
        return "\n\n".join([*(b.text for b in functions), *declared.values()])

    def sort(self) -> Builder:
        """All of it."""
        b = Builder()
        result = b.slot("ptr")
        b.put("ptr", "%records", result)
        few = b.do(f"icmp sle i64 %n, {self.few}")
        with b.when(few):
            last = b.do("sub i64 %n, 1")
            zeros = b.call("llvm.ctlz.i64", "i64", [("i64", last), ("i1", "false")])
            needed, least = b.do(f"sub i64 64, {zeros}"), str(self.network.levels)
            log = b.call("llvm.smax.i64", "i64", [("i64", needed), ("i64", least)])
            lanes = self.network.lanes
            highest = f"{self.network.vector} {constant(-1, self.kind, lanes)}"
            with b.loop("%n", b.do(f"shl i64 1, {log}"), lanes) as k:
                b.line(f"store {highest}, ptr {b.address(self.kind, '%records', k)}, align 1")
            b.line(f"call void @network(ptr %records, i64 {log})")
        with b.when(b.do(f"xor i1 {few}, true")):
            more = b.do(f"sub i64 %n, {SOME}")
            is_wide = b.do(f"icmp ult i64 {more}, {NEAR // self.bytes - SOME}")
            with b.when(is_wide):
                b.put("ptr", self.wide.call(b, "%records", "%spare", "%n"), result)
            with b.when(b.do(f"xor i1 {is_wide}, true")):
                b.put("ptr", self.narrow.call(b, "%records", "%spare", "%n"), result)
        end = b.get("ptr", result)
        return b.close("internal ptr @sort(ptr %records, ptr %spare, i64 %n)", f"ptr {end}")
