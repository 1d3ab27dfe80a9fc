"""The largest elements along an axis: candidates, of which the best k stay when there are many.

What is larger than the k-th so far is a candidate. In a row in no order these are few.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from oxmlx.backends.llvm.along import Rows, along
from oxmlx.backends.llvm.builder import Builder, Value, register_type
from oxmlx.backends.llvm.keys import bits_of, is_ordered, key, load_bits
from oxmlx.backends.llvm.launch import in_order
from oxmlx.backends.llvm.library import Task, divide
from oxmlx.backends.llvm.memory import maker
from oxmlx.backends.llvm.records import Records, records_of
from oxmlx.backends.llvm.sort import MOST, SORTING
from oxmlx.backends.llvm.target import target
from oxmlx.dtypes import Dtype
from oxmlx.ir.jaxpr import Eqn

ENOUGH, TIMES = 256, 4
"""Candidates that are kept before any are dropped: so many, and so many times k."""
LOOKING = 4
"""The work of looking at an element, in adds."""


class Numbers(NamedTuple):
    """What follows the arrays in the argument block."""

    length: int
    inner: int
    k: int
    room: int
    """For candidates."""


class TopK:
    """A `top_k` that is ready."""

    def __init__(self, eqn: Eqn) -> None:
        prim: Any = eqn.prim
        x, outs = eqn.inputs[0].aval, [v.aval for v in eqn.outputs]
        of = along(x, prim.axis)
        room = min(of.length, max(ENOUGH, TIMES * prim.k))
        work = of.size * LOOKING + of.rows * room * SORTING
        numbers = Numbers(of.length, of.inner, prim.k, room)
        scratch = (records_of(x.dtype).room(room),) * 2
        text = top_k_text(x.dtype, outs[1].dtype)
        self.task = Task(text, divide(of.rows, 1, work), numbers, work, scratch)
        self.makers = [maker(v.shape, v.dtype) for v in outs]

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        """The elements and their places, in new memory."""
        outs = [make() for make in self.makers]
        self.task.run(*in_order(inputs), *outs)
        return outs


def name_of(eqn: Eqn) -> str:
    """What we have for a `top_k`."""
    prim: Any = eqn.prim
    x = eqn.inputs[0].aval
    served = is_ordered(x.dtype) and x.size and prim.k and x.shape[prim.axis] < MOST
    return "top_k" if served else ""


@cache
def top_k_text(dtype: Dtype, index: Dtype) -> str:
    """values[row, i] = x[row, places[row, i]]"""
    records = records_of(dtype)
    rows = Rows(5, len(Numbers._fields))
    b, kind, lanes = rows.b, records.key, target().bits // 8 // dtype.itemsize
    x, values, places, memory, spare = rows.arrays
    length, inner, k, room = rows.numbers
    bound, count = b.slot(kind), b.slot("i64")
    best = f"ptr {memory}, ptr {spare}, ptr {bound}, ptr {count}, i64 {k}"
    with b.loop("%first", "%last", 1) as row:
        base = b.address(kind, x, rows.start(row, length))
        for i, width in rows.sweep("0", room, records.network.lanes):
            found = falling_key(b, dtype, rows.at(kind, base, i), width)
            records.join(b, found, i, b.address(records.kind, memory, i))
        b.put("i64", room, count)
        b.line(f"call void @drop({best})")
        for i, width in rows.sweep(room, length, lanes):
            found = falling_key(b, dtype, rows.at(kind, base, i), width)
            least = b.splat(Value(b.get(kind, bound), bits_of(dtype), 1), width)
            with b.when(b.any(b.compare("ult", found, least))):
                end = b.do(f"add i64 {i}, {width}")
                where = f"ptr {base}, i64 {inner}, i64 {i}, i64 {end}, i64 {room}"
                b.line(f"call void @offer({best}, {where})")
        with b.when(b.do(f"icmp sgt i64 {b.get('i64', count)}, {k}")):
            b.line(f"call void @drop({best})")
        start = rows.start(row, k)
        with b.loop("0", k, 1) as i:
            narrow = records.place(b, records.get(b, memory, i))
            place = b.do(f"zext i32 {narrow} to i64")
            element = b.load(kind, rows.at(kind, base, place))
            at = rows.at(kind, b.address(kind, values, start), i)
            b.line(f"store {kind} {element}, ptr {at}, align 1")
            to = register_type(index)
            at = rows.at(to, b.address(to, places, start), i)
            b.line(f"store {to} {narrow if to == 'i32' else place}, ptr {at}, align 1")
    return rows.text(offer(dtype, records), drop(records), records.text())


BEST = "ptr %memory, ptr %spare, ptr %bound, ptr %count, i64 %k"


def offer(dtype: Dtype, records: Records) -> str:
    """The function that makes some elements of a row candidates, if they are."""
    b, kind = Builder(), records.key
    with b.loop("%from", "%to", 1) as i:
        at = b.address(kind, "%base", b.arith("mul", i, "%inner"))
        found = falling_key(b, dtype, at, 1)
        least = Value(b.get(kind, "%bound"), bits_of(dtype), 1)
        with b.when(b.compare("ult", found, least).text):
            n = b.get("i64", "%count")
            records.join(b, found, i, b.address(records.kind, "%memory", n))
            more = b.do(f"add i64 {n}, 1")
            b.put("i64", more, "%count")
            with b.when(b.do(f"icmp eq i64 {more}, %room")):
                b.line(f"call void @drop({BEST})")
    where = "ptr %base, i64 %inner, i64 %from, i64 %to, i64 %room"
    return b.close(f"internal void @offer({BEST}, {where})").text


def drop(records: Records) -> str:
    """The function that leaves only the best k of the candidates, in order, and their bound."""
    b, kind = Builder(), records.kind
    end = records.call(b, "%memory", "%spare", b.get("i64", "%count"))
    with b.loop("0", "%k", 1) as i:
        records.put(b, records.get(b, end, i), "%memory", i)
    last = records.get(b, "%memory", b.do("sub i64 %k, 1"))
    high = b.do(f"lshr {kind} {last}, {records.low}")
    b.put(records.key, b.do(f"trunc {kind} {high} to {records.key}"), "%bound")
    b.put("i64", "%k", "%count")
    return b.close(f"internal void @drop({BEST})").text


def falling_key(b: Builder, dtype: Dtype, at: str, width: int) -> Value:
    """The keys of elements, backwards."""
    found = key(b, load_bits(b, dtype, at, width), dtype)
    return b.binary("xor", found, b.number(-1, found))
