"""Sorting along an axis: the order of rows by one key, then all operands in that order.

A row of one operand alone is sorted without its order: what equal keys hide is put back.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from oxmlx.backends.llvm.along import Along, Rows, along
from oxmlx.backends.llvm.builder import Builder, Value
from oxmlx.backends.llvm.keys import bits_of, from_key, is_ordered, key, load_bits
from oxmlx.backends.llvm.launch import in_order
from oxmlx.backends.llvm.library import Task, divide
from oxmlx.backends.llvm.memory import maker
from oxmlx.backends.llvm.records import Records, records_of
from oxmlx.dtypes import Dtype, is_float
from oxmlx.ir.jaxpr import Eqn

MOST = 1 << 31
"""Places that a record can hold, at least."""
SORTING, TAKING = 60, 10
"""The work for an element, in adds."""


class Values:
    """A `sort` of one operand that is ready."""

    def __init__(self, eqn: Eqn) -> None:
        prim: Any = eqn.prim
        x = eqn.outputs[0].aval
        self.task = task(values_text(x.dtype), along(x, prim.axis), records_of(x.dtype, False))
        self.make = maker(x.shape, x.dtype)

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        """The operand in order, in new memory."""
        out = self.make()
        self.task.run(*in_order(inputs), out)
        return [out]


class Sort:
    """A `sort` of several operands that is ready."""

    def __init__(self, eqn: Eqn) -> None:
        prim: Any = eqn.prim
        avals = [v.aval for v in eqn.outputs]
        of = along(avals[0], prim.axis)
        self.makers = [maker(v.shape, v.dtype) for v in avals]
        self.make_order = maker((of.size,), np.dtype(np.uint32))
        last = prim.num_keys - 1
        self.keys = [
            task(order_text(avals[k].dtype, k != last), of, records_of(avals[k].dtype))
            for k in range(prim.num_keys)
        ]
        work = of.size * TAKING
        rows, sizes = divide(of.rows, 1, work), (of.length, of.inner)
        self.takes = [Task(take_text(v.dtype.itemsize), rows, sizes, work) for v in avals]

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        """The operands in order, in new memory."""
        inputs, outs = in_order(inputs), [make() for make in self.makers]
        order = self.make_order()
        *others, (by_last, last) = zip(self.keys, inputs, strict=False)
        by_last.run(last, order)
        for by_another, x in reversed(others):
            before, order = order, self.make_order()
            by_another.run(x, before, order)
        for take, x, out in zip(self.takes, inputs, outs, strict=True):
            take.run(x, order, out)
        return outs


def name_of(eqn: Eqn) -> str:
    """What we have for a sort: all whose keys are no complex numbers."""
    prim: Any = eqn.prim
    avals = [a.aval for a in eqn.inputs]
    keys = avals[: prim.num_keys]
    served = all(is_ordered(v.dtype) for v in keys) and avals[0].size > 0
    return "sort" if served and avals[0].shape[prim.axis] < MOST else ""


def fetch(eqn: Eqn) -> Values | Sort:
    """What we have, made ready."""
    return Values(eqn) if len(eqn.outputs) == 1 else Sort(eqn)


def task(text: str, of: Along, records: Records) -> Task:
    """A text that sorts rows."""
    work = of.size * SORTING
    scratch = (records.room(of.length),) * 2
    return Task(text, divide(of.rows, 1, work), (of.length, of.inner), work, scratch)


@cache
def order_text(dtype: Dtype, again: bool) -> str:
    """order[row, i] = the place of what comes i-th in row; those of equals are in the order of
    `before`, if there is one."""
    records = records_of(dtype)
    rows = Rows(5 if again else 4)
    b, kind = rows.b, records.kind
    x, *before, order, memory, spare = rows.arrays

    def place_of(k: str) -> str:
        return widened(b, b.get("i32", b.address("i32", earlier[0], k))) if again else k

    with b.loop("%first", "%last", 1) as row:
        base = b.address(records.key, x, rows.start(row, rows.length))
        places = b.arith("mul", row, rows.length)
        order, *earlier = (b.address("i32", at, places) for at in (order, *before))
        for k, width in rows.sweep("0", rows.length, 1 if again else records.network.lanes):
            at = rows.at(records.key, base, place_of(k))
            found = key(b, load_bits(b, dtype, at, width), dtype)
            records.join(b, found, k, b.address(kind, memory, k))
        end = records.call(b, memory, spare, rows.length)
        with b.loop("0", rows.length, 1) as k:
            place = records.place(b, records.get(b, end, k))
            if again:
                place = b.get("i32", b.address("i32", earlier[0], widened(b, place)))
            b.put("i32", place, b.address("i32", order, k))
    return rows.text(records.text())


def widened(b: Builder, place: str) -> str:
    """A place as an index."""
    return b.do(f"zext i32 {place} to i64")


@cache
def take_text(itemsize: int) -> str:
    """out[row, i] = x[row, order[row, i]]"""
    rows = Rows(3)
    b, kind = rows.b, f"i{8 * itemsize}"
    x, order, out = rows.arrays
    with b.loop("%first", "%last", 1) as row:
        start = rows.start(row, rows.length)
        source, target = b.address(kind, x, start), b.address(kind, out, start)
        places = b.address("i32", order, b.arith("mul", row, rows.length))
        with b.loop("0", rows.length, 1) as k:
            place = widened(b, b.get("i32", b.address("i32", places, k)))
            element = b.load(kind, rows.at(kind, source, place))
            b.line(f"store {kind} {element}, ptr {rows.at(kind, target, k)}, align 1")
    return rows.text()


@cache
def values_text(dtype: Dtype) -> str:
    """out[row, i] = what comes i-th in row."""
    records = records_of(dtype, False)
    rows = Rows(4)
    b, kind, lanes = rows.b, records.kind, records.network.lanes
    x, out, memory, spare = rows.arrays
    hides = b.slot("i1")
    with b.loop("%first", "%last", 1) as row:
        start = rows.start(row, rows.length)
        source, target = b.address(kind, x, start), b.address(kind, out, start)
        b.put("i1", "false", hides)
        for k, width in rows.sweep("0", rows.length, lanes):
            element = load_bits(b, dtype, rows.at(kind, source, k), width)
            found = key(b, element, dtype)
            if is_float(dtype):
                some = b.any(b.compare("ne", from_key(b, found, dtype), element))
                b.put("i1", b.do(f"or i1 {b.get('i1', hides)}, {some}"), hides)
            b.line(
                f"store {b.type_of(found)} {found.text}, ptr {b.address(kind, memory, k)}, align 1"
            )
        # what is written need not come into the cache twice
        other = b.do(f"select i1 {rows.is_last}, ptr {target}, ptr {spare}")
        end = records.call(b, memory, other, rows.length)
        for k, width in rows.sweep("0", rows.length, lanes):
            found = load_bits(b, dtype, b.address(kind, end, k), width)
            element = from_key(b, found, dtype)
            at = rows.at(kind, target, k)
            b.line(f"store {b.type_of(element)} {element.text}, ptr {at}, align 1")
        if is_float(dtype):
            with b.when(b.get("i1", hides)):
                put_back(rows, dtype, source, target)
    return rows.text(records.text())


def put_back(rows: Rows, dtype: Dtype, source: str, target: str) -> None:
    """Write elements of a row that share a key, zeros and NaNs, again in the order of the row."""
    b, kind, bits = rows.b, f"i{8 * dtype.itemsize}", bits_of(dtype)
    shared = [Value(str(n), bits, 1) for n in (np.iinfo(bits).min, -1)]
    ends = [b.slot("i64") for _ in shared]
    for slot in ends:
        b.put("i64", "0", slot)
    with b.loop("0", rows.length, 1) as k:
        found = key(b, load_bits(b, dtype, rows.at(kind, target, k), 1), dtype)
        for one, slot in zip(shared, ends, strict=True):
            more = b.do(f"zext i1 {b.compare('ult', found, one).text} to i64")
            b.put("i64", b.do(f"add i64 {b.get('i64', slot)}, {more}"), slot)
    with b.loop("0", rows.length, 1) as k:
        element = load_bits(b, dtype, rows.at(kind, source, k), 1)
        found = key(b, element, dtype)
        for one, slot in zip(shared, ends, strict=True):
            with b.when(b.compare("eq", found, one).text):
                end = b.get("i64", slot)
                b.line(f"store {kind} {element.text}, ptr {rows.at(kind, target, end)}, align 1")
                b.put("i64", b.do(f"add i64 {end}, 1"), slot)
