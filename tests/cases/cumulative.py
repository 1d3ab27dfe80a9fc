"""Cases of the scans along an axis."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from cases import Case
from oxmlx.ops.cumulative import CumLogSumExp, CumMax, CumMin, CumProd, CumSum

RNG = np.random.default_rng(11)
SCANS: list[Any] = [CumSum, CumProd, CumMax, CumMin, CumLogSumExp]
SHAPES: list[tuple[tuple[int, ...], int]] = [
    ((1,), 0), ((2,), 0), ((5,), 0), ((8,), 0), ((2, 3), 0), ((2, 3), 1), ((2, 7, 2), 1), ((0,), 0),
    ((2, 0), 1), ((0, 3), 1),
]  # fmt: skip
FLOATS: tuple[Any, ...] = (np.float32, np.float16, ml_dtypes.bfloat16)
INTEGERS = (np.int8, np.uint8, np.int32, np.int64)


def distinct(*shape: int) -> np.ndarray:
    """Numbers without ties, so that finite differences make sense."""
    return RNG.permutation(int(np.prod(shape))).reshape(shape) / 4 - 1.1


def i(*shape: int) -> np.ndarray:
    return RNG.integers(0, 5, shape)


ZEROS = np.array([[1.5, 0, 2, -3, 0.5], [0, 2, 0, 1, 3]])
SPECIAL = np.array([[-np.inf, 0, 1, np.inf, 2], [3, np.nan, 1, 7, -np.inf]])

CASES = [
    *(
        Case(cls(axis, reverse), distinct(*shape))
        for cls in SCANS
        for shape, axis in SHAPES
        for reverse in (False, True)
    ),
    *(Case(cls(1, True), RNG.normal(size=(2, 9)).astype(d)) for cls in SCANS for d in FLOATS),
    *(Case(cls(0, False), i(6, 2).astype(d)) for cls in SCANS[:4] for d in INTEGERS),
    *(Case(cls(1, False), i(2, 6) > 2) for cls in (CumMax, CumMin)),
    *(Case(cls(1, r), ZEROS) for cls in (CumSum, CumProd) for r in (False, True)),
    *(
        Case(cls(1, r), SPECIAL, differentiable=False, name=" special")
        for cls in SCANS[1:]
        for r in (False, True)
    ),
    *(
        Case(cls(0, r), distinct(5, 2) * (1 - 0.5j))
        for cls in (CumSum, CumProd)
        for r in (False, True)
    ),
    *(Case(cls(0, False), (distinct(5, 2) * 1j).astype(np.complex64)) for cls in (CumSum, CumProd)),
]
