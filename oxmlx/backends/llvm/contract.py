"""Contractions by the library: `dot_general` as products of matrices, however these lie.

The code and the chunks depend on the shapes alone, the bits of an element on its terms alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise, product
from math import ceil, prod
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray
from numpy.typing import NDArray

from oxmlx.backends.llvm import gemm, gemv
from oxmlx.backends.llvm.entry import Native, Way, make_native
from oxmlx.backends.llvm.gemm import Gemm
from oxmlx.backends.llvm.gemv import Gemv
from oxmlx.backends.llvm.matrix import ENTRY
from oxmlx.backends.llvm.memory import maker
from oxmlx.backends.llvm.scratch import pieces
from oxmlx.backends.llvm.share import Division
from oxmlx.backends.llvm.target import target
from oxmlx.backends.llvm.workers import count_threads, get_team
from oxmlx.cached import cached_property
from oxmlx.dtypes import Dtype, is_float
from oxmlx.ir.aval import Aval
from oxmlx.ir.jaxpr import Eqn
from oxmlx.ir.primitive import Primitive

Array = NDArray[Any]
Axes = tuple[int, ...]

FEW, FEW_TERMS, FEW_PRODUCTS = 16, 32, 1 << 15
"""Rows or columns, terms, and all terms: from when on, and for the last up to when, we serve."""
LONG = 1 << 19
"""Terms from which on other Python threads may run meanwhile: some 5 microseconds."""
CHUNK = 1 << 20
"""Terms that are worth claiming."""
MOST = 64
"""Chunks of a product."""
REUSE = 4
"""Panels that rows of A serve at least, if they are copied, or too many for a cache."""
SETS = 1024
"""Bytes: rows that are a multiple of them apart share few sets of a cache."""
CACHE = 1 << 19
"""Bytes of A that stay in the second cache."""


def name_of(prim: Primitive, avals: Sequence[Aval]) -> str:
    """What we have for an equation that is no slower than NumPy's: `gemm`, `gemv`, or nothing.

    It is for products of floats that are so small that the call is what counts, or have enough
    terms, or enough rows and columns, to fill vectors and tiles.
    """
    if prim.name != "dot_general":
        return ""
    x, y = avals
    if not is_float(x.dtype) or x.dtype != y.dtype or 0 in (*x.shape, *y.shape):
        return ""
    _, rows, columns, terms = size = sizes(prim, avals)
    fills = min(rows, columns) >= FEW or (terms >= FEW_TERMS and max(rows, columns) > 1)
    if prod(size) > FEW_PRODUCTS and not fills:
        return ""
    return "gemv" if min(rows, columns) <= gemv.MOST_ROWS else "gemm"


def fetch(eqn: Eqn) -> Contraction:
    """What we have, made ready."""
    x, y = eqn.inputs
    return Contraction(eqn.prim, x.aval, y.aval, eqn.outputs[0].aval)


def sizes(prim: Any, avals: Sequence[Aval]) -> tuple[int, int, int, int]:
    """How many matrices there are, and how many rows, columns and terms they have."""
    x, y = avals
    left, right = (side_of(prim, k, v.ndim) for k, v in enumerate(avals))
    groups = (x, left.batch), (x, left.rows), (y, right.rows), (x, left.terms)
    batch, rows, columns, terms = (prod(v.shape[a] for a in axes) for v, axes in groups)
    return batch, rows, columns, terms


class Side(NamedTuple):
    """The axes of an operand, as those of a batch of matrices."""

    batch: Axes
    rows: Axes
    terms: Axes


class Layout(NamedTuple):
    """Where the matrices of an operand lie; strides count elements."""

    offsets: tuple[int, ...]
    row: int
    term: int


def side_of(prim: Any, k: int, ndim: int) -> Side:
    """The axes of operand k of a `dot_general`."""
    named = *prim.batch[k], *prim.contract[k]
    return Side(prim.batch[k], tuple(a for a in range(ndim) if a not in named), prim.contract[k])


def layout(side: Side, x: Array, unit: bool) -> Layout | None:
    """Where they lie; nothing if several axes are not one, or if no stride is 1 and one must be.
    An axis that is not there has the stride that suits best."""
    if any(s % x.itemsize for s in x.strides):
        return None
    strides = [s // x.itemsize for s in x.strides]
    row, term = (merged(x.shape, strides, axes) for axes in (side.rows, side.terms))
    if row is None or term is None:
        return None
    if unit and 1 not in (row, term):
        if row and term:
            return None
        row, term = (1, term) if term else (row, 1)
    starts = product(*([k * strides[a] for k in range(x.shape[a])] for a in side.batch))
    return Layout(tuple(map(sum, starts)), row, term)


def merged(shape: Sequence[int], strides: Sequence[int], axes: Axes) -> int | None:
    """The stride of some axes as one, if they have one that is not 0."""
    long = [a for a in axes if shape[a] != 1]
    if long and not strides[long[-1]]:
        return None
    if any(strides[a] != shape[b] * strides[b] for a, b in pairwise(long)):
        return None
    return strides[long[-1]] if long else 0


class Contraction:
    """A `dot_general` of operands of given types, as products of A and B: few rows are A's."""

    def __init__(self, prim: Any, x: Aval, y: Aval, out: Aval) -> None:
        sides = [side_of(prim, k, v.ndim) for k, v in enumerate((x, y))]
        self.operands = x, y
        self.batch, rows, columns, self.terms = sizes(prim, (x, y))
        self.swaps = columns < min(rows, FEW)
        """Are columns taken for rows, since they are few?"""
        self.rows, self.columns = (columns, rows) if self.swaps else (rows, columns)
        self.sides = sides[::-1] if self.swaps else sides
        self.steps = (1, columns) if self.swaps else (columns, 1)
        """From a row of the result to the next, and from a column."""
        self.work = self.batch * self.rows * self.columns * self.terms
        self.dtype = out.dtype
        self.make = maker(out.shape, out.dtype)
        self.jobs: dict[Any, Job] = {}
        """Of each layout of A and B."""

    @property
    def is_small(self) -> bool:
        """Are there so few rows that B is better read where it lies?"""
        return self.rows <= gemv.MOST_ROWS

    @cached_property
    def in_order(self) -> Job | None:
        """The product of operands whose elements lie in order; nothing if they had to be copied."""
        a, b = (np.empty(v.shape, v.dtype) for v in self.operands[:: -1 if self.swaps else 1])
        at, bt = layout(self.sides[0], a, False), layout(self.sides[1], b, self.is_small)
        return None if at is None or bt is None else Job(self, at, bt)

    def __call__(self, inputs: Sequence[Array]) -> list[Array]:
        """The product, in new memory."""
        a, b = inputs[::-1] if self.swaps else inputs
        job = self.jobs.get((a.strides, b.strides))
        if job is None or type(a) is not ndarray or type(b) is not ndarray:
            a, at = readable(a, self.sides[0], False)
            b, bt = readable(b, self.sides[1], self.is_small)
            job = self.jobs.setdefault((a.strides, b.strides), Job(self, at, bt))
        out = self.make()
        job.run(a, b, out)
        return [out]


