"""LLVM IR text: named values, stack slots, loops.

Variables live in stack slots, which the `sroa` pass turns into registers, so that loops can be
written without phi nodes.
"""

from __future__ import annotations

import struct
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from oxmlx.dtypes import Dtype, is_bool, is_float, is_integer, is_key, is_unsigned, short_name
from oxmlx.errors import MissingRule

MEMORY = {"bool": "i8", "f16": "half", "bf16": "i16"}
"""Where memory holds an element otherwise than a register does."""


class Value(NamedTuple):
    """An LLVM value: its text, what it stands for, and of how many lanes (1 is a scalar)."""

    text: str
    dtype: Dtype
    lanes: int


@cache
def register_type(dtype: Dtype) -> str:
    """The scalar type in which values of a dtype are computed; 16-bit floats are in f32, and a key
    is its two words.

    Raises:
        MissingRule: the dtype has none.
    """
    if is_bool(dtype):
        return "i1"
    if is_integer(dtype):
        return f"i{8 * dtype.itemsize}"
    if is_float(dtype):
        return "double" if dtype.itemsize == 8 else "float"
    if is_key(dtype):
        return "i64"
    raise MissingRule("cpu", f"has no kernels for {short_name(dtype)}", "It runs as a host step.")


def memory_type(dtype: Dtype) -> str:
    """The scalar type in which memory holds a dtype."""
    return MEMORY.get(short_name(dtype)) or register_type(dtype)


def typed(scalar: str, lanes: int) -> str:
    """The type of so many of a scalar type."""
    return scalar if lanes == 1 else f"<{lanes} x {scalar}>"


def mangled(scalar: str, lanes: int) -> str:
    """A type as it appears in the names of intrinsics."""
    short = {"float": "f32", "double": "f64", "half": "f16", "ptr": "p0"}.get(scalar, scalar)
    return short if lanes == 1 else f"v{lanes}{short}"


def constant(value: Any, scalar: str, lanes: int) -> str:
    """A number as text; floats are written as the bits of a double."""
    if scalar in ("float", "double"):
        with np.errstate(all="ignore"):
            number = float(np.float32(value)) if scalar == "float" else float(value)
        text = f"0x{struct.pack('>d', number).hex().upper()}"
    elif scalar == "i1":
        text = "true" if value else "false"
    elif is_key(np.asarray(value).dtype):
        text = str(int.from_bytes(np.asarray(value).tobytes(), "little"))
    else:
        text = str(int(value))
    return text if lanes == 1 else f"splat ({scalar} {text})"


