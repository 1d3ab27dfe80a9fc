"""Refusals of oxmlx.backends.interpreter."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.backends.interpreter import run
from oxmlx.errors import CheckError
from oxmlx.ir.kernel import Buffer, Expr, Index, Kernel, Load, Store, size

F32 = np.dtype(np.float32)
X, Y, I0 = Buffer("x", (3,), F32), Buffer("y", (3,), F32), Index("i0", size(3))


class Noise(Expr):
    """A node of which only its text is known."""

    def infer(self):
        return F32

    def text(self, show):
        return "noise", 9


def kernel(value):
    return Kernel("bad", (I0,), (Store(Y, (I0,), value),))


REFUSALS = [
    Refusal(
        "an input of another dtype",
        lambda: run(kernel(Load(X, (I0,))), np.zeros(3)),
        CheckError,
        "kernel bad: got inputs [((3,), dtype('float64'))] for (x: f32[3],)",
    ),
    Refusal(
        "an unknown node",
        lambda: run(kernel(Noise())),
        CheckError,
        "noise: has no meaning in the kernel language",
    ),
]
