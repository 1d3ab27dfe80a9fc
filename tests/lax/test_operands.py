"""Strict operands: one dtype, one shape, and Python numbers of the right kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx.errors import DtypeError, OverflowingLiteralError, ShapeError
from oxmlx.ops.convert import from_numpy

DTYPES: list[Any] = [np.bool_, np.int8, np.int32, np.uint32, np.float16, np.float64, np.complex128]
NUMBERS: dict[Any, list[Any]] = {
    "b": [True, np.True_], "i": [1, np.int64(1)], "u": [1], "f": [1.0, np.float64(1)], "c": [1j],
}  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_number_takes_the_dtype_of_an_array_of_its_kind(dtype: Any) -> None:
    x = from_numpy(np.ones(2, dtype))
    for kind, numbers in NUMBERS.items():
        for number in numbers:
            for pair in ((x, number), (number, x)):
                if kind == np.dtype(dtype).kind or {kind, np.dtype(dtype).kind} == {"i", "u"}:
                    assert ox.lax.eq(*pair).shape == (2,)
                else:
                    with pytest.raises(DtypeError, match="operands must have one dtype"):
                        ox.lax.eq(*pair)


def test_it_is_the_number_itself_that_counts() -> None:
    """0.1 is not rounded to float32 first."""
    x = from_numpy(np.zeros(1))
    assert ox.lax.add(x, 0.1).tolist() == [0.1]
    with pytest.raises(OverflowingLiteralError, match="300 does not fit i8"):
        ox.lax.add(from_numpy(np.zeros(1, np.int8)), 300)


def test_numbers_alone_are_weak() -> None:
    y = ox.lax.add(1, 2)
    assert y.weak_type
    assert y.dtype == np.int32
    assert ox.lax.mul(2.0, 3.0).dtype == np.float32
    with pytest.raises(DtypeError):
        ox.lax.add(1, 2.0)


def test_a_number_is_weak_inside_jit_too() -> None:
    x = from_numpy(np.ones(2))
    y = ox.jit(ox.lax.mul)(x, 3.0)
    assert y.dtype == np.float64
    assert y.tolist() == [3, 3]
    with pytest.raises(DtypeError):
        ox.jit(ox.lax.mul)(x, 3)


@pytest.mark.parametrize("a", DTYPES)
@pytest.mark.parametrize("b", DTYPES)
def test_nothing_is_promoted(a: Any, b: Any) -> None:
    x, y = from_numpy(np.ones(2, a)), from_numpy(np.ones(2, b))
    if a == b:
        assert ox.lax.eq(x, y).tolist() == [True, True]
        return
    for f in (ox.lax.eq, ox.lax.dot, ox.lax.clamp):
        args = (x, y, x) if f is ox.lax.clamp else (x, y)
        with pytest.raises(DtypeError, match="must have one dtype.*\n.*ox.numpy"):
            f(*args)
    with pytest.raises(DtypeError, match=r"lax.concatenate: operands must have one dtype"):
        ox.lax.concatenate([x, y], 0)


SHAPES = [((2, 3), (3,)), ((2,), (3,)), ((2, 3), (3, 2)), ((1, 3), (3,)), ((2, 1), (2, 2, 1))]


@pytest.mark.parametrize(("a", "b"), SHAPES)
def test_shapes_are_not_aligned(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    x, y = from_numpy(np.ones(a)), from_numpy(np.ones(b))
    for pair in ((x, y), (y, x)):
        with pytest.raises(ShapeError, match=r"lax.add: operands must have one shape"):
            ox.lax.add(*pair)


@pytest.mark.parametrize(("a", "b", "out"), [
    ((), (2, 3), (2, 3)), ((1, 3), (2, 1), (2, 3)), ((1, 1), (1, 3), (1, 3)), ((0,), (1,), (0,)),
])  # fmt: skip
def test_extents_of_one_stretch(a: Any, b: Any, out: Any) -> None:
    assert ox.lax.add(from_numpy(np.ones(a)), from_numpy(np.ones(b))).shape == out


def test_arrays_of_numpy_and_lists() -> None:
    assert ox.lax.exp(np.zeros(2, np.float32)).tolist() == [1, 1]
    with pytest.raises(TypeError, match="got list"):
        ox.lax.exp([0.0])