def readable(v: Any, side: Side, unit: bool) -> tuple[Array, Layout]:
    """An operand and its layout; it is copied if it has none."""
    x: Array = np.asarray(v).view(ndarray)
    found = layout(side, x, unit)
    if found is None:
        order = *side.batch, *side.rows, *side.terms
        back = [order.index(a) for a in range(x.ndim)]
        x = np.ascontiguousarray(x.transpose(order)).transpose(back)
        found = layout(side, x, unit)
        assert found is not None
    return x, found


class Job:
    """The products of operands that lie in a certain way."""

    def __init__(self, whole: Contraction, a: Layout, b: Layout) -> None:
        self.offsets = np.array([a.offsets, b.offsets], np.int64).T.copy()
        self.code = (few_rows if whole.is_small else many_rows)(whole, a, b)
        self.sum = np.dtype(np.float64 if whole.dtype.itemsize == 8 else np.float32)
        self.engine = target().load(self.code.text)
        self.native = self.make_native("release" if whole.work >= LONG else "hold")

    @cached_property
    def scratch(self) -> tuple[int, ...]:
        """The bytes of each array that belongs to one thread."""
        return tuple(n * self.sum.itemsize for n in self.code.scratch)

    def make_native(self, way: Way) -> Native:
        """The function that runs it in a way."""
        entry, numbers = self.engine.get_function_address(ENTRY), np.array(self.code.numbers)
        return make_native(way, entry, self.code.division, numbers, self.scratch)

    @cached_property
    def shared(self) -> Native:
        """The function that shares it with a team."""
        return self.make_native("share")

    def run(self, a: Array, b: Array, out: Array) -> None:
        """Write the product of two arrays."""
        threads = count_threads() if self.code.division.chunks > 1 else 1
        scratch = pieces(tuple([threads * n for n in self.scratch]))
        if threads > 1:
            self.shared(a, b, self.offsets, out, *scratch, get_team(threads).memory)
        else:
            self.native(a, b, self.offsets, out, *scratch)


