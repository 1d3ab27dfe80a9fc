"""What keeps numbers in range and accurate: 16-bit inputs in float32, exponents below zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx import numpy as onp
from oxmlx.ops.convert import cast
from oxmlx.ops.identity import stop_gradient

FLOAT32 = np.dtype(np.float32)


def widen(x: Any) -> Any:
    """16-bit floats as float32, to be rounded once at the end; others as they are."""
    return cast(x, FLOAT32) if x.dtype.itemsize == 2 else x


def largest(x: Any, axes: tuple[int, ...]) -> Any:
    """The largest element along `axes`, which stay with extent 1: a constant to differentiation.

    What is subtracted before `exp` and cancels afterwards; 0 if there is no element.
    """
    if any(x.shape[a] == 0 for a in axes):
        return onp.zeros([1 if a in axes else n for a, n in enumerate(x.shape)], x.dtype)
    return stop_gradient(onp.max(x, axis=axes, keepdims=True))
