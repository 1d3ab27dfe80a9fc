"""The way from Python into a kernel: a C function of arrays, which is itself compiled by LLVM.

A call by ctypes costs a microsecond for the address of each array alone. A method in the
interpreter's own `METH_FASTCALL` convention gets the array objects, and reads the addresses where
NumPy's ABI has them, behind the object's head.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from oxmlx.backends.llvm import team
from oxmlx.backends.llvm.builder import Builder
from oxmlx.backends.llvm.share import Division
from oxmlx.backends.llvm.target import target
from oxmlx.errors import CompileError

Native = Callable[..., None]
"""Runs a kernel on its arrays: NumPy's own, contiguous, of the right types, and nobody checks."""
Way: TypeAlias = Literal["hold", "release", "share"]
"""Short work keeps other Python threads waiting, longer work does not, and still longer work is
shared with a team, which follows the arrays."""

FASTCALL = 0x80
PYTHON = ("PyEval_SaveThread", "PyEval_RestoreThread", "Py_IncRef")


class Record(NamedTuple):
    """What a method knows of its kernel, in words of 8 bytes; the numbers of the argument block
    follow, and then the bytes of a row of each scratch array, which are the last arrays."""

    entry: int
    rows: int
    lanes: int
    none: int
    row_grain: int
    lane_grain: int
    pieces: int
    chunks: int
    scratches: int
    numbers: int


def render(way: Way, head: int, object_head: int) -> str:
    """The text of a method. Its `self` is a record behind `head` bytes."""
    b = Builder()
    record = b.address("i8", "%self", str(head))
    word = dict(zip(Record._fields, words(b, record), strict=True))
    arrays = b.do("sub i64 %n, 1") if way == "share" else "%n"
    block = b.do(f"alloca i64, i64 {b.arith('add', arrays, word['numbers'])}")
    with b.loop("0", arrays, 1) as k:
        b.put("ptr", data(b, k, object_head), b.address("ptr", block, k))
    numbers = b.address("i64", record, str(len(Record._fields)))
    rest = b.address("i64", block, arrays)
    with b.loop("0", word["numbers"], 1) as k:
        b.put("i64", b.get("i64", b.address("i64", numbers, k)), b.address("i64", rest, k))
    thread = b.call("PyEval_SaveThread", "ptr", []) if way != "hold" else ""
    if way == "share":
        job = b.slot("[3 x ptr]")
        for k, text in enumerate((record, block, b.do(f"inttoptr i64 {arrays} to ptr"))):
            b.put("ptr", text, b.address("ptr", job, str(k)))
        given = [("ptr", data(b, arrays, object_head)), ("ptr", "@chunk"), ("ptr", job)]
        b.call("parallel", "void", [*given, ("i64", word["chunks"])])
    else:
        run(b, word, block, ("0", word["rows"], "0", word["lanes"]))
    if way != "hold":
        b.call("PyEval_RestoreThread", "void", [("ptr", thread)])
    none = b.do(f"inttoptr i64 {word['none']} to ptr")
    b.call("Py_IncRef", "void", [("ptr", none)])
    b.close("ptr @launch(ptr %self, ptr %objects, i64 %n)", f"ptr {none}")
    parts = [*b.declared.values(), b.text, *([render_chunk()] if way == "share" else [])]
    return "\n\n".join(parts) + "\n"


def render_chunk() -> str:
    """The text of what a thread does with a chunk: rows, or some lanes of a row."""
    b = Builder()
    record, block, arrays = (b.get("ptr", b.address("ptr", "%job", str(k))) for k in range(3))
    word = dict(zip(Record._fields, words(b, record), strict=True))
    arrays = b.do(f"ptrtoint ptr {arrays} to i64")
    slots = b.arith("add", arrays, word["numbers"])
    own = b.do(f"alloca i64, i64 {slots}")
    with b.loop("0", slots, 1) as k:
        b.put("i64", b.get("i64", b.address("i64", block, k)), b.address("i64", own, k))
    first = b.do(f"sub i64 {arrays}, {word['scratches']}")
    strides = b.address("i64", record, b.arith("add", word["numbers"], str(len(Record._fields))))
    with b.loop("0", word["scratches"], 1) as k:
        slot = b.address("i64", own, b.arith("add", first, k))
        stride = b.get("i64", b.address("i64", strides, k))
        b.put("i64", b.arith("add", b.get("i64", slot), b.arith("mul", stride, "%thread")), slot)
    bounds: list[str] = []
    for op, grain, end in (("udiv", "row_grain", "rows"), ("urem", "lane_grain", "lanes")):
        start = b.arith("mul", b.do(f"{op} i64 %chunk, {word['pieces']}"), word[grain])
        stop = b.arith("add", start, word[grain])
        bounds += [start, b.smaller(stop, word[end])]
    run(b, word, own, bounds)
    b.close("internal void @chunk(ptr %job, i64 %chunk, i64 %thread)")
    return "\n\n".join([*b.declared.values(), b.text])


def words(b: Builder, record: str) -> list[str]:
    """The head of a record."""
    return [b.get("i64", b.address("i64", record, str(k))) for k, _ in enumerate(Record._fields)]


def data(b: Builder, k: str, object_head: int) -> str:
    """The address of the elements of the array object k."""
    array = b.get("ptr", b.address("ptr", "%objects", k))
    return b.get("ptr", b.address("i8", array, str(object_head)))


def run(b: Builder, word: dict[str, str], block: str, bounds: Sequence[str]) -> None:
    """Run a range of a kernel."""
    entry = b.do(f"inttoptr i64 {word['entry']} to ptr")
    b.line(f"call void {entry}(ptr {block}, {', '.join(f'i64 {x}' for x in bounds)})")


class MethodDef(ctypes.Structure):
    """PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


@cache
def method(way: Way) -> MethodDef:
    """The one method of all kernels that are run in a way; a kernel is its `self`.

    Raises:
        CompileError: this Python lays objects out in another way.
    """
    probe = np.arange(3)
    address = ctypes.c_void_p.from_address(id(probe) + object.__basicsize__).value
    if address != probe.ctypes.data:
        raise CompileError("cpu", "NumPy arrays have an unknown layout", "Please report it.")
    machine = target()
    for name in PYTHON:
        symbol = ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value
        machine.llvm.add_symbol(name, symbol)
    if way == "share":
        machine.llvm.add_symbol("parallel", team.code().parallel)
    text = render(way, bytes.__basicsize__ - 1, object.__basicsize__)
    return MethodDef(b"launch", machine.address(text, "launch"), FASTCALL, None)


def make_native(
    way: Way,
    entry: int,
    division: Division,
    numbers: NDArray[np.int64],
    scratch: Sequence[int] = (),
) -> Native:
    """The Python function of a kernel at an address, for given sizes and numbers.

    Args:
        way: how it is run.
        entry: the address.
        division: its rows and lanes, and how they are cut into chunks.
        numbers: those of the argument block.
        scratch: the bytes of each of the last arrays that belong to one thread.
    """
    head = Record(entry, *division[:2], id(None), *division[2:], len(scratch), len(numbers))
    record = struct.pack(f"{len(head) + len(numbers) + len(scratch)}q", *head, *numbers, *scratch)
    with target().lock:  # there must be no second one, which would not stay
        definition = ctypes.addressof(method(way))
    make: Any = ctypes.pythonapi.PyCFunction_NewEx
    make.restype = ctypes.py_object
    make.argtypes = [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
    return make(definition, record, None)
