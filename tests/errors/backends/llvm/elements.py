"""Refusals of oxmlx.backends.llvm.elements."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.backends.llvm.render import Renderer
from oxmlx.errors import CheckError, MissingRule
from oxmlx.ir.kernel import Buffer, Expr, Index, Kernel, Load, Store, size

F32 = np.dtype(np.float32)
X, Y, I0 = Buffer("x", (3,), F32), Buffer("y", (3,), F32), Index("i0", size(3))
TOTAL = Buffer("total", (), F32)


class Mist(Expr):
    """A node of which only its text is known."""

    def infer(self):
        return F32

    def text(self, show):
        return "mist", 9


def render(store):
    return Renderer(Kernel("bad", (I0,), (store,)), 8).text()


REFUSALS = [
    Refusal(
        "an unknown node",
        lambda: render(Store(Y, (I0,), Mist())),
        CheckError,
        "cpu: cannot print mist",
    ),
    Refusal(
        "a sum over points",
        lambda: render(Store(TOTAL, (), Load(X, (I0,)), "add")),
        MissingRule,
        "cpu: cannot add to total: f32[] from many points",
    ),
]
