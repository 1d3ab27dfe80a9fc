"""Cases: applications of primitives on concrete operands, over which the laws run."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx.ir.primitive import Primitive


class Case:
    """One application of a primitive.

    Args:
        prim: the primitive with its params.
        operands: NumPy arrays; floating ones in float64 where derivative laws should be sharp.
        differentiable: whether finite differences make sense at these operands (no kink, no tie).
        smooth: whether the second derivative exists there too.
        name: a suffix for the test id.
    """

    def __init__(
        self,
        prim: Primitive,
        *operands: Any,
        differentiable: bool = True,
        smooth: bool = True,
        name: str = "",
    ) -> None:
        self.prim = prim
        self.operands = [np.asarray(x) for x in operands]
        self.differentiable, self.smooth, self.name = differentiable, smooth, name

    def __repr__(self) -> str:
        shapes = ",".join(f"{x.dtype.name}{list(x.shape)}" for x in self.operands)
        return f"{self.prim}({shapes}){self.name}"
