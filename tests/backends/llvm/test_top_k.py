"""The k largest by the library: those of `impl`, in its order, whatever the row is like."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sortable import DTYPES
from sortable import draw as numbers

import oxmlx as ox
from oxmlx.backends.llvm import top_k
from oxmlx.backends.llvm.target import target
from oxmlx.backends.llvm.top_k import ENOUGH, name_of
from oxmlx.ir.jaxpr import alone
from oxmlx.ops.sort import TopK

draw = partial(numbers, special=0.05)


def step(prim: Any, x: np.ndarray) -> top_k.TopK:
    return top_k.TopK(alone(prim, [(x.shape, x.dtype)]).eqns[0])


def agree(prim: TopK, x: np.ndarray) -> None:
    for got, want in zip(step(prim, x)([x]), prim.impl(x), strict=True):
        assert got.dtype == want.dtype and got.shape == want.shape
        assert got.tobytes() == want.tobytes()


extents = st.one_of(st.integers(1, 9), st.sampled_from([31, 64, 65, ENOUGH, ENOUGH + 1, 1000]))


@settings(max_examples=300)
@given(
    st.lists(extents, min_size=1, max_size=2).map(tuple),
    st.sampled_from(DTYPES),
    st.booleans(),
    st.data(),
)
def test_any_shape_axis_and_dtype(shape: tuple[int, ...], dtype: Any, few: bool, data: Any) -> None:
    axis = data.draw(st.integers(0, len(shape) - 1))
    k = data.draw(st.one_of(st.integers(1, min(9, shape[axis])), st.integers(1, shape[axis])))
    agree(TopK(k, axis), draw(np.random.default_rng(sum(shape) + k), shape, dtype, few))


@pytest.mark.parametrize("k", [1, 7, 64, 100, 3000])
@pytest.mark.parametrize("dtype", ["float32", "int8", "float64"])
@pytest.mark.parametrize(
    "way",
    [np.sort, lambda x: np.sort(x)[::-1], np.ones_like, lambda x: x, lambda x: x - x + np.nan],
    ids=["rising", "falling", "equal", "in no order", "nan"],
)
def test_rows_that_are_long(way: Any, dtype: str, k: int) -> None:
    """All are candidates in a row that rises, none but the first in one that falls."""
    x = way(np.random.default_rng(0).normal(size=5003) * 30)
    agree(TopK(k, 0), np.nan_to_num(x).astype(dtype) if dtype == "int8" else x.astype(dtype))


@pytest.mark.parametrize("bits", [128, 256])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_any_vector_unit(bits: int, dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(target()), "bits", bits)
    monkeypatch.setattr(top_k, "top_k_text", top_k.top_k_text.__wrapped__)
    rng = np.random.default_rng(0)
    for n in (1, 33, 3001):
        agree(TopK(min(n, 5), 1), draw(rng, (3, n), dtype, False))


@pytest.mark.parametrize(("shape", "axis"), [((300, 1001), 1), ((1001, 300), 0)])
def test_bits_do_not_depend_on_threads(shape: tuple[int, ...], axis: int) -> None:
    x = draw(np.random.default_rng(0), shape, "float32", False)
    for k in (5, 700):
        run = step(TopK(k, axis), x)
        assert run.task.division.chunks > 1
        want = [y.tobytes() for y in TopK(k, axis).impl(x)]
        for threads in (1, 2, 3, 4):
            with ox.config.context(num_threads=threads):
                assert [y.tobytes() for y in run([x])] == want


def test_a_new_shape_is_not_compiled() -> None:
    agree(TopK(2, 0), np.ones((5, 7), "float32"))
    before = target().kernels_compiled
    for k, shape, axis in ((3, (9,), 0), (50, (3, 5000), 1), (4, (4, 5, 6), 1)):
        agree(TopK(k, axis), draw(np.random.default_rng(0), shape, "float32", False))
    assert target().kernels_compiled == before


def test_what_is_served() -> None:
    def name(k: int, shape: tuple[int, ...], dtype: Any = "float32") -> str:
        return name_of(alone(TopK(k, 1), [(shape, np.dtype(dtype))]).eqns[0])

    assert name(1, (3, 4)) == name(4, (1, 4), "bool") == "top_k"
    assert name(0, (3, 4)) == name(1, (0, 4)) == ""
