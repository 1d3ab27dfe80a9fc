"""Collapsed loops: fewer of them, and the same elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oxmlx as ox
import oxmlx.numpy as np_
from oxmlx.backends import interpreter
from oxmlx.compile.collapse import collapse
from oxmlx.compile.fuse import fuse
from oxmlx.ir.aval import Aval
from oxmlx.ir.dce import dce
from oxmlx.ir.kernel import Kernel
from oxmlx.ir.kernel_check import check_kernel
from oxmlx.ir.stage import stage

F64 = np.dtype("float64")
Program = Callable[..., Any]


def kernels(f: Program, *shapes: tuple[int, ...]) -> list[Kernel]:
    def flat(*xs: Any) -> list[Any]:
        return ox.tree.leaves(f(*xs))

    jaxpr = dce(stage(flat, [Aval(shape, F64) for shape in shapes])[0])
    return list(fuse(jaxpr).kernels)


def loops(kernel: Kernel) -> tuple[int, int]:
    """How many indices the grid has, and how many folds there are."""
    return len(kernel.grid), str(kernel).count("<n") - len(kernel.grid)


def same(kernel: Kernel) -> Kernel:
    """Collapse, and compare on random operands."""
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=b.shape).astype(b.dtype) for b in kernel.inputs]
    small = collapse(kernel)
    check_kernel(small)
    shaped = [x.reshape(b.shape) for x, b in zip(inputs, small.inputs, strict=True)]
    for x, y in zip(interpreter.run(small, *shaped), interpreter.run(kernel, *inputs), strict=True):
        np.testing.assert_allclose(x.reshape(y.shape), y, rtol=1e-12)
    return small


def shapes_of(kernel: Kernel) -> list[int]:
    return [len(b.shape) for b in (*kernel.inputs, *kernel.outputs)]


SHAPE = (3, 4, 5)
COLLAPSED: dict[str, tuple[Program, list[tuple[int, ...]], list[int]]] = {
    "elementwise": (lambda x, y: np_.exp(x) * y, [SHAPE, SHAPE], [1, 1, 1]),
    "a sum of all": (lambda x: np_.sum(x * x), [SHAPE], [1, 0]),
    "row sums": (lambda x: np_.sum(x, 2), [SHAPE], [2, 1]),
    "sums of two axes": (lambda x: np_.sum(x, (1, 2)), [SHAPE], [2, 1]),
    "a row of statistics": (lambda x: x / np_.sum(x, 2, keepdims=True), [SHAPE], [2, 2]),
    "a bias": (lambda x, b: x + b, [SHAPE, (5,)], [2, 1, 2]),
    "the first axis apart": (lambda x, b: x * b[:, None, None], [SHAPE, (3,)], [2, 1, 2]),
}
APART: dict[str, tuple[Program, list[tuple[int, ...]]]] = {
    "a transpose": (lambda x: x.T + 1, [(3, 4)]),
    "its own transpose": (lambda x: x + x.T, [(4, 4)]),
    "a mask of indices": (lambda x: np_.where(np_.arange(4) < 2, x, 0), [(3, 4)]),
    "indices themselves": (lambda x: np_.indices((3, 4))[0], [(2, 2)]),
    "a window": (lambda x: x[1:, 1:] * 2, [(4, 5)]),
    "sums of the outer axes": (lambda x: np_.sum(x, (0, 2)), [SHAPE]),
}


@pytest.mark.parametrize("name", COLLAPSED)
def test_neighbouring_loops_become_one(name: str) -> None:
    f, shapes, ranks = COLLAPSED[name]
    (kernel,) = kernels(f, *shapes)
    assert shapes_of(same(kernel)) == ranks


@pytest.mark.parametrize("name", APART)
def test_loops_that_somebody_needs_apart_stay(name: str) -> None:
    f, shapes = APART[name]
    for kernel in kernels(f, *shapes):
        assert shapes_of(same(kernel)) == shapes_of(kernel)


def test_a_transposed_pair_is_still_a_pair() -> None:
    (kernel,) = kernels(lambda x: np_.transpose(x, (1, 2, 0)) * 2, SHAPE)
    assert shapes_of(same(kernel)) == [2, 2]


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(0, 3), st.booleans())
def test_any_reduction(shape: list[int], axis: int, keep: bool) -> None:
    def f(x: Any) -> Any:
        e = np_.exp(x - np_.mean(x, axis % x.ndim, keepdims=True))
        return e / np_.sum(e, keepdims=keep), np_.max(e, axis % x.ndim)

    for kernel in kernels(f, tuple(shape)):
        same(kernel)


def test_equal_products_are_not_the_same() -> None:
    """2 x 6 rows of 3 x 4 elements: 12 and 12, but not next time."""
    texts = set[str]()
    for shape in ((2, 6, 3, 4), (2, 3, 4, 5)):
        (kernel,) = kernels(lambda x: np_.sum(np_.exp(x), (2, 3)), shape)
        texts.add(str(collapse(kernel)))
    assert len(texts) == 1
