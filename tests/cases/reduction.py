"""Cases of the reductions other than the sum."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from cases import Case
from oxmlx.ops.reduction import (
    ArgMax,
    ArgMin,
    ReduceAnd,
    ReduceMax,
    ReduceMin,
    ReduceOr,
    ReduceProd,
    ReduceXor,
)

RNG = np.random.default_rng(12)
EXTREMES: list[Any] = [ReduceMax, ReduceMin]
BITWISE: list[Any] = [ReduceAnd, ReduceOr, ReduceXor]
PLACES: list[Any] = [ArgMax, ArgMin]
REDUCED: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((1,), (0,)), ((5,), (0,)), ((2, 3), (0,)), ((2, 3), (1,)), ((2, 3), (0, 1)),
    ((2, 3, 4), (0, 2)), ((2, 3, 4), (2, 0)), ((0, 3), (1,)), ((3, 0), (0,)),
]  # fmt: skip
ALONG: list[tuple[tuple[int, ...], int]] = [
    ((1,), 0), ((5,), 0), ((2, 3), 0), ((2, 3), 1), ((2, 3, 4), 1), ((0, 3), 1),
]  # fmt: skip
I32 = np.dtype(np.int32)
INTEGERS: tuple[Any, ...] = (np.int8, np.uint8, np.int32, np.uint32, np.int64)
FLOATS: tuple[Any, ...] = (np.float32, np.float16, ml_dtypes.bfloat16)


def distinct(*shape: int) -> np.ndarray:
    """Numbers without ties, so that finite differences make sense."""
    return RNG.permutation(int(np.prod(shape))).reshape(shape) / 4 - 1.1


def i(*shape: int) -> np.ndarray:
    return RNG.integers(0, 7, shape)


SPECIAL = np.array([[1, np.nan, 3, np.nan], [-np.inf, 2, np.inf, 0], [0.0, -0.0, 0.0, -0.0]])
TIES = np.array([[2.0, 5, 5, 2], [1, 1, 1, 1]])

CASES = [
    *(Case(cls(axes), distinct(*s)) for cls in (*EXTREMES, ReduceProd) for s, axes in REDUCED),
    *(
        Case(cls((1,)), i(3, 5).astype(d))
        for cls in (*EXTREMES, ReduceProd)
        for d in (*INTEGERS, *FLOATS)
    ),
    *(Case(cls((0,)), RNG.normal(size=(30, 2)).astype(d)) for cls in EXTREMES for d in FLOATS),
    *(Case(cls((1,)), i(3, 5) > 3) for cls in (*EXTREMES, *BITWISE)),
    *(Case(cls((1,)), SPECIAL, differentiable=False) for cls in (*EXTREMES, ReduceProd)),
    Case(ReduceProd((0,)), np.ones((0, 2))),
    Case(ReduceProd((0, 1)), np.ones((0, 2), np.float32)),
    Case(ReduceProd((1,)), np.array([[1.5, 0, 2, -3, 0.5], [0, 2, 0, 1, 3]])),
    Case(ReduceProd((0,)), np.full((70, 2), 3, np.uint8)),
    Case(ReduceProd((0,)), (1 + 0.1 * RNG.normal(size=(50, 2))).astype(np.float16)),
    Case(ReduceProd((0,)), (1 + 0.1 * RNG.normal(size=(50, 2))).astype(ml_dtypes.bfloat16)),
    Case(ReduceProd((0, 2)), distinct(3, 2, 3) * (1 - 0.5j)),
    Case(ReduceProd((1,)), (distinct(2, 3) * 1j).astype(np.complex64)),
    *(Case(cls(axes), i(*s).astype(np.int32)) for cls in BITWISE for s, axes in REDUCED),
    *(Case(cls((0,)), i(3, 2).astype(np.uint8)) for cls in BITWISE),
    *(Case(cls((0,)), np.zeros((0, 2), bool)) for cls in BITWISE),
    *(Case(cls(axis, I32), distinct(*s)) for cls in PLACES for s, axis in ALONG),
    *(Case(cls(1, I32), i(3, 5).astype(d)) for cls in PLACES for d in (*INTEGERS, *FLOATS)),
    *(Case(cls(1, np.dtype(d)), TIES) for cls in PLACES for d in (np.int8, np.uint32, np.int64)),
    *(Case(cls(1, I32), SPECIAL.astype(d)) for cls in PLACES for d in (np.float64, *FLOATS)),
    *(Case(cls(1, I32), i(3, 5) > 3) for cls in PLACES),
]
