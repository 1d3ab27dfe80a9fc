"""Convolutions by the library: windows of a padded array as rows of a matrix that is never made.

The code and the order of the terms depend on dtypes and shapes alone, not on how operands lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, reduce
from itertools import product
from math import ceil, prod
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import NDArray

from oxmlx.backends.llvm import gemm
from oxmlx.backends.llvm.contract import cut, merged, round_up, vector_unit
from oxmlx.backends.llvm.dots import Dots
from oxmlx.backends.llvm.library import Task
from oxmlx.backends.llvm.memory import maker
from oxmlx.backends.llvm.padding import Edge, Lines, Padder, lines_of
from oxmlx.backends.llvm.patches import TERMS, Numbers, Patches
from oxmlx.backends.llvm.phases import Phase, edge_of, phases_of
from oxmlx.dtypes import Dtype, is_float
from oxmlx.ir.jaxpr import Eqn

Array = NDArray[Any]
Offsets = NDArray[np.int64]

FEW = 4
"""Columns that are added up one by one."""
CACHED = 1 << 18
"""Bytes of a few padded images that stay in the second cache until their convolution is done."""
SEVERAL = 8
"""Parts of the work that keep threads busy."""


def name_of(eqn: Eqn) -> str:
    """What we have for an equation: `conv`, or nothing."""
    x, w, out = (a.aval for a in (*eqn.inputs, *eqn.outputs))
    return "conv" if is_float(x.dtype) and 0 not in (*x.shape, *w.shape, *out.shape) else ""


class Conv:
    """A convolution that is ready. Zeros between the elements of x are not multiplied: an infinite
    weight that meets nothing else leaves no NaN."""

    def __init__(self, eqn: Eqn) -> None:
        x, w = (a.aval for a in eqn.inputs)
        self.prim: Any = eqn.prim
        self.w, self.out = w, eqn.outputs[0].aval
        self.make = maker(self.out.shape, x.dtype)
        spatial = x.shape[1:-1], w.shape[1:-1], self.out.shape[1:-1]
        self.phases = [
            phases_of(self.prim, a, *sizes) for a, sizes in enumerate(zip(*spatial, strict=True))
        ]
        self.edges = [
            edge_of(phases, n) for phases, n in zip(self.phases, x.shape[1:-1], strict=True)
        ]
        sums = np.dtype(np.float32) if x.dtype.itemsize == 2 else x.dtype
        self.padder = Padder(x.shape, x.dtype, sums, [Edge(), *self.edges, Edge()])
        self.sum = sums
        self.columns = self.out.shape[-1] // (self.prim.feature_groups * self.prim.batch_groups)
        self.is_late = prod(w.shape[1:-1]) > prod(self.out.shape[1:-1])
        """Is the window the outer part of the terms? Not in the gradient of w, where it is the
        larger one, and its channels were a batch."""
        is_wide = w.shape[-1] >= width_of(x.dtype)
        self.is_narrow = self.columns <= FEW and is_wide and not self.is_late
        """Are there so few columns that the lanes of vectors are channels?"""
        self.ready: dict[Any, Ready] = {}
        """For each layout of x and w."""

    def lines(self, x: Array) -> Lines | None:
        """How images are padded just before they are needed; nothing if that is not worth it."""
        if self.padder.is_idle or self.prim.feature_groups * self.prim.batch_groups > 1:
            return None
        images, *places, _ = self.out.shape
        rooms = [n + sum(edge) for n, edge in zip(x.shape[1:-1], self.edges, strict=True)]
        fitting = CACHED // (prod(rooms) * x.shape[-1] * self.sum.itemsize)
        together = min(fitting, max(1, gemm.HEIGHT // prod(places)))
        worthwhile = together and ceil(images / together) >= SEVERAL
        return lines_of(x, self.padder.edges, together) if worthwhile else None

    def __call__(self, inputs: Sequence[Array]) -> list[Array]:
        """The convolution, in new memory."""
        x, w = inputs
        if type(x) is not ndarray or type(w) is not ndarray:
            x, w = (np.asarray(v).view(ndarray) for v in inputs)
        ready = self.ready.get((x.strides, w.strides))
        if ready is None:
            ready = self.ready.setdefault((x.strides, w.strides), Ready(self, x, w))
        out = self.make()
        ready.run(x, w, out)
        return [out]


class Ready:
    """The work on operands that lie in a certain way."""

    def __init__(self, whole: Conv, x: Array, w: Array) -> None:
        self.whole = whole
        has_run = not whole.is_narrow or x.strides[-1] == x.itemsize
        self.copies_x = not has_run or any(s % x.itemsize for s in x.strides)
        self.order = order_of(whole, w)
        self.back = tuple(map(int, np.argsort(self.order)))
        phases = [*product(*whole.phases)]
        self.has_gaps = not all(p.taps for each in phases for p in each)
        self.lines = None if self.copies_x or len(phases) > 1 else whole.lines(x)
        x, w = self.prepared(x, w)
        self.jobs = [
            Job(whole, each, x, w, self.lines) for each in phases if all(p.taps for p in each)
        ]

    def prepared(self, x: Array, w: Array) -> tuple[Array, Array]:
        """The operands as they can be read."""
        if self.lines is None:
            x = self.whole.padder(np.array(x, order="C") if self.copies_x else x)
        if self.whole.is_narrow:
            w = np.ascontiguousarray(w, self.whole.sum)
        elif self.order:
            w = np.ascontiguousarray(w.transpose(self.order)).transpose(self.back)
        return x, w

    def run(self, x: Array, w: Array, out: Array) -> None:
        """Write the convolution."""
        x, w = self.prepared(x, w)
        if self.has_gaps:
            out[...] = 0
        for job in self.jobs:
            job.task.run(x, w, out, *job.tables)


def order_of(whole: Conv, w: Array) -> tuple[int, ...]:
    """How the axes of w are to lie; none, if columns are neighbours already, or all terms are."""
    channels = w.ndim - 1
    spatial = range(1, channels)
    terms = (channels, *spatial) if whole.is_late else (*spatial, channels)
    strides = [s // w.itemsize for s in w.strides]
    is_whole = all(len(p.taps) == n for n, (p, *_) in zip(w.shape[1:-1], whole.phases, strict=True))
    if not any(s % w.itemsize for s in w.strides):
        neighbours = is_whole and merged(w.shape, strides, terms) == 1
        if w.shape[0] == 1 or strides[0] == 1 or neighbours:
            return ()
    return *terms, 0


class Job:
    """The places of one phase along each axis."""

    def __init__(
        self, whole: Conv, phases: Sequence[Phase], x: Array, w: Array, lines: Lines | None
    ) -> None:
        self.whole, self.phases, self.lines = whole, phases, lines
        lying, self.w_strides = ([s // v.itemsize for s in v.strides] for v in (x, w))
        self.strides = lines.strides if lines else lying
        self.images, *self.places, self.features = whole.out.shape
        self.per_image = prod(p.places for p in phases)
        several = min(self.images, max(1, gemm.HEIGHT // self.per_image))
        self.together = lines.images if lines else several
        """Images of a block."""
        self.channels, self.columns = whole.w.shape[-1], whole.columns
        vectors = 1 if self.columns <= width_of(whole.out.dtype) else gemm.VECTORS
        self.text, source = text_of(whole.out.dtype, 0 if whole.is_narrow else vectors)
        numbers = self.numbers(self.together * lying[0])
        self.task = self.make_task(source, numbers)
        self.tables = self.make_tables(numbers.height)

    def numbers(self, x_block: int) -> Numbers:
        """What the text is run with."""
        whole, lines, rows = self.whole, self.lines, self.together * self.per_image
        taps = prod(len(p.taps) for p in self.phases)
        terms = taps * self.channels
        chunks = ceil(rows / gemm.HEIGHT)
        return Numbers(
            self.images * self.per_image,
            rows,
            self.columns,
            taps if whole.is_narrow else terms,
            self.channels if whole.is_narrow else ceil(terms / ceil(terms / TERMS)),
            round_up(ceil(rows / chunks), self.text.heights[0]),
            chunks,
            chunks if lines else 1,
            ceil(self.images / self.together),
            x_block,
            1 if self.columns == 1 else self.w_strides[0],
            self.together * prod(self.places) * self.features,
            *((lines.run, lines.each, lines.size) if lines else (0, 0, 0)),
            self.together,
            self.images,
        )

    def make_task(self, source: str, numbers: Numbers) -> Task:
        """The text with its numbers."""
        text, groups = self.text, self.features // self.columns
        terms = self.channels * prod(len(p.taps) for p in self.phases)
        work = self.images * self.per_image * self.features * terms
        rows = groups * numbers.blocks * (numbers.chunks // numbers.part)
        scratch = (
            round_up(TERMS, text.width) * text.panel,
            numbers.height * self.columns if text.is_half else 0,
            numbers.size,
        )
        division = cut(work, rows, ceil(self.columns / text.panel), 1)
        return Task(source, division, numbers, work, [n * text.sum.itemsize for n in scratch])

    def make_tables(self, height: int) -> list[Offsets]:
        """Where everything lies, in the order of the arguments."""
        whole, phases, features = self.whole, self.phases, self.features
        each, images = upto(1 if whole.is_narrow else self.channels), upto(self.together)
        steps = [prod(self.places[a + 1 :]) * features for a in range(len(self.places))]
        axes = [*zip(phases, self.strides[1:], self.w_strides[1:], steps, strict=False)]
        rows = sums(images * self.strides[0], *(upto(p.places) * p.stride * s for p, s, *_ in axes))
        out_rows = sums(
            images * (prod(self.places) * features),
            *((p.first + upto(p.places) * p.step) * s for p, _, _, s in axes),
        )
        x_terms = [
            (np.array(p.at) + edge.low) * s
            for (p, s, *_), edge in zip(axes, whole.edges, strict=True)
        ]
        w_terms = [np.array(p.taps) * s for p, _, s, _ in axes]
        terms, of_w = (
            sums(each * s, *taps) if whole.is_late else sums(*taps, each * s)
            for taps, s in ((x_terms, self.strides[-1]), (w_terms, self.w_strides[-1]))
        )
        sum_rows = upto(height) * self.columns if self.text.is_half else out_rows
        lines = self.lines.table if self.lines else out_rows
        return [self.groups(), rows, terms, of_w, out_rows, sum_rows, lines]

    def groups(self) -> Offsets:
        """Where each group begins in x, in w and in the output."""
        of_images = self.whole.prim.batch_groups > 1
        step = self.images * self.strides[0] if of_images else self.channels * self.strides[-1]
        number = upto(self.features // self.columns)
        return number[:, None] * np.array([step, self.columns * self.w_strides[0], self.columns])


def upto(n: int) -> Offsets:
    """0, 1, 2, ..., as many."""
    return np.arange(n, dtype=np.int64)


def sums(*axes: Offsets) -> Offsets:
    """The sums of one number of each axis, in order."""
    return reduce(lambda a, b: (a[:, None] + b).reshape(-1), axes, np.zeros(1, np.int64))


@cache
def text_of(dtype: Dtype, vectors: int) -> tuple[Patches, str]:
    """The text for panels of so many vectors; without one, for few columns."""
    unit = vector_unit()
    out = Patches(dtype, *unit, vectors) if vectors else Dots(dtype, *unit)
    return out, out.text()


@cache
def width_of(dtype: Dtype) -> int:
    """How many elements a vector of sums has."""
    return text_of(dtype, gemm.VECTORS)[0].width
