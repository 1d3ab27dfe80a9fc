"""Gather and scatter with any dimension numbers, against jax.lax."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lax.oracle import Program, normal, program, same_derivatives, same_value

import oxmlx as ox
from oxmlx.ops.convert import from_numpy

I32 = np.int32


class Windows(NamedTuple):
    """Operands and dimension numbers of a gather; those of a scatter are the same."""

    operand: np.ndarray
    starts: np.ndarray
    numbers: tuple[tuple[int, ...], ...]
    sizes: tuple[int, ...]

    @property
    def updates(self) -> np.ndarray:
        offsets, dropped, _, batch, _ = self.numbers
        window = iter(n for a, n in enumerate(self.sizes) if a not in dropped + batch)
        outer = iter(self.starts.shape[:-1])
        rank = self.starts.ndim - 1 + len(offsets)
        shape = [next(window) if a in offsets else next(outer) for a in range(rank)]
        return np.arange(1.0, 1 + np.prod(shape, dtype=int)).reshape(shape)


def some(data: Any, items: list[int]) -> list[int]:
    """A few of them, in order."""
    return sorted(data.draw(st.sets(st.sampled_from(items)))) if items else []


@st.composite
def windows(draw: Any) -> Windows:
    """Any gather that JAX takes."""
    data = draw(st.data())
    shape = draw(st.lists(st.integers(1, 4), max_size=3))
    rank = len(shape)
    batch = some(data, list(range(rank)))[:1]
    others = [a for a in range(rank) if a not in batch]
    dropped = some(data, others)
    mapped = draw(st.permutations(some(data, others)))
    sizes = [1 if a in dropped + batch else draw(st.integers(1, n)) for a, n in enumerate(shape)]
    outer = draw(st.lists(st.integers(1, 3), max_size=2))
    starts_batch = [draw(st.integers(0, len(outer))) for _ in batch]
    for at, a in zip(starts_batch, batch, strict=True):
        outer.insert(at, shape[a])
    kept = rank - len(dropped + batch)
    offsets = sorted(draw(st.permutations(range(len(outer) + kept)))[:kept])
    count = int(np.prod([*outer, len(mapped)]))
    elements = draw(st.lists(st.integers(-2, 5), min_size=count, max_size=count))
    starts = np.array(elements, I32).reshape(*outer, len(mapped))
    numbers = offsets, dropped, mapped, batch, starts_batch
    x = np.arange(1.0, 1 + np.prod(shape, dtype=int)).reshape(shape)
    return Windows(x, starts, tuple(map(tuple, numbers)), tuple(sizes))  # type: ignore[arg-type]


MODES = st.sampled_from(["fill", "clip", None])


@settings(max_examples=60)
@given(windows(), MODES)
def test_any_gather(w: Windows, mode: Any) -> None:
    def read(lax: Any, x: Any, i: Any) -> Any:
        return lax.gather(x, i, lax.GatherDimensionNumbers(*w.numbers), w.sizes, mode=mode)

    want = np.asarray(read(jax.lax, w.operand.astype(np.float32), w.starts))
    got = np.asarray(read(ox.lax, from_numpy(w.operand.astype(np.float32)), from_numpy(w.starts)))
    np.testing.assert_array_equal(got, want)


@settings(max_examples=60)
@given(windows(), MODES, st.sampled_from(["add", "mul", "min", "max", "sub", "apply"]))
def test_any_scatter(w: Windows, mode: Any, name: str) -> None:
    assume(w.numbers[2])  # index vectors without elements break XLA

    def write(lax: Any, x: Any, i: Any, u: Any) -> Any:
        numbers, f = lax.ScatterDimensionNumbers(*w.numbers), getattr(lax, f"scatter_{name}")
        if name == "apply":
            return f(x, i, lambda v: v * 2 + 1, numbers, update_shape=u.shape, mode=mode)
        return f(x, i, u, numbers, mode=mode)

    args = w.operand.astype(np.int32), w.starts, w.updates.astype(np.int32)
    want = np.asarray(write(jax.lax, *args))
    got = np.asarray(write(ox.lax, *map(from_numpy, args)))
    np.testing.assert_array_equal(got, want)


@settings(max_examples=40)
@given(windows(), MODES)
def test_a_scatter_undoes_a_gather(w: Windows, mode: Any) -> None:
    """What is read and written back changes nothing, whichever of several windows stays."""
    lax, x, i = ox.lax, from_numpy(w.operand), from_numpy(w.starts)
    read = lax.gather(x, i, lax.GatherDimensionNumbers(*w.numbers), w.sizes, mode=mode)
    y = lax.scatter(x, i, read, lax.ScatterDimensionNumbers(*w.numbers), mode=mode)
    np.testing.assert_array_equal(y, x)


V, X, Y = normal(3), normal(4, 3), normal(2, 4, 3)
ROWS, ELEMENTS = ((1,), (0,), (0,)), ((), (0, 1), (0, 1))
BLOCKS = ((1, 2), (), (1, 0))
PER_BATCH = ((2,), (1,), (1,), (0,), (0,))
UNIQUE = np.array([[2], [0]], I32)
TWICE = np.array([[2], [7], [2], [-1]], I32)
CORNERS = np.array([[1, 2], [0, 3], [0, 1]], I32)
EACH = np.array([[[1], [3]], [[0], [0]]], I32)


def read(w: Any, i: Any, sizes: Any, **options: Any) -> Any:
    return lambda lax, x: lax.gather(x, i, lax.GatherDimensionNumbers(*w), sizes, **options)


def write(name: str, w: Any, i: Any, **options: Any) -> Any:
    def f(lax: Any, x: Any, u: Any) -> Any:
        return getattr(lax, name)(x, i, u, lax.ScatterDimensionNumbers(*w), **options)

    return f


GATHERS: list[Program] = [
    program("rows", read(ROWS, UNIQUE, (1, 3)), X),
    program("rows, some outside", read(ROWS, TWICE, (1, 3), mode="fill", fill_value=2.5), X),
    program("rows, moved inside", read(ROWS, TWICE, (1, 3), mode="clip"), X),
    program("rows, promised", read(ROWS, UNIQUE, (1, 3), mode="promise_in_bounds"), X),
    program("elements", read(ELEMENTS, CORNERS[:1], (1, 1)), X),
    program("blocks", read(BLOCKS, CORNERS, (2, 2), mode="fill", fill_value=0.0), X),
    program("blocks, moved inside", read(BLOCKS, CORNERS, (2, 2), mode="clip"), X),
    program("one of each batch", read(PER_BATCH, EACH, (1, 1, 3)), Y),
]
SCATTERS: list[Program] = [
    program("set", write("scatter", ROWS, UNIQUE, unique_indices=True), X, normal(2, 3)),
    program("set twice", write("scatter", ROWS, TWICE), X, normal(4, 3)),
    program("add", write("scatter_add", ROWS, TWICE), X, normal(4, 3)),
    program("add, moved inside", write("scatter_add", ROWS, TWICE, mode="clip"), X, normal(4, 3)),
    program("add blocks", write("scatter_add", BLOCKS, CORNERS), X, normal(3, 2, 2)),
    program("add blocks inside", write("scatter_add", BLOCKS, CORNERS, mode="clip"), X,
            normal(3, 2, 2)),
    program("sub", write("scatter_sub", ROWS, TWICE), X, normal(4, 3)),
    program("mul", write("scatter_mul", ROWS, UNIQUE, unique_indices=True), X, normal(2, 3)),
    program("min", write("scatter_min", ROWS, TWICE), X, normal(4, 3)),
    program("max", write("scatter_max", ROWS, TWICE), X, normal(4, 3)),
    program("add to each batch", write("scatter_add", PER_BATCH, EACH), Y, normal(2, 2, 3)),
]  # fmt: skip
INTEGERS: list[Program] = [
    *(program(f"fill of {dtype.__name__}", read(ROWS, TWICE, (1, 3), mode="fill"),
              np.arange(12).reshape(4, 3).astype(dtype)) for dtype in (I32, np.uint8, np.bool_)),
    program("no mode at all", read(ROWS, TWICE, (1, 3)), X),
    program("narrow indices", read(ROWS, TWICE.astype(np.int8), (1, 3), mode="drop"), X),
    program("unsigned indices", read(ROWS, UNIQUE.astype(np.uint32), (1, 3)), X),
    program("set twice", write("scatter", ROWS, TWICE), np.zeros((4, 3), I32),
            np.arange(12, dtype=I32).reshape(4, 3)),
]  # fmt: skip


@pytest.mark.parametrize("p", GATHERS + SCATTERS + INTEGERS, ids=lambda p: p.name)
def test_values(p: Program) -> None:
    same_value(p)


@pytest.mark.parametrize("p", GATHERS + SCATTERS, ids=lambda p: p.name)
def test_derivatives(p: Program) -> None:
    same_derivatives(p)


def test_far_indices_of_a_narrow_dtype() -> None:
    """An extent that the dtype of the indices does not hold."""
    x = from_numpy(np.arange(300.0))
    i = from_numpy(np.array([[127], [-1]], np.int8))
    got = ox.lax.gather(x, i, ox.lax.GatherDimensionNumbers((), (0,), (0,)), (1,), mode="fill")
    np.testing.assert_array_equal(got, [127, np.nan])


def test_index_vectors_without_elements() -> None:
    numbers = ox.lax.ScatterDimensionNumbers((1,), (), ())
    x, i, u = from_numpy(V), from_numpy(np.zeros((2, 0), I32)), from_numpy(np.stack([V, 2 * V]))
    np.testing.assert_allclose(ox.lax.scatter_add(x, i, u, numbers), 4 * V, rtol=1e-15)
    twice = ox.lax.scatter_apply(x, i, lambda v: 3 * v, numbers, update_shape=u.shape)
    np.testing.assert_allclose(twice, 9 * V, rtol=1e-15)


def test_a_function_applied_once() -> None:
    each = ox.lax.ScatterDimensionNumbers((), (0,), (0,))
    i = from_numpy(np.array([[2], [0], [9]], I32))

    def f(x: Any) -> Any:
        return ox.lax.scatter_apply(x, i, ox.lax.sin, each, update_shape=(3,), unique_indices=True)

    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(f(from_numpy(x)), np.where([1, 0, 1], np.sin(x), x), rtol=1e-14)
    dx = ox.grad(lambda x: ox.lax.reduce_sum(f(x), (0,)))(from_numpy(x))
    np.testing.assert_allclose(dx, np.where([1, 0, 1], np.cos(x), 1), rtol=1e-14)


def test_modes_have_jax_names() -> None:
    mode = ox.lax.GatherScatterMode
    for word in ("clip", "fill", "drop", "promise_in_bounds", None):
        theirs = jax.lax.GatherScatterMode.from_any(word)
        assert mode.from_any(word).name == theirs.name
        assert mode.from_any(mode.from_any(word)) is mode.from_any(word)
