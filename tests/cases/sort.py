"""Cases of sorting."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from cases import Case
from oxmlx.ops.sort import Sort, TopK

RNG = np.random.default_rng(13)
DTYPES: tuple[Any, ...] = (
    np.int8, np.uint8, np.int32, np.int64, np.float32, np.float16, ml_dtypes.bfloat16,
)  # fmt: skip


def distinct(*shape: int) -> np.ndarray:
    """Numbers without ties, so that finite differences make sense."""
    return RNG.permutation(int(np.prod(shape))).reshape(shape) / 4 - 1.1


def i(*shape: int) -> np.ndarray:
    return RNG.integers(0, 4, shape).astype(np.int32)


KEYS = RNG.integers(0, 99, (2, 4, 2)).astype(np.uint32).view([("k0", "<u4"), ("k1", "<u4")])[..., 0]
NAN = -np.float64(np.nan)
SPECIAL = np.array([[1, np.nan, -0.0, 0.0, -0.0, NAN, -np.inf, np.inf, 1]])
PARTS = np.array([2 + 0j, 1 + np.nan * 1j, np.nan + 0j, 1 + 5j, 1 - 5j, NAN + NAN * 1j])
PLACES = np.arange(9, dtype=np.int32)[None]

CASES = [
    Case(Sort(0, 1, True), distinct(1)),
    Case(Sort(0, 1, True), distinct(6)),
    Case(Sort(0, 1, False), distinct(6)),
    Case(Sort(0, 1, True), distinct(4, 3)),
    Case(Sort(1, 1, True), distinct(2, 5, 2)),
    Case(Sort(0, 1, True), distinct(0)),
    Case(Sort(1, 1, False), distinct(0, 3)),
    Case(Sort(1, 1, True), distinct(2, 4), distinct(2, 4), i(2, 4)),
    Case(
        Sort(0, 2, True), np.round(distinct(7) / 3), distinct(7), distinct(7), differentiable=False
    ),
    Case(Sort(1, 1, True), i(2, 9), distinct(2, 9)),
    Case(Sort(1, 2, True), i(2, 9), i(2, 9), distinct(2, 9)),
    Case(Sort(1, 1, True), distinct(2, 4), KEYS),
    Case(Sort(1, 1, True), SPECIAL, PLACES, differentiable=False),
    Case(Sort(1, 2, True), SPECIAL, SPECIAL[:, ::-1], PLACES, differentiable=False),
    Case(Sort(0, 1, True), PARTS, differentiable=False),
    Case(Sort(0, 1, True), distinct(5) * (1 - 2j)),
    *(Case(Sort(1, 1, True), i(2, 6).astype(d), i(2, 6)) for d in DTYPES),
    Case(Sort(1, 1, True), i(2, 6) > 2, i(2, 6)),
    *(
        Case(Sort(1, 1, s), SPECIAL.astype(d))
        for d in (np.float32, np.float16)
        for s in (True, False)
    ),
    Case(TopK(0, 0), distinct(3)),
    Case(TopK(1, 0), distinct(1)),
    Case(TopK(3, 0), distinct(7)),
    Case(TopK(2, 1), distinct(2, 4, 3)),
    Case(TopK(4, 1), distinct(3, 4)),
    Case(TopK(2, 1), distinct(0, 4)),
    Case(TopK(9, 1), SPECIAL, differentiable=False),
    *(Case(TopK(3, 1), i(2, 6).astype(d)) for d in DTYPES),
    *(Case(TopK(6, 1), SPECIAL.astype(d)) for d in (np.float32, np.float16)),
    Case(TopK(2, 0), i(4) > 1),
]
