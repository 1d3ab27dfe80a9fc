"""Cases of random keys and bits, in both counting schemes."""

from __future__ import annotations

import numpy as np

from cases import Case
from oxmlx.dtypes import KEY_DTYPES
from oxmlx.ops.prng import (
    RandomBits,
    RandomFoldIn,
    RandomSeed,
    RandomSplit,
    RandomUnwrap,
    RandomWrap,
)

RNG = np.random.default_rng(34)


def words(*shape: int) -> np.ndarray:
    return RNG.integers(0, 2**32, shape, np.uint64).astype(np.uint32)


CASES: list[Case] = []
for dtype in KEY_DTYPES.values():
    one, some, table, none = (words(*s, 2).view(dtype)[..., 0] for s in ((), (3,), (2, 3), (2, 0)))
    CASES += [Case(RandomBits(w, (2, 3)), one) for w in (8, 16, 32, 64)]
    CASES += [Case(RandomBits(w, (3,)), some) for w in (8, 16, 32, 64)]
    CASES += [
        Case(RandomBits(32, ()), some),
        Case(RandomBits(16, (5,)), words(2, 3, 2).view(dtype)[..., 0]),
    ]
    CASES += [Case(RandomBits(32, (0, 2)), some), Case(RandomBits(32, (4,)), none)]
    CASES += [Case(RandomSplit((2,)), one), Case(RandomSplit((2, 1, 3)), some)]
    CASES += [
        Case(RandomSplit(()), some),
        Case(RandomSplit((0,)), one),
        Case(RandomSplit((2,)), none),
    ]
    CASES += [Case(RandomFoldIn(), one, words()), Case(RandomFoldIn(), some, words(3))]
    CASES += [Case(RandomFoldIn(), some, words()), Case(RandomFoldIn(), one, words(3))]
    CASES += [Case(RandomUnwrap(), x) for x in (one, some, none)]
    CASES += [Case(RandomWrap(dtype), words(*s, 2)) for s in ((), (3,), (2, 0), (2, 3))]
    CASES += [Case(RandomSeed(dtype), np.asarray(s)) for s in (np.int32(-1), np.int64(-(2**40)))]
    CASES += [Case(RandomSeed(dtype), words(2, 3)), Case(RandomSeed(dtype), np.zeros(0, np.uint8))]
for case in CASES:
    case.differentiable = False
