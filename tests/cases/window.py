"""Cases of the reductions over windows."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from cases import Case
from oxmlx.ops.window import (
    ArgWindowMax,
    ArgWindowMin,
    ReduceWindowMax,
    ReduceWindowMin,
    ReduceWindowSum,
)

RNG = np.random.default_rng(9)
GEOMETRIES: list[tuple[tuple[int, ...], tuple[Any, ...]]] = [
    ((), ((), (), (), (), ())),
    ((6,), ((3,), (2,), ((1, 2),), (1,), (1,))),
    ((5, 4), ((2, 3), (1, 2), ((0, 1), (2, 0)), (2, 1), (1, 2))),
    ((5, 4), ((1, 2), (1, 1), ((-1, 0), (1, -2)), (1, 2), (1, 1))),
    ((2, 4, 3), ((1, 2, 2), (1, 2, 1), ((0, 0), (0, 0), (1, 0)), (1, 1, 1), (1, 1, 1))),
    ((2, 3), ((1, 4), (1, 1), ((0, 0), (0, 0)), (1, 1), (1, 1))),
    ((2, 0), ((1, 2), (1, 1), ((0, 0), (1, 1)), (1, 1), (1, 1))),
    ((1, 1), ((1, 1), (1, 1), ((1, 0), (0, 0)), (1, 1), (1, 1))),
]
REDUCTIONS = [ReduceWindowSum, ReduceWindowMax, ReduceWindowMin]
PLACES = [ArgWindowMax, ArgWindowMin]
SMALL = GEOMETRIES[4]


def distinct(*shape: int) -> np.ndarray:
    """Numbers without ties, so that finite differences make sense."""
    return RNG.permutation(int(np.prod(shape))).reshape(shape) / 8 - 1


def small(dtype: Any) -> np.ndarray:
    return RNG.integers(0, 9, SMALL[0]).astype(dtype)


CASES = [
    *(Case(cls(*g), distinct(*shape)) for cls in REDUCTIONS for shape, g in GEOMETRIES[:-2]),
    *(  # windows in pure padding, where the extremes are infinite
        Case(cls(*g), distinct(*shape), differentiable=cls is ReduceWindowSum)
        for cls in REDUCTIONS
        for shape, g in GEOMETRIES[-2:]
    ),
    *(Case(cls(*g, 0), distinct(*shape)) for cls in PLACES for shape, g in GEOMETRIES),
    *(Case(cls(*SMALL[1], 1), small(np.int32)) for cls in PLACES),
    *(
        Case(cls(*SMALL[1]), small(dtype))
        for cls in REDUCTIONS
        for dtype in (np.int8, np.uint16, np.int64, np.float32, np.float16, ml_dtypes.bfloat16)
    ),
    *(Case(cls(*SMALL[1]), small(np.bool_)) for cls in REDUCTIONS[1:]),
    *(
        Case(cls(*g), np.array([0, -np.inf, -np.inf, np.nan, np.inf, 1]), differentiable=False)
        for cls in REDUCTIONS
        for g in [GEOMETRIES[1][1]]
    ),
    *(
        Case(cls(*GEOMETRIES[1][1], 0), np.array([0, -np.inf, -np.inf, np.nan, np.inf, np.nan]))
        for cls in PLACES
    ),
    Case(ReduceWindowSum(*SMALL[1]), distinct(*SMALL[0]) * (1 + 2j)),
    Case(ReduceWindowSum(*SMALL[1]), (distinct(*SMALL[0]) * (1 - 1j)).astype(np.complex64)),
]
