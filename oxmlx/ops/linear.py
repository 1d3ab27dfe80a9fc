"""Linear primitives of one operand: their derivative is themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oxmlx.ir.primitive import Primitive
from oxmlx.ir.trace import bind


class Linear(Primitive):
    """out = A x for a fixed linear map A: a subclass says how to apply A and its transpose."""

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        return bind(self, *primals), bind(self, *tangents)
