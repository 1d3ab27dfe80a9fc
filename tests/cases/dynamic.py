"""Cases of the primitives that move blocks between places that are data."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from cases import Case
from oxmlx.ops.dynamic import DynamicSlice, DynamicUpdateSlice

RNG = np.random.default_rng(4)
KEYS = RNG.integers(0, 99, (2, 3, 2)).astype(np.uint32).view([("k0", "<u4"), ("k1", "<u4")])[..., 0]
TYPES: list[Any] = [bool, np.int8, np.uint64, np.float16, ml_dtypes.bfloat16, np.complex64]


def f(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def at(*starts: int, dtype: Any = np.int32) -> list[np.ndarray]:
    return [np.array(s, dtype) for s in starts]


PUT = DynamicUpdateSlice()
CASES = [
    Case(DynamicSlice(()), f()),
    Case(DynamicSlice((2,)), f(5), *at(1)),
    Case(DynamicSlice((2,)), f(5), *at(4), name=" clamped down"),
    Case(DynamicSlice((2,)), f(5), *at(-3), name=" clamped up"),
    Case(DynamicSlice((5,)), f(5), *at(2), name=" whole"),
    Case(DynamicSlice((2, 3)), f(4, 3), *at(1, 1)),
    Case(DynamicSlice((2, 1, 3)), f(4, 3, 5), *at(1, 2, 9)),
    Case(DynamicSlice((0, 2)), f(3, 2), *at(1, 0)),
    Case(DynamicSlice((2, 2)), f(4, 3), *at(1, 200, dtype=np.uint8)),
    Case(DynamicSlice((2, 2)), f(300, 3), *at(-1, 1, dtype=np.int8)),
    Case(DynamicSlice((2, 2)), f(4, 3), *at(2**40, -(2**40), dtype=np.int64)),
    Case(DynamicSlice((2,)), f(4), *at(2**63 + 5, dtype=np.uint64)),
    *[Case(DynamicSlice((1, 2)), RNG.integers(0, 3, (2, 3)).astype(t), *at(1, 1)) for t in TYPES],
    Case(DynamicSlice((2, 1)), KEYS, *at(0, 2)),
    Case(PUT, f(), f()),
    Case(PUT, f(5), f(2), *at(1)),
    Case(PUT, f(5), f(2), *at(7), name=" clamped down"),
    Case(PUT, f(5), f(2), *at(-7), name=" clamped up"),
    Case(PUT, f(5), f(5), *at(1), name=" whole"),
    Case(PUT, f(4, 3), f(4, 1), *at(0, 2)),
    Case(PUT, f(4, 3, 5), f(2, 3, 1), *at(1, 2, 4)),
    Case(PUT, f(4, 3), f(0, 2), *at(1, 1)),
    Case(PUT, f(0, 3), f(0, 2), *at(1, 1)),
    Case(PUT, f(4, 3), f(2, 2), *at(1, 2**63, dtype=np.uint64)),
    *[
        Case(PUT, *(RNG.integers(0, 3, s).astype(t) for s in ((2, 3), (1, 2))), *at(1, 0))
        for t in TYPES
    ],
    Case(PUT, KEYS, KEYS[:1, :2], *at(1, 1)),
]