class Code(NamedTuple):
    """A text, and what it is run with."""

    text: str
    numbers: Sequence[int]
    division: Division
    scratch: Sequence[int]
    """Elements of each array that belongs to one thread."""


def few_rows(whole: Contraction, a: Layout, b: Layout) -> Code:
    """Strips of columns, each with a copy of A."""
    text, source = gemv_text(whole.dtype, whole.rows)
    step = round_up(whole.terms, text.width)
    numbers = gemv.Numbers(
        whole.columns, whole.terms, step, a.row, a.term, b.term, b.row, *whole.steps
    )
    division = cut(whole.work, whole.batch, ceil(whole.columns / gemv.STRIP), 1)
    copied = step * (round_up(whole.rows, text.width) if a.row == 1 else whole.rows)
    return Code(source, numbers, division, (copied, whole.rows * text.vectors * text.width**2))


def many_rows(whole: Contraction, a: Layout, b: Layout) -> Code:
    """Groups of rows, of about the same height, and panels."""
    text, source = gemm_text(whole.dtype)
    groups = ceil(whole.rows / gemm.HEIGHT)
    height = round_up(ceil(whole.rows / groups), text.heights[0])
    collide = whole.terms > gemm.BLOCK and a.row * whole.dtype.itemsize % SETS == 0
    copies = a.term != 1 or collide
    numbers = gemm.Numbers(
        whole.rows,
        whole.columns,
        whole.terms,
        height,
        groups,
        a.row,
        a.term,
        b.term,
        b.row,
        *whole.steps,
        copies,
    )
    panels = ceil(whole.columns / text.panel)
    stays = not copies and height * whole.terms * text.sum.itemsize <= CACHE
    division = cut(whole.work, whole.batch * groups, panels, 1 if stays else REUSE)
    copied = round_up(height, text.width) * (gemm.BLOCK + gemm.PADDING)
    sums = height * whole.columns if text.is_half or whole.swaps else 0
    return Code(source, numbers, division, (copied, gemm.BLOCK * text.panel, sums))


def cut(work: int, rows: int, lanes: int, least: int) -> Division:
    """The chunks of a product: rows, or pieces of rows of at least so many lanes."""
    wanted = max(1, min(MOST, work // CHUNK))
    row_grain = ceil(rows / min(rows, wanted))
    lane_grain = min(lanes, max(least, ceil(lanes * rows / wanted))) if rows < wanted else lanes
    pieces = ceil(lanes / lane_grain)
    return Division(rows, lanes, row_grain, lane_grain, pieces, pieces * ceil(rows / row_grain))


@cache
def gemm_text(dtype: Dtype) -> tuple[Gemm, str]:
    """The text for many rows."""
    out = Gemm(dtype, *vector_unit())
    return out, out.text()


@cache
def gemv_text(dtype: Dtype, rows: int) -> tuple[Gemv, str]:
    """The text for so few rows."""
    out = Gemv(dtype, *vector_unit(), rows)
    return out, out.text()


@cache
def vector_unit() -> tuple[int, int, bool]:
    """The bits of a vector register of this CPU, how many there are, and whether it has fma."""
    machine = target()
    is_arm = machine.triple.startswith(("aarch64", "arm64"))
    registers = 32 if is_arm or machine.bits == 512 else 16
    return machine.bits, registers, is_arm or bool(machine.features.get("fma"))


def round_up(n: int, step: int) -> int:
    """The next multiple."""
    return -(-n // step) * step
