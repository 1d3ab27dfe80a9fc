"""The precision inside a composite: 16-bit inputs are computed in float32 and rounded once."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx.ops.convert import cast

FLOAT32 = np.dtype(np.float32)


def widen(x: Any) -> Any:
    """16-bit floats as float32; others as they are."""
    return cast(x, FLOAT32) if x.dtype.itemsize == 2 else x
