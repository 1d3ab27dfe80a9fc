"""The way from Python into a kernel: a C function of arrays, which is itself compiled by LLVM.

A call by ctypes costs a microsecond for the address of each array alone. A method in the
interpreter's own `METH_FASTCALL` convention gets the array objects, and reads the addresses where
NumPy's ABI has them, behind the object's head.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oxmlx.backends.llvm.target import target
from oxmlx.errors import CompileError

Native = Callable[..., None]
"""Runs a kernel on its arrays: NumPy's own, contiguous, of the right types, and nobody checks."""

FASTCALL = 0x80
LONG_WORK = 20_000
"""Elements from which on other Python threads may run meanwhile: some 5 microseconds."""

TEXT = """
declare ptr @PyEval_SaveThread()
declare void @PyEval_RestoreThread(ptr)
declare void @Py_IncRef(ptr)

define ptr @launch(ptr %self, ptr %objects, i64 %n) {{
entry:
  %record = getelementptr i8, ptr %self, i64 {bytes_head}
  %f.at = getelementptr i64, ptr %record, i64 0
  %f = load ptr, ptr %f.at
  %rows.at = getelementptr i64, ptr %record, i64 1
  %rows = load i64, ptr %rows.at
  %lanes.at = getelementptr i64, ptr %record, i64 2
  %lanes = load i64, ptr %lanes.at
  %long.at = getelementptr i64, ptr %record, i64 3
  %long = load i64, ptr %long.at
  %count.at = getelementptr i64, ptr %record, i64 4
  %count = load i64, ptr %count.at
  %none.at = getelementptr i64, ptr %record, i64 5
  %none = load ptr, ptr %none.at
  %slots = add i64 %n, %count
  %block = alloca i64, i64 %slots
  %i = alloca i64
  store i64 0, ptr %i
  br label %address
address:
  %k = load i64, ptr %i
  %more = icmp slt i64 %k, %n
  br i1 %more, label %next.address, label %numbers
next.address:
  %object.at = getelementptr ptr, ptr %objects, i64 %k
  %object = load ptr, ptr %object.at
  %data.at = getelementptr i8, ptr %object, i64 {object_head}
  %data = load ptr, ptr %data.at
  %slot = getelementptr ptr, ptr %block, i64 %k
  store ptr %data, ptr %slot
  %k.next = add i64 %k, 1
  store i64 %k.next, ptr %i
  br label %address
numbers:
  store i64 0, ptr %i
  br label %number
number:
  %m = load i64, ptr %i
  %left = icmp slt i64 %m, %count
  br i1 %left, label %next.number, label %run
next.number:
  %from = add i64 %m, 6
  %number.at = getelementptr i64, ptr %record, i64 %from
  %value = load i64, ptr %number.at
  %to = add i64 %m, %n
  %to.at = getelementptr i64, ptr %block, i64 %to
  store i64 %value, ptr %to.at
  %m.next = add i64 %m, 1
  store i64 %m.next, ptr %i
  br label %number
run:
  %is.long = icmp ne i64 %long, 0
  br i1 %is.long, label %release, label %hold
release:
  %thread = call ptr @PyEval_SaveThread()
  call void %f(ptr %block, i64 0, i64 %rows, i64 0, i64 %lanes)
  call void @PyEval_RestoreThread(ptr %thread)
  br label %done
hold:
  call void %f(ptr %block, i64 0, i64 %rows, i64 0, i64 %lanes)
  br label %done
done:
  call void @Py_IncRef(ptr %none)
  ret ptr %none
}}
"""


class MethodDef(ctypes.Structure):
    """PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


@cache
def method() -> MethodDef:
    """The one method of all kernels; a kernel is its `self`.

    Raises:
        CompileError: this Python lays objects out in another way.
    """
    probe = np.arange(3)
    address = ctypes.c_void_p.from_address(id(probe) + object.__basicsize__).value
    if address != probe.ctypes.data:
        raise CompileError("cpu", "NumPy arrays have an unknown layout", "Please report it.")
    python = ctypes.pythonapi
    for name in ("PyEval_SaveThread", "PyEval_RestoreThread", "Py_IncRef"):
        symbol = ctypes.cast(getattr(python, name), ctypes.c_void_p).value
        target().llvm.add_symbol(name, symbol)
    head = bytes.__basicsize__ - 1
    text = TEXT.format(bytes_head=head, object_head=object.__basicsize__)
    return MethodDef(b"launch", target().address(text, "launch"), FASTCALL, None)


def make_native(
    entry: int, rows: int, lanes: int, elements: int, numbers: NDArray[np.int64]
) -> Native:
    """The Python function of a kernel at an address, for given sizes and numbers."""
    long = elements >= LONG_WORK
    head = entry, rows, lanes, long, len(numbers), id(None)
    record = struct.pack(f"6q{len(numbers)}q", *head, *numbers)
    make: Any = ctypes.pythonapi.PyCFunction_NewEx
    make.restype = ctypes.py_object
    make.argtypes = [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
    return make(ctypes.addressof(method()), record, None)