class Builder:
    """The body of one function, written from top to bottom."""

    def __init__(self) -> None:
        self.slots: list[str] = []
        self.lines: list[str] = []
        self.declared: dict[str, str] = {}
        self.helpers: dict[str, str] = {}
        self.count = 0
        self.text = ""

    def line(self, text: str) -> None:
        self.lines.append("  " + text)

    def label(self, name: str) -> None:
        self.lines.append(f"{name}:")

    def fresh(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def do(self, text: str) -> str:
        """An instruction that has a result: its name."""
        name = self.fresh("%v")
        self.line(f"{name} = {text}")
        return name

    def call(self, name: str, result: str, args: Sequence[tuple[str, str]]) -> str:
        """The result of a call of another function, `args` being (type, text)."""
        self.declared[name] = f"declare {result} @{name}({', '.join(t for t, _ in args)})"
        text = f"call {result} @{name}({', '.join(f'{t} {x}' for t, x in args)})"
        if result != "void":
            return self.do(text)
        self.line(text)
        return ""

    def slot(self, kind: str) -> str:
        """A variable on the stack."""
        name = self.fresh("%s")
        self.slots.append(f"  {name} = alloca {kind}")
        return name

    def load(self, kind: str, at: str) -> str:
        return self.do(f"load {kind}, ptr {at}, align 1")

    def prefetch(self, at: str, ahead: int) -> None:
        """Ask for the memory so many bytes behind an address, be it there or not."""
        there = self.address("i8", at, str(ahead))
        read_once = [("i32", "0"), ("i32", "3"), ("i32", "1")]
        self.call("llvm.prefetch.p0", "void", [("ptr", there), *read_once])

    def get(self, kind: str, slot: str) -> str:
        """The value of a variable."""
        return self.do(f"load {kind}, ptr {slot}")

    def put(self, kind: str, value: str, slot: str) -> None:
        """Set a variable."""
        self.line(f"store {kind} {value}, ptr {slot}")

    def address(self, scalar: str, base: str, offset: str) -> str:
        """The address of an element."""
        return self.do(f"getelementptr {scalar}, ptr {base}, i64 {offset}")

    def arith(self, op: str, x: str, y: str) -> str:
        """i64 arithmetic, folded where it is trivial."""
        if (op == "add" and y == "0") or (op == "mul" and y == "1"):
            return x
        if (op == "add" and x == "0") or (op == "mul" and x == "1"):
            return y
        return self.do(f"{op} i64 {x}, {y}")

    @contextmanager
    def loop(self, start: str, stop: str, step: int | str) -> Generator[str]:
        """for i = start; i < stop; i += step"""
        counter = self.slot("i64")
        head, body, end = (self.fresh(name) for name in ("head", "body", "end"))
        self.put("i64", start, counter)
        self.line(f"br label %{head}")
        self.label(head)
        i = self.get("i64", counter)
        self.line(f"br i1 {self.do(f'icmp slt i64 {i}, {stop}')}, label %{body}, label %{end}")
        self.label(body)
        yield i
        self.put("i64", self.do(f"add i64 {i}, {step}"), counter)
        self.line(f"br label %{head}")
        self.label(end)

    @contextmanager
    def when(self, condition: str) -> Generator[None]:
        """if condition"""
        body, end = self.fresh("then"), self.fresh("end")
        self.line(f"br i1 {condition}, label %{body}, label %{end}")
        self.label(body)
        yield
        self.line(f"br label %{end}")
        self.label(end)

    def smaller(self, x: str, y: str) -> str:
        """The smaller one of two i64."""
        return self.call("llvm.smin.i64", "i64", [("i64", x), ("i64", y)])

    def close(self, signature: str, result: str = "void") -> Builder:
        """The builder, whose `text` is a function now."""
        body = "\n".join((*self.slots, *self.lines))
        self.text = f"define {signature} {{\nentry:\n{body}\n  ret {result}\n}}"
        return self

    # Values

    def type_of(self, x: Value) -> str:
        return typed(register_type(x.dtype), x.lanes)

    def number(self, value: Any, like: Value) -> Value:
        """A constant of the dtype and lanes of another value."""
        text = constant(value, register_type(like.dtype), like.lanes)
        return Value(text, like.dtype, like.lanes)

    def splat(self, x: Value, lanes: int) -> Value:
        """A scalar in every lane."""
        if x.lanes == lanes:
            return x
        kind = self.type_of(x)
        if not x.text.startswith("%"):
            return Value(f"splat ({kind} {x.text})", x.dtype, lanes)
        wide = typed(kind, lanes)
        one = self.do(f"insertelement {wide} poison, {kind} {x.text}, i32 0")
        many = self.do(
            f"shufflevector {wide} {one}, {wide} poison, <{lanes} x i32> zeroinitializer"
        )
        return Value(many, x.dtype, lanes)

    def binary(self, op: str, x: Value, y: Value) -> Value:
        """An instruction of two operands of one type."""
        return x._replace(text=self.do(f"{op} {self.type_of(x)} {x.text}, {y.text}"))

    def intrinsic(self, name: str, *args: Value) -> Value:
        """`llvm.name` on operands of one type."""
        x = args[0]
        kind = self.type_of(x)
        full = f"llvm.{name}.{mangled(register_type(x.dtype), x.lanes)}"
        return x._replace(text=self.call(full, kind, [(kind, a.text) for a in args]))

    def compare(self, how: str, x: Value, y: Value) -> Value:
        """`icmp` or `fcmp`, whose predicates differ in their first letter."""
        instruction = "fcmp" if is_float(x.dtype) else "icmp"
        text = self.do(f"{instruction} {how} {self.type_of(x)} {x.text}, {y.text}")
        return Value(text, BOOL, x.lanes)

    def select(self, c: Value, x: Value, y: Value) -> Value:
        kind = self.type_of(x)
        text = self.do(f"select {self.type_of(c)} {c.text}, {kind} {x.text}, {kind} {y.text}")
        return x._replace(text=text)

    def shuffle(self, x: Value, picks: str) -> Value:
        """The lanes in another order."""
        kind = self.type_of(x)
        order = f"<{x.lanes} x i32> <{picks}>"
        text = self.do(f"shufflevector {kind} {x.text}, {kind} poison, {order}")
        return x._replace(text=text)

    def extract(self, x: Value, lane: int) -> Value:
        """One lane."""
        text = self.do(f"extractelement {self.type_of(x)} {x.text}, i32 {lane}")
        return Value(text, x.dtype, 1)

    def any(self, condition: Value) -> str:
        """Whether a condition holds in some lane."""
        if condition.lanes == 1:
            return condition.text
        kind = self.type_of(condition)
        name = f"llvm.vector.reduce.or.{mangled('i1', condition.lanes)}"
        return self.call(name, "i1", [(kind, condition.text)])

    def convert(self, op: str, x: Value, dtype: Dtype) -> Value:
        """`op` to another type of as many lanes, if it is another."""
        kind = typed(register_type(dtype), x.lanes)
        if kind == self.type_of(x):
            return x._replace(dtype=dtype)
        return Value(self.do(f"{op} {self.type_of(x)} {x.text} to {kind}"), dtype, x.lanes)

    def widen(self, x: Value, dtype: Dtype) -> Value:
        """An integer or bool as one of at least as many bits."""
        op = "zext" if is_bool(x.dtype) or is_unsigned(x.dtype) else "sext"
        return self.convert(op, x, dtype)

    # Memory

    def from_memory(self, text: str, dtype: Dtype, lanes: int) -> Value:
        """What was loaded, as a value."""
        kind = typed(memory_type(dtype), lanes)
        match short_name(dtype):
            case "bool":
                text = self.do(f"icmp ne {kind} {text}, {constant(0, 'i8', lanes)}")
            case "f16":
                text = self.do(f"fpext {kind} {text} to {typed('float', lanes)}")
            case "bf16":
                wide = typed("i32", lanes)
                bits = self.do(f"zext {kind} {text} to {wide}")
                bits = self.do(f"shl {wide} {bits}, {constant(16, 'i32', lanes)}")
                text = self.do(f"bitcast {wide} {bits} to {typed('float', lanes)}")
            case _:
                pass
        return Value(text, dtype, lanes)

    def to_memory(self, x: Value) -> str:
        """A value as it is stored."""
        kind = typed(memory_type(x.dtype), x.lanes)
        match short_name(x.dtype):
            case "bool":
                return self.do(f"zext {self.type_of(x)} {x.text} to {kind}")
            case "f16":
                return self.do(f"fptrunc {self.type_of(x)} {x.text} to {kind}")
            case "bf16":
                return self.bf16_bits(x, kind)
            case _:
                return x.text

    def bf16_bits(self, x: Value, kind: str) -> str:
        """Round to the nearest bfloat16, ties to even; a NaN stays one."""
        wide = typed("i32", x.lanes)

        def const(n: int) -> str:
            return constant(n, "i32", x.lanes)

        bits = self.do(f"bitcast {self.type_of(x)} {x.text} to {wide}")
        high = self.do(f"lshr {wide} {bits}, {const(16)}")
        odd = self.do(f"and {wide} {high}, {const(1)}")
        bias = self.do(f"add {wide} {odd}, {const(0x7FFF)}")
        rounded = self.do(f"lshr {wide} {self.do(f'add {wide} {bits}, {bias}')}, {const(16)}")
        quiet = self.do(f"or {wide} {high}, {const(0x40)}")
        nan = self.do(f"fcmp uno {self.type_of(x)} {x.text}, {x.text}")
        some = typed("i1", x.lanes)
        out = self.do(f"select {some} {nan}, {wide} {quiet}, {wide} {rounded}")
        return self.do(f"trunc {wide} {out} to {kind}")


BOOL: Dtype = np.dtype(np.bool_)
