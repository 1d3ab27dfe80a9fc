"""Cases of the convolution."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from cases import Case
from oxmlx.ops.conv import ConvGeneral

RNG = np.random.default_rng(10)


def f(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def z(*shape: int) -> np.ndarray:
    return f(*shape) + 1j * f(*shape)


def i(*shape: int) -> np.ndarray:
    return RNG.integers(-4, 5, shape)


PLAIN = ConvGeneral((1,), ((1, 0),), (1,), (1,))
STRIDED = ConvGeneral((2,), ((1, 2),), (1,), (1,))
DILATED = ConvGeneral((2,), ((3, 1),), (3,), (2,))
PLANE = ConvGeneral((1, 2), ((1, 1), (0, 2)), (2, 1), (1, 2))
CUT = ConvGeneral((1, 1), ((-1, 0), (1, -2)), (1, 2), (1, 1))
NARROW: tuple[Any, ...] = (np.float16, ml_dtypes.bfloat16, np.float32, np.int8, np.uint32)

CASES = [
    Case(PLAIN, f(2, 5, 3), f(4, 2, 3)),
    Case(STRIDED, f(2, 7, 1), f(1, 3, 1)),
    Case(DILATED, f(1, 4, 2), f(2, 3, 2)),
    Case(PLANE, f(2, 4, 5, 2), f(3, 2, 2, 2)),
    Case(CUT, f(2, 5, 4, 2), f(2, 2, 3, 2)),
    Case(ConvGeneral((), (), (), ()), f(3, 4), f(2, 4)),
    Case(ConvGeneral((1,), ((0, 1),), (1,), (1,), 2, 1), f(2, 4, 6), f(4, 2, 3)),
    Case(ConvGeneral((1,), ((0, 1),), (1,), (1,), 3, 1), f(2, 4, 3), f(3, 2, 1)),
    Case(ConvGeneral((2,), ((1, 1),), (2,), (1,), 1, 2), f(4, 4, 3), f(4, 2, 3)),
    Case(
        ConvGeneral((1,) * 3, ((1, 0),) * 3, (1,) * 3, (1,) * 3), f(1, 2, 3, 2, 2), f(2, 2, 2, 1, 2)
    ),
    Case(PLAIN, f(0, 5, 3), f(4, 2, 3)),
    Case(PLAIN, f(2, 5, 0), f(4, 2, 0)),
    Case(PLAIN, f(2, 0, 3), f(4, 2, 3)),
    Case(PLAIN, f(2, 5, 3), f(4, 0, 3)),
    Case(PLAIN, f(2, 5, 3), f(0, 2, 3)),
    Case(PLAIN, f(2, 1, 3), f(4, 3, 3)),
    Case(PLANE, z(2, 4, 5, 2), z(3, 2, 2, 2)),
    *(Case(PLANE, i(2, 4, 5, 2).astype(d), i(3, 2, 2, 2).astype(d)) for d in NARROW),
    *(Case(STRIDED, f(2, 9, 7).astype(d), f(2, 5, 7).astype(d)) for d in NARROW[:3]),
]
