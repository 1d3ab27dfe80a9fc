"""Refusals of oxmlx.ir.kernel_check."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.errors import CheckError
from oxmlx.ir.kernel import Buffer, Index, Kernel, Load, Store, size
from oxmlx.ir.kernel_check import check_kernel

F32 = np.dtype(np.float32)
X, Y, ROW, SQUARE = (
    Buffer(name, shape, F32)
    for name, shape in (("x", (3, 5)), ("y", (3, 5)), ("row", (5,)), ("square", (3, 3)))
)
I0, I1, K0 = (Index(name, size(n)) for name, n in (("i0", 3), ("i1", 5), ("k0", 5)))
ELEMENT = Load(X, (I0, I1))


def check(grid, *stores, inputs=None):
    check_kernel(Kernel("bad", grid, stores, inputs))


REFUSALS = [
    Refusal(
        "two of one name",
        lambda: check((I0, I0), Store(Y, (I0, K0), Load(X, (I0, K0)))),
        CheckError,
        "kernel bad: two things are called i0",
    ),
    Refusal(
        "reads what it writes",
        lambda: check((I0, I1), Store(X, (I0, I1), ELEMENT)),
        CheckError,
        "kernel bad: reads x[i0, i1], which it writes; points have no order",
    ),
    Refusal(
        "loads what it is not given",
        lambda: check((I0, I1), Store(Y, (I0, I1), ELEMENT), inputs=()),
        CheckError,
        "kernel bad: loads x[i0, i1], which is not among its inputs",
    ),
    Refusal(
        "stores twice",
        lambda: check((I0, I1), *[Store(Y, (I0, I1), ELEMENT)] * 2),
        CheckError,
        "kernel bad: stores to y: f32[3,5] 2 times",
    ),
    Refusal(
        "dtype of a store",
        lambda: check((I0, I1), Store(Y, (I0, I1), I0 + I1)),
        CheckError,
        "kernel bad, store to y: f32[3,5]: got i0 + i1: int32",
    ),
    Refusal(
        "rank of a store",
        lambda: check((I0, I1), Store(Y, (I0,), ELEMENT)),
        CheckError,
        "store to y: f32[3,5]: got 1 indices",
    ),
    Refusal(
        "a float index of a store",
        lambda: check((I0, I1), Store(Y, (I0, ELEMENT), ELEMENT, "add")),
        CheckError,
        "index x[i0, i1] must be an integer, got float32",
    ),
    Refusal(
        "unbound index",
        lambda: check((I0,), Store(Y, (I0, K0), ELEMENT)),
        CheckError,
        "x[i0, i1] uses i1, which no grid or loop binds",
    ),
    Refusal(
        "unknown combination",
        lambda: check((I0, I1), Store(Y, (I0, I1), ELEMENT, "max")),
        CheckError,
        """combines with 'max'\n  There are "" and "add".""",
    ),
    Refusal(
        "an element twice",
        lambda: check((I0,), Store(SQUARE, (I0, I0), Load(X, (I0, I0)))),
        CheckError,
        "must write each element once, got index (i0, i0)\n  Use one index an axis, or add.",
    ),
    Refusal(
        "a part of the buffer",
        lambda: check((I0,), Store(ROW, (I0,), Load(X, (I0, I0)))),
        CheckError,
        "store to row: f32[5]: does not cover the buffer with [i0]",
    ),
    Refusal(
        "a race",
        lambda: check((I0, I1), Store(ROW, (I1,), ELEMENT)),
        CheckError,
        "store to row: f32[5]: is written at several points of the grid\n  Use add.",
    ),
]
