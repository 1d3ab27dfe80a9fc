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
MOST_FACTORS = 1 << 24
"""Whose powers of two add up to no more than an int holds."""
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


class Order:
    """The places of the elements of rows, from the least or from the largest element on.

    Raises:
        CompileError: Metal refuses a text.
    """

    def __init__(self, x: Aval, axis: int, falling: bool = False) -> None:
        of = self.of = Along(x, axis)
        self.shape = of.rows, of.length
        blocks, groups = ceil(of.length / BLOCK), ceil(x.size / THREADS)
        which = [*of.places, 0, KINDS[short_name(x.dtype)], int(falling)]
        self.sort = Tuned("sort", of.rows * blocks, [*self.shape, blocks, *which])
        self.merges: list[Tuned] = []
        run = BLOCK
        while run < of.length:
            self.merges.append(Tuned("sort_merge", groups, [*self.shape, run, *which]))
            run *= 2

    def __call__(self, x: Any) -> NDArray[Any]:
        """Those of an array, in memory of the device."""
        order = new(self.shape, np.uint32)
        self.sort.run(x, order)
        for merge in self.merges:
            longer = new(self.shape, np.uint32)
            merge.run(x, order, longer)
            order = longer
        return order

    def take(self, count: int, places: bool = False) -> Tuned:
        """What takes the first elements of rows in order, or their places."""
        of = self.of
        groups = ceil(of.rows * count / THREADS)
        numbers = [*self.shape, *of.places, 0, 0, count, count * of.step, int(places)]
        return Tuned("permute", groups, numbers)


class Sort:
    """A `sort` by one key that is ready: first its order, then all operands in that order.

    Raises:
        CompileError: Metal refuses a text.
    """

    def __init__(self, eqn: Eqn) -> None:
        prim: Any = eqn.prim
        self.outs = [v.aval for v in eqn.outputs]
        self.order = Order(self.outs[0], prim.axis)
        self.take = self.order.take(self.order.of.length)

    def __call__(self, inputs: Sequence[Any]) -> list[NDArray[Any]]:
        """The operands in order, in memory of the device."""
        order, outs = self.order(inputs[0]), [new(v.shape, v.dtype) for v in self.outs]
        for x, out in zip(inputs, outs, strict=True):
            self.take.run(x, order, out)
        return outs


class TopK:
    """A `top_k` that is ready: the order of all, and the first elements and places in it.

    Raises:
        CompileError: Metal refuses a text.
    """

    def __init__(self, eqn: Eqn) -> None:
        prim: Any = eqn.prim
        self.outs = [v.aval for v in eqn.outputs]
        self.order = Order(eqn.inputs[0].aval, prim.axis, falling=True)
        self.takes = [self.order.take(prim.k, places) for places in (False, True)]

    def __call__(self, inputs: Sequence[Any]) -> list[NDArray[Any]]:
        """The elements and their places, in memory of the device."""
        (x,), outs = inputs, [new(v.shape, v.dtype) for v in self.outs]
        order = self.order(x)
        for take, out in zip(self.takes, outs, strict=True):
            take.run(x, order, out)
        return outs


def scan_of(eqn: Eqn) -> str:
    """The text for a scan; nothing if there is none."""
    prim: Any = eqn.prim
    x = eqn.inputs[0].aval
    dtype = short_name(x.dtype)
    if dtype not in KINDS or x.size == 0:
        return ""
    match prim.name:
        case "cumsum":
            return "scan" if dtype == "f32" else "scan_int"
        case "cumprod" if dtype == "f32":
            return "scan_product" if x.shape[prim.axis] <= MOST_FACTORS else ""
        case "cumprod":
            return "scan_product_int"
        case _:
            return "scan_max"


def is_sorted(eqn: Eqn) -> bool:
    """Are there texts for this `sort`?"""
    prim: Any = eqn.prim
    avals = [a.aval for a in eqn.inputs]
    narrow = all(short_name(v.dtype) in KINDS for v in avals)
    return prim.num_keys == 1 and narrow and avals[0].size > 0


def is_chosen(eqn: Eqn) -> bool:
    """Are there texts for this `top_k`?"""
    prim: Any = eqn.prim
    x = eqn.inputs[0].aval
    return short_name(x.dtype) in KINDS and x.size > 0 and prim.k > 0
