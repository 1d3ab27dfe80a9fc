"""Cases of the primitives that move blocks between static places."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from cases import Case
from oxmlx.ops.slicing import Concatenate, Iota, Pad, Reverse, Slice

RNG = np.random.default_rng(3)
KEYS = RNG.integers(0, 99, (2, 3, 2)).astype(np.uint32).view([("k0", "<u4"), ("k1", "<u4")])[..., 0]


def f(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def z(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape) + 1j * RNG.normal(size=shape)


def every(*shape: int) -> list[np.ndarray]:
    """The same numbers in every kind of dtype."""
    x = RNG.integers(-4, 5, shape)
    types: list[Any] = [np.int8, np.uint32, np.int64, np.float16, ml_dtypes.bfloat16, np.float32]
    return [x > 0, x.astype(np.complex64), *(x.astype(t) for t in types)]


def slice_of(*ranges: tuple[int, int, int]) -> Slice:
    return Slice(*(tuple(b) for b in zip(*ranges, strict=True)))


CASES = [
    Case(Slice((), (), ()), f()),
    Case(slice_of((1, 4, 1)), f(5)),
    Case(slice_of((0, 5, 2)), f(5)),
    Case(slice_of((1, 5, 3), (0, 4, 1)), f(6, 4)),
    Case(slice_of((0, 2, 1), (1, 4, 2), (3, 4, 1)), f(2, 5, 4)),
    Case(slice_of((2, 2, 1), (0, 3, 2)), f(4, 3)),
    Case(slice_of((0, 0, 1)), f(0)),
    Case(slice_of((0, 1, 7)), f(1)),
    Case(slice_of((1, 3, 1)), z(4)),
    *[Case(slice_of((1, 3, 1), (0, 3, 2)), x) for x in every(4, 3)],
    Case(slice_of((0, 2, 1), (1, 3, 1)), KEYS),
    Case(Pad(()), f(), f()),
    Case(Pad(((1, 2, 0),)), f(3), f()),
    Case(Pad(((0, 0, 2),)), f(3), f()),
    Case(Pad(((-1, -1, 0),)), f(4), f()),
    Case(Pad(((-3, 1, 1),)), f(4), f()),
    Case(Pad(((2, -5, 2),)), f(3), f()),
    Case(Pad(((-1, 2, 1), (3, -1, 0))), f(3, 2), f()),
    Case(Pad(((0, 0, 0), (1, 0, 3), (-1, -1, 0))), f(2, 3, 2), f()),
    Case(Pad(((1, 2, 3),)), f(0), f()),
    Case(Pad(((1, 1, 5),)), f(1), f()),
    Case(Pad(((-2, 0, 0),)), f(2), f()),
    Case(Pad(((1, 0, 1),)), z(2), z()),
    *[Case(Pad(((1, -1, 1), (0, 1, 0))), x, x[0, 0]) for x in every(2, 3)],
    Case(Pad(((1, 0, 0), (0, 0, 1))), KEYS, KEYS[0, 0]),
    Case(Concatenate(0), f(3)),
    Case(Concatenate(0), f(2), f(0), f(3)),
    Case(Concatenate(1), f(2, 1), f(2, 3)),
    Case(Concatenate(1), f(2, 3, 2), f(2, 1, 2), f(2, 2, 2)),
    Case(Concatenate(2), f(2, 0, 1), f(2, 0, 4)),
    Case(Concatenate(0), z(2), z(1)),
    *[Case(Concatenate(0), x, x) for x in every(2, 3)],
    Case(Concatenate(1), KEYS, KEYS[:, :1]),
    Case(Reverse((0,)), f(4)),
    Case(Reverse((1,)), f(2, 3)),
    Case(Reverse((2, 0)), f(2, 3, 4)),
    Case(Reverse((0, 1)), f(0, 2)),
    *[Case(Reverse((1,)), x) for x in every(2, 3)],
    Case(Reverse((0,)), KEYS),
    Case(Iota((4,), np.dtype(np.int32), 0)),
    Case(Iota((2, 3), np.dtype(np.float64), 1)),
    Case(Iota((2, 3, 1), ml_dtypes.finfo(ml_dtypes.bfloat16).dtype, 0)),
    Case(Iota((300,), np.dtype(np.uint8), 0)),
    Case(Iota((0, 2), np.dtype(np.int64), 0)),
    Case(Iota((3,), np.dtype(np.complex64), 0)),
    Case(Iota((3000,), np.dtype(np.float16), 0)),
]
