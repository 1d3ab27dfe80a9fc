"""Running averages of gradients: the moments that adaptive methods divide by."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx import tree
from oxmlx.dtypes import as_dtype, finfo, is_complex, promote_types
from oxmlx.errors import ArgumentError
from oxmlx.ops.axes import full
from oxmlx.ops.complex import imag, real
from oxmlx.ops.convert import cast
from oxmlx.ops.select import minimum
from oxmlx.optim.transformation import Scalar, Tree

I32, F32 = np.dtype(np.int32), np.dtype(np.float32)
LAST = np.iinfo(np.int32).max


def zero() -> Any:
    """The count before the first update."""
    return full((), 0, I32)


def increment(count: Any) -> Any:
    """count + 1; the largest int32 stays as it is."""
    return minimum(count, LAST - 1) + 1


def average(x: Tree, m: Tree, decay: Scalar) -> Tree:
    """m ← decay · m + (1 − decay) · x"""
    return tree.map(lambda a, b: (1 - decay) * a + decay * b, x, m)


def unbiased(m: Tree, decay: Scalar, count: Any) -> Tree:
    """m / (1 − decayᵗ): an average that began at zero, as if it had begun at its first element.

    The power is taken in f32 at least: in 16 bits 0.999 is 1.
    """
    corrections: dict[np.dtype[Any], Any] = {}

    def divide(x: Any) -> Any:
        wide = promote_types(finfo(x.dtype).dtype, F32)
        if wide not in corrections:
            corrections[wide] = 1 - decay ** cast(count, wide)
        return x / cast(corrections[wide], x.dtype)

    return tree.map(divide, m)


def abs_sq(x: Any) -> Any:
    """|x|², of real dtype."""
    return real(x) ** 2 + imag(x) ** 2 if is_complex(x.dtype) else x * x


def moment_dtype(dtype: Any, who: str) -> np.dtype[Any] | None:
    """An optional dtype that a caller gave."""
    return None if dtype is None else as_dtype(dtype, who)


def check_decay(who: str, **decays: Any) -> None:
    """Refuse Python numbers that lie outside [0, 1]; an array may be traced, and passes.

    Raises:
        ArgumentError: the text names the argument.
    """
    for name, x in decays.items():
        if isinstance(x, (bool, str)) or (isinstance(x, (int, float)) and not 0 <= x <= 1):
            raise ArgumentError(who, f"{name} must lie between 0 and 1, got {x!r}")
