"""What is stored because several kernels want it, and which axes have one length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
import oxmlx.numpy as np_
from oxmlx.compile.fuse import fuse
from oxmlx.ir.aval import Aval
from oxmlx.ir.kernel import Kernel
from oxmlx.ir.stage import stage

F32 = np.dtype("float32")


def no_contractions(prim: Any, body: Any) -> str:
    return "a contraction" if prim.kind == "fold" and prim.reuses else ""


def kernels(f: Callable[..., Any], *shapes: tuple[int, ...]) -> tuple[Kernel, ...]:
    def flat(*xs: Any) -> list[Any]:
        return ox.tree.leaves(f(*xs))

    jaxpr = stage(flat, [Aval(shape, F32) for shape in shapes])[0]
    return fuse(jaxpr, no_contractions).kernels


def mean_square(x: Any) -> Any:
    return np_.mean(x * x, -1, keepdims=True)


def test_a_residual_stream_is_stored_by_the_kernel_that_comes_by() -> None:
    """Each layer reads the stream and adds a contraction to it."""

    def f(x: Any, w: Any) -> Any:
        for _ in range(6):
            x = x + (x / mean_square(x)) @ w
        return x

    made = kernels(f, (4, 8), (8, 8))
    assert len(made) == 7
    assert max(len(k.inputs) for k in made) == 3  # not 7


def test_what_is_read_from_one_array_is_computed_again() -> None:
    """The first kernel reads x, the second x and y; sin x is not stored."""

    def f(x: Any, y: Any) -> Any:
        s = np_.sin(x)
        return np_.sum(s, 0), np_.sum(s * y, 1)

    assert [len(k.outputs) for k in kernels(f, (4, 8), (4, 8))] == [1, 1]


@pytest.mark.parametrize("readers", [1, 2, 3])
def test_two_arrays_are_added_once_for_three_readers(readers: int) -> None:
    """Three kernels would read six arrays; with the sum stored they read four and write one."""

    def f(x: Any, y: Any, ws: Any) -> Any:
        s = x + y
        return [np_.sum(s * w, 1) for w in ws]

    shapes = [(4, 8), (4, 8), *[(4, 8)] * readers]
    made = kernels(lambda x, y, *ws: f(x, y, ws), *shapes)
    stored = [k for k in made if len(k.outputs) == 2]
    assert len(stored) == (readers == 3)


# Lengths


def text(f: Callable[..., Any], *shapes: tuple[int, ...]) -> list[str]:
    return [str(k).replace("\n", " ") for k in kernels(f, *shapes)]


def test_axes_of_equal_length_are_not_the_same() -> None:
    square, other = (text(lambda x: np_.sum(x, 1), shape) for shape in ((5, 5), (4, 7)))
    assert square == other
    assert "x[n0, n1]" in square[0].replace("f32", "").replace("a: ", "x")


def test_axes_that_are_read_together_are_the_same() -> None:
    (k,) = kernels(lambda x, y: x + y.T, (4, 7), (7, 4))
    x, y = k.inputs
    assert x.extents == y.extents[::-1] == k.outputs[0].extents


def test_sameness_spreads_through_what_comes_later() -> None:
    """x and y meet in the second output only."""
    sums, _ = kernels(lambda x, y: (np_.sum(x, 1), x + y), (4, 7), (4, 7))
    assert len(sums.sizes) == 2
    one, two = kernels(lambda x, y: (np_.sin(x), np_.sum(x + y, 1)), (4, 7), (4, 7))
    assert len(one.sizes) == len(two.sizes) == 2


@pytest.mark.parametrize("shape", [(12, 5, 3), (6, 6, 6), (4, 4, 16)])
def test_reshapes_of_equal_lengths(shape: tuple[int, int, int]) -> None:
    """Heads apart and together again."""

    def f(x: Any) -> Any:
        n, m, d = x.shape
        heads = np_.transpose(x.reshape(n, m * d).reshape(n, m, d), (1, 0, 2))
        return heads * 2 + np_.transpose(x, (1, 0, 2))

    assert text(f, shape) == text(f, (3, 5, 7))
