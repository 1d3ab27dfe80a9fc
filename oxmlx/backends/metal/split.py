"""Contractions of many terms to few elements, in two passes: else few threadgroups do all of it."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oxmlx.backends.metal.contract import ALONE, Axis, Contraction, Product
from oxmlx.backends.metal.tuned import Tuned, new
from oxmlx.ir.aval import Aval

SHORT = 4096
"""Terms that are not split any more."""
FEW, ENOUGH = 32, 256
"""Threadgroups below which terms are split, and to about how many."""
SIMDGROUPS = 8


def is_split(product: Product) -> bool:
    """Are its terms worth two passes? They become an axis of the batch, of which there are two."""
    few = min(product.rows.size, product.columns.size)
    return (
        product.dtype == "f32"
        and product.outer is ALONE
        and product.groups(few) < FEW
        and product.terms.size >= 2 * SHORT
    )


class Split:
    """A contraction that is ready: chunks of its terms, then the sums of these.

    Raises:
        CompileError: Metal refuses a text.
    """

    def __init__(self, product: Product, out: Aval) -> None:
        self.out = out
        terms = product.terms
        most = ENOUGH // product.groups(min(product.rows.size, product.columns.size))
        chunk = max(SHORT, ceil(terms.size / most))
        whole, rest = divmod(terms.size, chunk)
        chunks = whole + (rest > 0)
        self.parts = Aval((out.size, chunks), np.dtype(np.float32))
        apart = product._replace(
            outer=Axis(whole, chunk * terms.x, chunk * terms.y, 1),
            inner=spread(product.inner, chunks),
            rows=spread(product.rows, chunks),
            columns=spread(product.columns, chunks),
            terms=terms._replace(size=chunk),
        )
        self.passes = [Contraction(apart, self.parts)]
        if rest:
            behind = Axis(1, whole * chunk * terms.x, whole * chunk * terms.y, whole)
            last = apart._replace(outer=ALONE, terms=terms._replace(size=rest), at=behind)
            self.passes.append(Contraction(last, self.parts))
        self.finish = Tuned("sum_finish", ceil(out.size / SIMDGROUPS), [out.size, chunks, 0])

    def __call__(self, inputs: Sequence[Any]) -> list[NDArray[Any]]:
        """The product, in memory of the device."""
        parts = new(self.parts.shape, self.parts.dtype)
        for contraction in self.passes:
            contraction.run(inputs, parts)
        out = new(self.out.shape, self.out.dtype)
        self.finish.run(parts, out)
        return [out]


def spread(axis: Axis, by: int) -> Axis:
    """An axis of a result each element of which is so many."""
    return axis._replace(out=axis.out * by)
