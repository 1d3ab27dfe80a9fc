"""Refusals of oxmlx.ir.fold."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.errors import CheckError
from oxmlx.ir.kernel import Buffer, Index, Operand, Part, fold, prefix, size

V = Operand.of(Buffer("v", (5,), np.dtype(np.float32)))
I0, N = Index("i0", size(5)), size(5)

REFUSALS = [
    Refusal("unknown monoid", lambda: fold("sum", (N,), V), CheckError, "sum: is no monoid"),
    Refusal(
        "a float end",
        lambda: prefix("add", N, V((I0,)), lambda k: V((k,))),
        CheckError,
        "ends at v[i0], which must be an integer",
    ),
    Refusal(
        "part of one element",
        lambda: Part(1, I0),
        CheckError,
        "part 1: there is no such component in i0",
    ),
    Refusal(
        "accumulate a pair",
        lambda: fold("argmax", (N,), lambda k: (V(k), k[0]), dtype=np.dtype(np.int64)),
        CheckError,
        "argmax: cannot accumulate 2 components in int64",
    ),
    Refusal(
        "an extent that is no size",
        lambda: fold("add", (I0,), V),
        CheckError,
        "a loop: needs a size for its extent, got i0\n  Use size(n).",
    ),
]
