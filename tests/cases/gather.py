"""Cases of the primitives that move elements between places that are data."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from cases import Case
from oxmlx.ops.bounds import InBounds
from oxmlx.ops.indexing import Gather, Scatter

RNG = np.random.default_rng(5)
KEYS = RNG.integers(0, 99, (2, 3, 2)).astype(np.uint32).view([("k0", "<u4"), ("k1", "<u4")])[..., 0]
TYPES: list[Any] = [bool, np.int8, np.uint64, np.float16, ml_dtypes.bfloat16, np.complex64]
NAN, ZERO, SEVEN = np.float64("nan"), np.float64(0), np.float64(7)


def f(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def i(values: Any, dtype: Any = np.int32) -> np.ndarray:
    return np.array(values, dtype)


ROWS = i([2, 0, 2, -1])  # 2 and -1 are one row of three, which comes three times
OUT = i([1, 3, -4, 0, -3])  # the second and the third lie outside of three
PAIRS = i([[0, 2], [1, -1]])

CASES = [
    Case(Gather((0,), 0, NAN), f(3), i(1)),
    Case(Gather((0,), 0, SEVEN), f(3), i(5), name=" outside"),
    Case(Gather((0,), 0, None), f(3), i(-5), name=" outside"),
    Case(Gather((0,), 0, NAN), f(3), ROWS),
    Case(Gather((0,), 0, NAN), f(3), OUT, differentiable=False),
    Case(Gather((0,), 0, ZERO), f(3, 2), OUT),
    Case(Gather((0,), 0, None), f(3, 2), OUT),
    Case(Gather((1,), 0, NAN), f(2, 3), PAIRS),
    Case(Gather((1,), 0, SEVEN), f(2, 3, 2), OUT),
    Case(Gather((0, 1), 0, NAN), f(3, 3), ROWS, ROWS[::-1]),
    Case(Gather((2, 0), 0, ZERO), f(3, 2, 3), ROWS, OUT[:4]),
    Case(Gather((2, 0), 0, None), f(3, 2, 3), PAIRS, PAIRS + 2),
    Case(Gather((0, 1), 0, NAN), f(3, 3, 2), i(2), i(1)),
    Case(Gather((0, 1), 0, SEVEN), f(3, 3, 2), i(2), i(9), name=" outside"),
    Case(Gather((1,), 1, NAN), f(2, 3), i([0, 2])),
    Case(Gather((1,), 1, SEVEN), f(2, 3), i([[0, 2, 2], [3, 1, -1]])),
    Case(Gather((2,), 1, None), f(2, 2, 3), PAIRS),
    Case(Gather((2,), 2, ZERO), f(2, 2, 3, 2), PAIRS),
    Case(Gather((0,), 0, SEVEN), f(0, 2), i([0, -1])),
    Case(Gather((0,), 0, None), f(3, 2), i([])),
    Case(Gather((0,), 0, None), f(0, 2), i([])),
    Case(Gather((0,), 0, None), f(3, 0), ROWS),
    Case(Gather((0,), 0, NAN), f(300, 2), i([-1, 99, -128], np.int8)),
    Case(Gather((0,), 0, SEVEN), f(3), i([255, 1], np.uint8)),
    Case(Gather((0,), 0, SEVEN), f(3), i([2**40, -(2**40), -1], np.int64)),
    Case(Gather((0,), 0, None), f(3), i([2**63 + 1, 2], np.uint64)),
    *[
        Case(Gather((0,), 0, x[1, 1]), x, OUT)
        for x in (RNG.integers(0, 3, (3, 2)).astype(t) for t in TYPES)
    ],
    Case(Gather((1,), 0, KEYS[0, 0]), KEYS, OUT),
    Case(InBounds(3, 0), ROWS),
    Case(InBounds(3, 1), i([], np.int64)),
]

for combine in ("set", "add", "min", "max"):
    CASES += [
        Case(Scatter((0,), 0, combine), f(3), f(), i(1)),
        Case(Scatter((0,), 0, combine), f(3), f(), i(3), name=" outside"),
        Case(Scatter((0,), 0, combine), f(3), f(4), ROWS),
        Case(Scatter((0,), 0, combine), f(3, 2), f(5, 2), OUT),
        Case(Scatter((0,), 0, combine, True), f(3, 2), f(5, 2), OUT),
        Case(Scatter((1,), 0, combine), f(2, 3, 2), f(2, 2, 2, 2), PAIRS),
        Case(Scatter((1, 0), 0, combine), f(3, 3, 2), f(4, 2), ROWS, OUT[:4]),
        Case(Scatter((1,), 1, combine), f(2, 3), f(2, 2), PAIRS),
        Case(Scatter((2,), 1, combine, True), f(2, 2, 3), f(2, 2, 2), PAIRS + 2),
        Case(Scatter((0,), 0, combine, False, True), f(4), f(3), i([2, 0, -1])),
        Case(Scatter((0,), 0, combine), f(3, 2), f(0, 2), i([])),
        Case(Scatter((0,), 0, combine), f(0, 2), f(2, 2), i([0, 1])),
        Case(Scatter((0,), 0, combine), f(3, 0), f(4, 0), ROWS),
        Case(Scatter((0,), 0, combine), f(2, 40), f(60, 40), i([0, 1, 1] * 20)),
        Case(Scatter((0,), 0, combine), f(30, 40), f(60, 40), RNG.integers(-35, 35, 60)),
    ]
CASES += [
    Case(Scatter((0,), 0, "mul", False, True), f(4), f(3), i([2, 0, -1])),
    Case(Scatter((1,), 0, "mul", False, True), f(2, 4), f(3, 2), i([2, 9, -1])),
    Case(Scatter((1,), 1, "mul", True, True), f(2, 4), f(2, 2), i([[0, 3], [2, 9]])),
    Case(Scatter((0,), 0, "mul"), f(3), f(4), ROWS, differentiable=False),
    Case(Scatter((0,), 0, "mul"), f(3, 40), f(60, 40), i([0, 1, 1] * 20), differentiable=False),
    Case(Scatter((0,), 0, "set"), KEYS, KEYS[[0, 1, 1]], i([1, 0, 1])),
    *[
        Case(
            Scatter((0,), 0, c), *(RNG.integers(0, 3, s).astype(t) for s in ((3, 2), (4, 2))), ROWS
        )
        for c, types in {
            "set": TYPES,
            "add": TYPES[1:],
            "mul": TYPES[1:],
            "min": TYPES[:-1],
            "max": TYPES[:-1],
        }.items()
        for t in types
    ],
]
