"""Scatters by the library: a copy of the array, and the updates of it in order.

The code depends on dtypes and the mode alone, the bits of an element on its updates alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oxmlx.backends.llvm.launch import in_order
from oxmlx.backends.llvm.library import Task, divide
from oxmlx.backends.llvm.memory import maker
from oxmlx.backends.llvm.scalars import is_native
from oxmlx.backends.llvm.share import TRAFFIC
from oxmlx.backends.llvm.target import target
from oxmlx.backends.llvm.update import Numbers, Update
from oxmlx.backends.ownership import may_change
from oxmlx.dtypes import Dtype, is_complex, is_float
from oxmlx.ir.jaxpr import Eqn

Array = NDArray[Any]

PLACE = 32
"""The work of finding the place of an update, in vector adds of one element."""


def name_of(eqn: Eqn) -> str:
    """What we have for an equation: `scatter`, or nothing."""
    prim: Any = eqn.prim
    return "scatter" if elements_of(eqn.outputs[0].aval.dtype, prim.combine) else ""


@cache
def elements_of(dtype: Dtype, combine: str) -> tuple[Dtype, int] | None:
    """As what an element is updated, and how many of that it is; nothing if there is no code."""
    if combine == "set":
        size = min(dtype.itemsize, 8)
        return np.dtype(f"u{size}"), dtype.itemsize // size
    if is_complex(dtype):
        part = np.dtype(f"f{dtype.itemsize // 2}")
        return (part, 2) if combine == "add" else None
    if is_float(dtype) and dtype.itemsize == 2:
        return np.dtype(np.float32), 1
    return (dtype, 1) if is_native(combine, (dtype, dtype), None) else None


class Scatter:
    """A scatter that is ready."""

    def __init__(self, eqn: Eqn) -> None:
        prim: Any = eqn.prim
        x, updates, *indices = [a.aval for a in eqn.inputs]
        found = elements_of(x.dtype, prim.combine)
        assert found is not None
        element, parts = found
        self.is_narrow = parts * element.itemsize > x.dtype.itemsize
        """Are 16-bit floats added up as f32?"""
        self.wide = element if self.is_narrow else x.dtype
        self.dtype, self.make = x.dtype, maker(x.shape, self.wide)
        kinds = tuple(i.dtype for i in indices)
        text = Update(element, kinds, prim.combine, prim.clip, target().bits // 8).text()
        run, self.lines = lines_of(prim, x.shape, parts)
        batches = prod(x.shape[: prim.batch])
        count = prod(indices[0].shape[prim.batch :])
        strides = strides_of(x.shape, parts)
        several = self.lines.size != 1
        head = Numbers(count, run, self.lines.size, prod(x.shape[prim.batch :]) * parts, several)
        bounds = [(x.shape[a], strides[a]) for a in prim.axes]
        numbers = *head, *(n for pair in bounds for n in pair)
        elements = prod(updates.shape) * parts
        work = elements and batches * count * PLACE + TRAFFIC * elements
        lanes = self.lines.size if several else run
        self.task = Task(text, divide(batches, lanes, work), numbers, work) if work else None

    def __call__(self, inputs: Sequence[Array]) -> list[Array]:
        """The updated array: itself, if nobody else has it, else in new memory."""
        own = not self.is_narrow and may_change(inputs, 0) and inputs[0].flags.c_contiguous
        x, updates, *indices = inputs
        out = x if own else self.make()
        if not own:
            np.copyto(out, x)
        if self.is_narrow:
            updates = updates.astype(self.wide)
        if self.task:
            self.task.run(out, *in_order([updates]), self.lines, *in_order(indices))
        return [out.astype(self.dtype) if self.is_narrow else out]


def strides_of(shape: Sequence[int], parts: int) -> list[int]:
    """How far apart the elements along each axis lie, in so many parts each."""
    return [prod(shape[a + 1 :]) * parts for a in range(len(shape))]


def lines_of(prim: Any, shape: Sequence[int], parts: int) -> tuple[int, NDArray[np.int64]]:
    """The length of the runs of neighbours in an update, and where in a batch they lie."""
    rest = [a for a in range(prim.batch, len(shape)) if a not in prim.axes]
    run, strides = parts, strides_of(shape, parts)
    while rest and strides[rest[-1]] == run:
        run *= shape[rest.pop()]
    lines = np.zeros(1, np.int64)
    for a in rest:
        lines = (lines[:, None] + np.arange(shape[a]) * strides[a]).reshape(-1)
    return run, lines
