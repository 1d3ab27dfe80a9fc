"""Scans and sorts along an axis, by the tuned texts."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oxmlx.backends.metal.tuned import Tuned, new
from oxmlx.dtypes import short_name
from oxmlx.ir.aval import Aval
from oxmlx.ir.jaxpr import Eqn

BLOCK = 2048
"""Elements that `sort` puts in order."""
KINDS = {"u32": 0, "i32": 1, "f32": 2}
"""What the elements of 32 bits are, as texts that compare them are told."""
THREADS = 256


class Along:
    """The rows of an array along an axis."""

    def __init__(self, x: Aval, axis: int) -> None:
        self.length, self.step = x.shape[axis], prod(x.shape[axis + 1 :])
        self.rows = x.size // self.length
        self.places = [self.step, self.length * self.step, self.step]
        """inner, outer and step: (row, k) is at row / inner * outer + row % inner + k * step."""


class Scan:
    """A scan that is ready.

    Raises:
        CompileError: Metal refuses the text.
    """

    def __init__(self, eqn: Eqn) -> None:
        prim: Any = eqn.prim
        self.out = eqn.outputs[0].aval
        of = Along(self.out, prim.axis)
        numbers = [of.rows, of.length, *of.places, int(prim.reverse), 0, 0]
        name = scan_of(eqn)
        if name == "scan_max":
            numbers += [KINDS[short_name(self.out.dtype)], int(prim.name == "cummin")]
        self.kernel = Tuned(name, of.rows, numbers)

    def __call__(self, inputs: Sequence[Any]) -> list[NDArray[Any]]:
        """The results, in memory of the device."""
        out = new(self.out.shape, self.out.dtype)
        self.kernel.run(*inputs, out)
        return [out]


class Sort:
    """A `sort` by one key that is ready: first its order, then all operands in that order.

    Raises:
        CompileError: Metal refuses a text.
    """

    def __init__(self, eqn: Eqn) -> None:
        prim: Any = eqn.prim
        self.outs = [v.aval for v in eqn.outputs]
        of = Along(self.outs[0], prim.axis)
        kind = KINDS[short_name(self.outs[0].dtype)]
        blocks = ceil(of.length / BLOCK)
        groups = ceil(of.rows * of.length / THREADS)
        self.order = (of.rows, of.length)
        numbers = [of.rows, of.length, blocks, *of.places, 0, kind]
        self.sort = Tuned("sort", of.rows * blocks, numbers)
        self.merges: list[Tuned] = []
        run = BLOCK
        while run < of.length:
            numbers = [of.rows, of.length, run, *of.places, 0, kind]
            self.merges.append(Tuned("sort_merge", groups, numbers))
            run *= 2
        numbers = [of.rows, of.length, *of.places, 0, 0]
        self.permute = Tuned("permute", groups, numbers)

    def __call__(self, inputs: Sequence[Any]) -> list[NDArray[Any]]:
        """The operands in order, in memory of the device."""
        order = new(self.order, np.uint32)
        self.sort.run(inputs[0], order)
        for merge in self.merges:
            longer = new(self.order, np.uint32)
            merge.run(inputs[0], order, longer)
            order = longer
        outs = [new(v.shape, v.dtype) for v in self.outs]
        for x, out in zip(inputs, outs, strict=True):
            self.permute.run(x, order, out)
        return outs


def scan_of(eqn: Eqn) -> str:
    """The text for a `cumsum`, `cummax` or `cummin`; nothing if there is none."""
    x = eqn.inputs[0].aval
    dtype = short_name(x.dtype)
    if dtype not in KINDS or x.size == 0:
        return ""
    if eqn.prim.name != "cumsum":
        return "scan_max"
    return "scan" if dtype == "f32" else "scan_int"


def is_sorted(eqn: Eqn) -> bool:
    """Are there texts for this `sort`?"""
    prim: Any = eqn.prim
    avals = [a.aval for a in eqn.inputs]
    narrow = all(short_name(v.dtype) in KINDS for v in avals)
    return prim.num_keys == 1 and narrow and avals[0].size > 0
