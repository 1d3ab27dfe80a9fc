"""Arrays to put in order: of every dtype that has one, with all that makes it hard."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

BF16 = np.dtype(ml_dtypes.bfloat16)
DTYPES: list[Any] = [
    *("float32", "float64", "float16", BF16, "bool", "int8", "uint8", "int16", "uint16"),
    *("int32", "uint32", "int64", "uint64"),
]
SPECIAL = [np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, -1e-45, 3e38]


def draw(
    rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, few: bool, special: float
) -> np.ndarray:
    """Numbers of the whole range, or a few that come again; a share of floats is special."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(dtype)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        low, high = (max(limits.min, -3), 3) if few else (limits.min, limits.max)
        return rng.integers(low, high, shape, dtype, endpoint=True)
    x = rng.integers(-2, 3, shape) / 2 if few else rng.normal(size=shape)
    x = np.where(rng.uniform(size=shape) < special, rng.choice(SPECIAL, shape), x)
    with np.errstate(over="ignore"):
        return x.astype(dtype)
