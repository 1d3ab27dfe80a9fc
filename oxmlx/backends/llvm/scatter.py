"""Scatters and updates of slices by the library: the array, or a copy of it, is changed in order.

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
from oxmlx.ir.aval import Aval
from oxmlx.ir.jaxpr import Eqn

Array = NDArray[Any]
Lines = NDArray[np.int64]

PLACE = 32
"""The work of finding the place of an update, in vector adds of one element."""


def name_of(eqn: Eqn) -> str:
    """What we have for a scatter: `scatter`, or nothing."""
    prim: Any = eqn.prim
    return "scatter" if elements_of(eqn.outputs[0].aval.dtype, prim.combine) else ""


def name_of_update(eqn: Eqn) -> str:
    """What we have for an update of a slice."""
    return "update"


@cache
def elements_of(dtype: Dtype, combine: str) -> tuple[Dtype, int] | None:
    """As what an element is updated, and how many of that it is; nothing if there is no code."""
    if combine == "set":
        return as_words(dtype)
    if is_complex(dtype):
        part = np.dtype(f"f{dtype.itemsize // 2}")
        return (part, 2) if combine == "add" else None
    if is_float(dtype) and dtype.itemsize == 2:
        return np.dtype(np.float32), 1
    return (dtype, 1) if is_native(combine, (dtype, dtype), None) else None


class Amendment:
    """From an array, updates and where they go to the array with them in it, ready to run.

    Args:
        x: the type of the array.
        update: what is done there.
        head: what its code is told.
        bounds: the extent and the stride of each index, which it is told, too.
        lines: where in a batch the runs of an update lie.
        batches: how many there are, each with places of its own.
    """

    def __init__(
        self,
        x: Aval,
        update: Update,
        head: Numbers,
        bounds: Sequence[int],
        lines: Lines,
        batches: int,
    ) -> None:
        self.lines = lines
        places = batches * head.updates
        elements = places * head.run * head.lines
        self.is_narrow = update.dtype.kind == "f" and update.dtype.itemsize > x.dtype.itemsize
        """Does it add 16-bit floats up as f32?"""
        self.wide = update.dtype if self.is_narrow else x.dtype
        self.dtype, self.make = x.dtype, maker(x.shape, self.wide)
        work = elements and places * PLACE + TRAFFIC * elements
        lanes = head.lines if head.by_lines else head.run
        division = divide(batches, lanes, work) if work else None
        self.task = Task(update.text(), division, (*head, *bounds), work) if division else None
        """What there is to do, if there is anything."""

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


def scatter(eqn: Eqn) -> Amendment:
    """A scatter made ready."""
    prim: Any = eqn.prim
    x, _, *indices = [a.aval for a in eqn.inputs]
    found = elements_of(x.dtype, prim.combine)
    assert found is not None
    element, parts = found
    strides = strides_of(x.shape, parts)
    rest = [a for a in range(prim.batch, len(x.shape)) if a not in prim.axes]
    run, lines = lines_of(rest, x.shape, strides, parts)
    count, batch = (prod(s[prim.batch :]) for s in (indices[0].shape, x.shape))
    head = Numbers(count, run, lines.size, batch * parts, lines.size != 1)
    bounds = [n for a in prim.axes for n in (x.shape[a], strides[a])]
    kinds = tuple(i.dtype for i in indices)
    update = Update(element, kinds, prim.combine, prim.clip, True, target().bits // 8)
    return Amendment(x, update, head, bounds, lines, prod(x.shape[: prim.batch]))


def update_slice(eqn: Eqn) -> Amendment:
    """A dynamic update slice made ready: one update, whose starts stay where all of it fits."""
    x, block, *starts = [a.aval for a in eqn.inputs]
    element, parts = as_words(x.dtype)
    strides = strides_of(x.shape, parts)
    run, lines = lines_of(range(x.ndim), block.shape, strides, parts)
    head = Numbers(1, run, lines.size, 0, lines.size != 1)
    ways = zip(x.shape, block.shape, strides, strict=True)
    bounds = [k for n, m, stride in ways for k in (n - m + 1, stride)]
    kinds = tuple(s.dtype for s in starts)
    update = Update(element, kinds, "set", True, False, target().bits // 8)
    return Amendment(x, update, head, bounds, lines, 1)


def as_words(dtype: Dtype) -> tuple[Dtype, int]:
    """As what an element is moved, and how many of that it is."""
    size = min(dtype.itemsize, 8)
    return np.dtype(f"u{size}"), dtype.itemsize // size


def strides_of(shape: Sequence[int], parts: int) -> list[int]:
    """How far apart the elements along each axis lie, in so many parts each."""
    return [prod(shape[a + 1 :]) * parts for a in range(len(shape))]


def lines_of(
    axes: Sequence[int], shape: Sequence[int], strides: Sequence[int], parts: int
) -> tuple[int, Lines]:
    """The length of the runs of neighbours in an update, which has elements along some axes of an
    array, and where in a batch these runs lie."""
    rest, run = list(axes), parts
    while rest and strides[rest[-1]] == run:
        run *= shape[rest.pop()]
    lines = np.zeros(1, np.int64)
    for a in rest:
        lines = (lines[:, None] + np.arange(shape[a]) * strides[a]).reshape(-1)
    return run, lines
