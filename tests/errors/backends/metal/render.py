"""Refusals of oxmlx.backends.metal.render."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.backends.metal.render import render
from oxmlx.errors import CheckError, MissingRule
from oxmlx.ir.kernel import Buffer, Expr, Index, Kernel, Load, Store, size

F32 = np.dtype(np.float32)
X, Y, I0 = Buffer("x", (3,), F32), Buffer("y", (3,), F32), Index("i0", size(3))


class Noise(Expr):
    """A node of which only its text is known."""

    def infer(self):
        return F32

    def text(self, show):
        return "noise", 9


def text(value, combine=""):
    return render(Kernel("bad", (I0,), (Store(Y, (I0,), value, combine),)))


REFUSALS = [
    Refusal(
        "a sum over many points",
        lambda: text(Load(X, (I0,)), "add"),
        MissingRule,
        "metal: cannot add to y: f32[3] from many points\n  Run on the CPU.",
    ),
    Refusal("an unknown node", lambda: text(Noise()), CheckError, "metal: cannot print noise"),
]
