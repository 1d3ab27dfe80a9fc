"""Contractions by the tuned texts: `dot_general` as products of matrices, however these lie."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, prod
from typing import Any, NamedTuple

from numpy.typing import NDArray

from oxmlx.backends.metal.gpu import gpu
from oxmlx.backends.metal.tuned import Tuned, new
from oxmlx.backends.runner import Shape
from oxmlx.dtypes import short_name
from oxmlx.ir.aval import Aval
from oxmlx.ir.jaxpr import Eqn

TEXTS = {"f32": "", "bf16": "_bf16", "f16": "_f16"}
"""How the names of the texts for a dtype end."""
FEW = 4
"""Rows up to which b is better read where it lies."""
LONG = 32
"""Terms that keep a simdgroup busy."""
MOST = 1 << 37
"""Multiplications of a launch, which is not to take a second; b may be so large, times TILE."""
TILE, STRIP, SIMDGROUPS = 64, 32, 8
"""Columns of a threadgroup: of gemm, which has as many rows, of gemv_columns, and of gemv."""


class Axis(NamedTuple):
    """An axis of the product: its size, and its strides in x, y and the result."""

    size: int
    x: int
    y: int
    out: int

    def continues(self, before: Axis) -> bool:
        """Are the one before and this one the same as a single axis?"""
        return all(a == self.size * b for a, b in zip(before[1:], self[1:], strict=True))


ALONE = Axis(1, 0, 0, 0)


class Product(NamedTuple):
    """A `dot_general` as a batch, along two axes, of products of matrices, from `at` on."""

    outer: Axis
    inner: Axis
    rows: Axis
    columns: Axis
    terms: Axis
    dtype: str
    at: Axis = ALONE

    @property
    def swaps(self) -> bool:
        """Are columns taken for rows, since they are fewer?"""
        return self.columns.size < self.rows.size

    @property
    def text(self) -> str:
        """The name of the text that computes it."""
        few, many = sorted((self.rows, self.columns), key=lambda axis: axis.size)
        beside, along = (many.x, self.terms.x) if self.swaps else (many.y, self.terms.y)
        by_terms = (along <= beside or many.size == 1) and self.terms.size >= LONG
        if few.size <= FEW and by_terms:
            return "gemv" + TEXTS[self.dtype]
        if few.size <= FEW and self.dtype == "f32":
            return "gemv_columns"
        return "gemm" + TEXTS[self.dtype]

    @property
    def step(self) -> int:
        """How many rows, or columns if those are taken for rows, a launch may have."""
        each = prod(axis.size for axis in self[:5]) // min(self.rows.size, self.columns.size)
        return max(MOST // each // TILE, 1) * TILE

    def launches(self, name: str) -> list[Tuned]:
        """The launches of a text that compute it, for so many rows each.

        Raises:
            CompileError: Metal refuses the text.
        """
        count = min(self.rows.size, self.columns.size)
        starts = range(0, count, self.step)
        pieces = ((start, min(self.step, count - start)) for start in starts)
        return [Tuned(name, self.groups(rows), self.numbers(start, rows)) for start, rows in pieces]

    def groups(self, rows: int) -> int:
        """How many threadgroups have something to do for so many rows."""
        columns = max(self.rows.size, self.columns.size)
        batch = self.outer.size * self.inner.size
        if self.text.startswith("gemm"):
            return batch * ceil(rows / TILE) * ceil(columns / TILE)
        return batch * ceil(columns / (STRIP if self.text == "gemv_columns" else SIMDGROUPS))

    def numbers(self, start: int, count: int) -> list[int]:
        """The P of the text, for some rows."""
        outer, inner, terms, at = self.outer, self.inner, self.terms, self.at
        rows, columns = (self.columns, self.rows) if self.swaps else (self.rows, self.columns)
        a = [at.x + start * rows.x, outer.x, inner.x, rows.x, terms.x]
        b = [at.y, outer.y, inner.y, terms.y, columns.y]
        if self.swaps:
            a = [at.y + start * rows.y, outer.y, inner.y, rows.y, terms.y]
            b = [at.x, outer.x, inner.x, terms.x, columns.x]
        c = [at.out + start * rows.out, outer.out, inner.out, rows.out, columns.out]
        return [outer.size * inner.size, inner.size, count, columns.size, terms.size, *a, *b, *c]


def product_of(eqn: Eqn) -> Product | None:
    """How a `dot_general` is computed; nothing if no text has its dtype, or if too many axes lie
    apart from each other."""
    avals = [a.aval for a in (*eqn.inputs, *eqn.outputs)]
    dtype = short_name(avals[0].dtype)
    if dtype not in TEXTS or any(0 in v.shape for v in avals[:2]):
        return None
    batch, rows, columns, terms = axes_of(eqn.prim, [v.shape for v in avals])
    apart = [*batch, *rows[:-1], *columns[:-1]]
    if len(terms) > 1 or len(apart) > 2:
        return None
    outer, inner = [ALONE, ALONE, *apart][-2:]
    row, column, term = ([ALONE, *axes][-1] for axes in (rows, columns, terms))
    return Product(outer, inner, row, column, term, dtype)


def axes_of(prim: Any, shapes: Sequence[Shape]) -> list[list[Axis]]:
    """The axes of the batch, the rows, the columns and the terms, as few as they can be."""
    x, y, out = map(strides, shapes)
    left, right, _ = shapes
    (x_batch, y_batch), (x_terms, y_terms) = prim.batch, prim.contract
    x_rows = [a for a in range(len(x)) if a not in (*x_batch, *x_terms)]
    y_rows = [a for a in range(len(y)) if a not in (*y_batch, *y_terms)]
    by_batch, by_rows = out[: len(x_batch)], out[len(x_batch) : len(out) - len(y_rows)]
    by_columns = out[len(out) - len(y_rows) :]
    both = zip(x_batch, y_batch, by_batch, strict=True)
    axes = (
        [Axis(left[a], x[a], y[b], s) for a, b, s in both],
        [Axis(left[a], x[a], 0, s) for a, s in zip(x_rows, by_rows, strict=True)],
        [Axis(right[b], 0, y[b], s) for b, s in zip(y_rows, by_columns, strict=True)],
        [Axis(left[a], x[a], y[b], 0) for a, b in zip(x_terms, y_terms, strict=True)],
    )
    return [*map(merged, axes)]


def strides(shape: Shape) -> list[int]:
    """Those of an array in order."""
    return [prod(shape[k + 1 :]) for k in range(len(shape))]


def merged(axes: Sequence[Axis]) -> list[Axis]:
    """The same axes, those as one that can be."""
    found: list[Axis] = []
    for axis in axes:
        if axis.size == 1:
            continue
        if found and axis.continues(found[-1]):
            found[-1] = axis._replace(size=found[-1].size * axis.size)
        else:
            found.append(axis)
    return found


class Contraction:
    """A `dot_general` that is ready.

    Raises:
        CompileError: Metal refuses the text.
    """

    def __init__(self, product: Product, out: Aval) -> None:
        self.out = out
        self.swaps = product.swaps
        name = product.text
        if name == "gemm" and multiplies_matrices():
            name = "gemm_simdgroup"
        self.launches = product.launches(name)

    def __call__(self, inputs: Sequence[Any]) -> list[NDArray[Any]]:
        """The product, in memory of the device."""
        out = new(self.out.shape, self.out.dtype)
        self.run(inputs, out)
        return [out]

    def run(self, inputs: Sequence[Any], out: NDArray[Any]) -> None:
        """The product, in some memory of the device."""
        for launch in self.launches:
            launch.run(*(inputs[::-1] if self.swaps else inputs), out)


def multiplies_matrices() -> bool:
    """Has the device simdgroup matrices? Apple's own chips have had them since the M1, and a
    virtual one none: it would end the process, so we ask by name."""
    return str(gpu().metal.get_devices()[0].deviceName).startswith("Apple M")
