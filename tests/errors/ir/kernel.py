"""Refusals of oxmlx.ir.kernel."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.errors import CheckError
from oxmlx.ir.aval import Aval
from oxmlx.ir.kernel import Buffer, Index, Operand, kernel_of, size

F32, F16 = np.dtype(np.float32), np.dtype(np.float16)
X = Operand.of(Buffer("x", (3, 5), F32))

REFUSALS = [
    Refusal(
        "rank of an operand",
        lambda: X((Index("i0", size(3)),)),
        CheckError,
        "operand[i0]: got 1 indices for an operand of shape (3, 5)",
    ),
    Refusal(
        "dtype of a lower rule",
        lambda: kernel_of(
            "same", [Aval((3,), F32)], Aval((3,), F16), lambda index, x, *, out: x(index)
        ),
        CheckError,
        "same: its lower rule gives float32, its abstract rule float16\n  The element is x0[i0].",
    ),
]
