"""Sums of few long rows by the tuned texts, in two passes: one threadgroup a row takes long."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oxmlx.backends.metal.tuned import Tuned, new
from oxmlx.dtypes import Dtype
from oxmlx.ir.jaxpr import Eqn
from oxmlx.ir.kernel import Expr, Load, nodes
from oxmlx.ir.primitive import Primitive

LONG, FEW = 1 << 18, 16
"""Elements of a row, and rows: from when on and up to when it is done in two passes."""
CHUNK, CHUNKS = 4096, 1024
"""Elements of a row that a threadgroup adds up at least, and how many do so at most."""
SIMDGROUPS = 8


def is_long_sum(prim: Primitive, body: Expr) -> bool:
    """Is this element of a sum better computed by the library?"""
    if prim.name != "reduce_sum":
        return False
    loads = [e for e in nodes(body) if isinstance(e, Load)]
    return len(loads) == 1 and is_long(prim, loads[0].buffer.shape, loads[0].dtype)


def is_long(prim: Any, shape: tuple[int, ...], dtype: Dtype) -> bool:
    """Are these rows of floats, along the last axes, long and few?"""
    behind = len(shape) - len(prim.axes)
    if dtype != np.float32 or sorted(prim.axes) != list(range(behind, len(shape))):
        return False
    return prod(shape[behind:]) >= LONG and 0 < prod(shape[:behind]) <= FEW


class LongSum:
    """A sum of long rows that is ready.

    Raises:
        CompileError: Metal refuses a text.
    """

    def __init__(self, eqn: Eqn) -> None:
        self.out = eqn.outputs[0].aval
        rows = self.out.size
        length = eqn.inputs[0].aval.size // rows
        chunk = max(CHUNK, ceil(length / CHUNKS))
        chunks = ceil(length / chunk)
        self.parts = (rows, chunks)
        numbers = [rows, length, chunk, chunks, 0, length]
        self.partial = Tuned("sum_rows_partial", rows * chunks, numbers)
        self.finish = Tuned("sum_finish", ceil(rows / SIMDGROUPS), [rows, chunks, 0])

    def __call__(self, inputs: Sequence[Any]) -> list[NDArray[Any]]:
        """The sums, in memory of the device."""
        parts = new(self.parts, np.float32)
        self.partial.run(*inputs, parts)
        out = new(self.out.shape, self.out.dtype)
        self.finish.run(parts, out)
        return [out]
