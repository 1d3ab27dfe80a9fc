"""Scans along an axis: running sums, products and extremes, with the bits of their `impl`.

An element is combined with all before it one after another, floats in f64. So rows are what is done
at once: neighbours as the lanes of vectors, else some rows in turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import log
from typing import Any

import numpy as np

from oxmlx.backends.llvm.along import along
from oxmlx.backends.llvm.builder import (
    Builder,
    Value,
    constant,
    memory_type,
    register_type,
    typed,
)
from oxmlx.backends.llvm.functions import F64, Functions, c_library
from oxmlx.backends.llvm.keys import bits_of, flipped, is_ordered, signed_key
from oxmlx.backends.llvm.launch import in_order
from oxmlx.backends.llvm.library import Task, divide
from oxmlx.backends.llvm.memory import maker
from oxmlx.backends.llvm.render import ENTRY
from oxmlx.backends.llvm.scalars import cast, scalar_op
from oxmlx.backends.llvm.share import TRAFFIC
from oxmlx.backends.llvm.target import target
from oxmlx.dtypes import Dtype, is_float
from oxmlx.ir.jaxpr import Eqn

MONOIDS = {
    "cumsum": "add",
    "cumprod": "mul",
    "cummax": "max",
    "cummin": "min",
    "cumlogsumexp": "logaddexp",
}
"""The operation of each primitive."""
COSTS = {"logaddexp": 50}
"""Of an operation, in adds, where it is not one."""
TURNS = 4
"""Rows that wait for their own last element only."""
STRIP = 512
"""Lanes whose values so far are kept in the first cache."""


class Scan:
    """A scan that is ready."""

    def __init__(self, eqn: Eqn) -> None:
        prim: Any = eqn.prim
        x, monoid = eqn.inputs[0].aval, MONOIDS[prim.name]
        outer, length, inner = of = along(x, prim.axis)
        start, step = ((length - 1) * inner, -inner) if prim.reverse else (0, inner)
        work = of.size * (2 * TRAFFIC + COSTS.get(monoid, 1))
        text = text_of(monoid, x.dtype, target().bits)
        self.task = Task(text, divide(outer, inner, work), (length, inner, start, step), work)
        self.make = maker(x.shape, x.dtype)

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        """The results, in new memory."""
        out = self.make()
        self.task.run(*in_order(inputs), out)
        return [out]


def name_of(eqn: Eqn) -> str:
    """What we have for a scan: all but complex numbers."""
    x = eqn.inputs[0].aval
    return "scan" if is_ordered(x.dtype) and x.size else ""


@cache
def text_of(monoid: str, dtype: Dtype, bits: int) -> str:
    """The text for one operation on one dtype."""
    return ScanText(monoid, dtype, bits).text()


class ScanText:
    """out[outer, k, lane] = ⊕ x[outer, l, lane] over l up to k.

    Arguments: x and out, then how many elements a row has, how far they are apart, where the first
    one is, and how far the next is behind it. The rows that a caller divides are those of `outer`.
    """

    def __init__(self, monoid: str, dtype: Dtype, bits: int) -> None:
        self.monoid, self.dtype = monoid, dtype
        self.is_extreme = monoid in ("max", "min")
        self.sum = F64 if is_float(dtype) else dtype
        self.memory = memory_type(dtype)
        if self.is_extreme:
            self.sum = bits_of(dtype)
            self.memory = memory_type(self.sum)
        self.kind = register_type(self.sum)
        self.width = bits // 8 // self.sum.itemsize
        limits = np.iinfo(bits_of(dtype))
        self.ends = (limits.min, limits.max)[:: -1 if monoid == "min" else 1]
        """Of the order of extremes: what loses against all, and what wins."""

    def text(self) -> str:
        """The text."""
        b = self.function()
        return "\n\n".join([b.text, *b.declared.values(), *b.helpers.values()]) + "\n"

    def function(self) -> Builder:
        """All of it."""
        b = Builder()
        x, out = (b.get("ptr", b.address("i64", "%args", str(k))) for k in range(2))
        length, inner, start, step = (
            b.get("i64", b.address("i64", "%args", str(k))) for k in range(2, 6)
        )
        size = b.arith("mul", length, inner)
        alone = b.do(f"icmp eq i64 {inner}, 1")

        def row(k: str) -> tuple[str, str]:
            at = b.arith("add", b.arith("mul", k, size), start)
            return b.address(self.memory, x, at), b.address(self.memory, out, at)

        with b.when(alone):
            done = "%first"
            for turns in (TURNS, 1):
                rest = b.do(f"srem i64 {b.do(f'sub i64 %last, {done}')}, {turns}")
                end = b.do(f"sub i64 %last, {rest}")
                with b.loop(done, end, turns) as first:
                    rows = [row(b.arith("add", first, str(k))) for k in range(turns)]
                    self.in_turns(b, rows, length, step)
                done = end
        with (
            b.when(b.do(f"xor i1 {alone}, true")),
            b.loop("%first", "%last", 1) as k,
            b.loop("%from", "%to", STRIP) as lane,
        ):
            strip = [b.address(self.memory, at, lane) for at in row(k)]
            lanes = b.smaller(str(STRIP), b.do(f"sub i64 %to, {lane}"))
            self.side_by_side(b, strip, lanes, length, step)
        return b.close(f"void @{ENTRY}(ptr %args, i64 %first, i64 %last, i64 %from, i64 %to)")

    def in_turns(self, b: Builder, rows: Sequence[tuple[str, str]], length: str, step: str) -> None:
        """Some rows at once, an element each."""
        sums = [b.slot(self.kind) for _ in rows]
        for slot in sums:
            b.put(self.kind, self.identity(1), slot)
        with b.loop("0", length, 1) as k:
            at = b.arith("mul", k, step)
            for row, slot in zip(rows, sums, strict=True):
                places = [b.address(self.memory, start, at) for start in row]
                self.advance(b, places, slot, 1)

    def side_by_side(
        self, b: Builder, strip: Sequence[str], lanes: str, length: str, step: str
    ) -> None:
        """Neighbours, a vector at once."""
        sums = b.slot(f"[{STRIP} x {self.kind}]")
        rest = b.do(f"srem i64 {lanes}, {self.width}")
        whole = b.do(f"sub i64 {lanes}, {rest}")
        with b.loop("0", str(STRIP), self.width) as lane:
            none = f"{typed(self.kind, self.width)} {self.identity(self.width)}"
            b.line(f"store {none}, ptr {b.address(self.kind, sums, lane)}, align 1")
        with b.loop("0", length, 1) as k:
            offset = b.arith("mul", k, step)
            x, out = (b.address(self.memory, at, offset) for at in strip)
            for start, end, width in (("0", whole, self.width), (whole, lanes, 1)):
                with b.loop(start, end, width) as lane:
                    places = [b.address(self.memory, at, lane) for at in (x, out)]
                    self.advance(b, places, b.address(self.kind, sums, lane), width)

    def advance(self, b: Builder, places: Sequence[str], slot: str, width: int) -> None:
        """Combine what a slot holds with elements at an address, and store it at another, too."""
        x, out = places
        kind, memory = typed(self.kind, width), typed(self.memory, width)
        before = Value(b.load(kind, slot), self.sum, width)
        new = self.combine(b, before, self.read(b, b.load(memory, x), width))
        b.line(f"store {kind} {new.text}, ptr {slot}, align 1")
        b.line(f"store {memory} {self.written(b, new)}, ptr {out}, align 1")

    def identity(self, width: int) -> str:
        """What changes nothing, not even the sign of zero."""
        match self.monoid:
            case "add":
                value: Any = -0.0 if is_float(self.sum) else 0
            case "mul":
                value = 1
            case "logaddexp":
                value = -np.inf
            case _:
                value = self.ends[0]
        return constant(value, self.kind, width)

    def read(self, b: Builder, text: str, width: int) -> Value:
        """Elements as they are combined."""
        if self.is_extreme:
            x = Value(text, self.sum, width)
            # NaN wins
            return signed_key(b, x, self.dtype, self.ends[1]) if is_float(self.dtype) else x
        return cast(b, b.from_memory(text, self.dtype, width), self.sum)

    def written(self, b: Builder, x: Value) -> str:
        """What they are combined to, as it is stored."""
        if self.is_extreme:
            return (flipped(b, x) if is_float(self.dtype) else x).text
        return b.to_memory(cast(b, x, self.dtype))

    def combine(self, b: Builder, x: Value, y: Value) -> Value:
        """x ⊕ y"""
        if self.monoid != "logaddexp":
            return scalar_op(b, self.monoid, (x, y), None)
        f = Functions(b)
        apart = f.negative(b.intrinsic("fabs", f.sub(x, y)))
        more = c_library(b, "log1p", c_library(b, "exp", apart))
        largest = f.where("ogt", x, y, x, y)
        return f.where("oeq", x, y, f.add(x, log(2)), f.add(largest, more))
