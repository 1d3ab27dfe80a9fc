"""Cases of the primitives that move elements, sum them, and contract them."""

from __future__ import annotations

import ml_dtypes
import numpy as np

from cases import Case
from oxmlx.ops.axes import Broadcast, ReduceSum
from oxmlx.ops.dot import DotGeneral
from oxmlx.ops.shape import Reshape, Transpose

RNG = np.random.default_rng(2)


def f(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def i(*shape: int) -> np.ndarray:
    return RNG.integers(0, 5, shape).astype(np.int32)


def z(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape) + 1j * RNG.normal(size=shape)


KEYS = RNG.integers(0, 99, (2, 3, 2)).astype(np.uint32).view([("k0", "<u4"), ("k1", "<u4")])[..., 0]

CASES = [
    Case(Broadcast((2, 3), (0,)), f(3)),
    Case(Broadcast((3, 2), (1,)), f(3)),
    Case(Broadcast((2, 3, 4), (0, 2)), f(3)),
    Case(Broadcast((2, 3), (0, 1)), f()),
    Case(Broadcast((0, 3), (0,)), f(3)),
    Case(Broadcast((4, 2, 3), (0,)), KEYS),
    Case(Broadcast((2, 3), (0,)), i(3)),
    Case(ReduceSum((0,)), f(3)),
    Case(ReduceSum((1,)), f(2, 3)),
    Case(ReduceSum((0, 2)), f(2, 3, 4)),
    Case(ReduceSum((2, 0)), f(2, 3, 4)),
    Case(ReduceSum((0, 1)), f(2, 3)),
    Case(ReduceSum((1,)), f(2, 0)),
    Case(ReduceSum((0,)), f(2, 0)),
    Case(ReduceSum((0,)), z(3, 2)),
    Case(ReduceSum((0,)), i(3, 2)),
    Case(ReduceSum((0,)), np.full((70, 2), 200, np.uint8)),
    Case(ReduceSum((0,)), f(50).astype(np.float16)),
    Case(ReduceSum((0,)), f(50).astype(ml_dtypes.bfloat16)),
    Case(ReduceSum((0,)), f(1000).astype(np.float32)),
    Case(Transpose((0,)), f(3)),
    Case(Transpose((1, 0)), f(2, 3)),
    Case(Transpose((2, 0, 1)), f(2, 3, 4)),
    Case(Transpose((1, 0)), KEYS),
    Case(Transpose((1, 0)), f(0, 3)),
    Case(Reshape((6,)), f(2, 3)),
    Case(Reshape((2, 3)), f(6)),
    Case(Reshape((3, 2, 1)), f(2, 3)),
    Case(Reshape((4, 6)), f(2, 2, 3, 2)),
    Case(Reshape((2, 1, 12)), f(4, 6)),
    Case(Reshape(()), f(1, 1)),
    Case(Reshape((1,)), f()),
    Case(Reshape((0, 4)), f(2, 0)),
    Case(Reshape((6,)), KEYS),
    Case(DotGeneral(((0,), (0,))), f(3), f(3)),
    Case(DotGeneral(((1,), (0,))), f(2, 3), f(3, 4)),
    Case(DotGeneral(((0,), (1,))), f(3, 2), f(4, 3)),
    Case(DotGeneral(((2,), (1,)), ((0,), (0,))), f(2, 3, 4), f(2, 4, 5)),
    Case(DotGeneral(((0,), (2,)), ((1,), (0,))), f(3, 2, 4), f(2, 5, 3)),
    Case(DotGeneral(((1, 2), (0, 1))), f(2, 3, 4), f(3, 4, 5)),
    Case(DotGeneral(((2, 0), (0, 1)), ((1,), (2,))), f(4, 2, 3), f(3, 4, 2)),
    Case(DotGeneral(((), ())), f(2), f(3)),
    Case(DotGeneral(((), ()), ((0,), (0,))), f(3), f(3)),
    Case(DotGeneral(((1,), (0,))), f(2, 0), f(0, 3)),
    Case(DotGeneral(((1,), (0,))), f(0, 2), f(2, 3)),
    Case(DotGeneral(((1,), (0,))), z(2, 3), z(3, 4)),
    Case(DotGeneral(((1,), (0,))), i(2, 3), i(3, 4)),
    Case(DotGeneral(((1,), (0,))), i(2, 3) > 2, i(3, 4) > 2),
    Case(DotGeneral(((1,), (0,))), f(2, 30).astype(np.float16), f(30, 4).astype(np.float16)),
    Case(
        DotGeneral(((1,), (0,))),
        f(2, 30).astype(ml_dtypes.bfloat16),
        f(30, 4).astype(ml_dtypes.bfloat16),
    ),
]
