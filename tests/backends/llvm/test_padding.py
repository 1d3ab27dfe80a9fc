"""Padding: the elements in the middle of zeros, in the order in which they lay."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oxmlx import debug
from oxmlx.backends.llvm.padding import Edge, Padder, joined, lines_of

BF16 = np.dtype(ml_dtypes.bfloat16)
edges = st.builds(Edge, st.integers(0, 3), st.integers(0, 3))


def padded(x: np.ndarray, ends: Any) -> np.ndarray:
    return np.pad(x, [tuple(e) for e in ends])


@st.composite
def arrays(draw: Any) -> tuple[np.ndarray, list[Edge]]:
    """An array whose axes lie in any order, and an edge for each of them."""
    rank = draw(st.integers(1, 4))
    shape = [draw(st.integers(1, 6)) for _ in range(rank - 1)] + [draw(st.sampled_from([1, 7, 33]))]
    order = draw(st.permutations(range(rank)))
    x = np.arange(1, np.prod(shape) + 1, dtype=np.float32).reshape(shape).transpose(order)
    return x, [draw(edges) for _ in range(rank)]


@settings(max_examples=100)
@given(arrays(), st.sampled_from(["float32", "float64", "float16", BF16]))
def test_any_array(case: tuple[np.ndarray, list[Edge]], dtype: Any) -> None:
    x, ends = case
    wide = np.dtype(np.float64 if dtype == "float64" else np.float32)
    y = x.astype(dtype)
    got = Padder(y.shape, y.dtype, wide, ends)(y)
    assert got.dtype == wide
    np.testing.assert_array_equal(got, padded(y.astype(wide), ends))
    long = [a for a in range(x.ndim) if x.shape[a] > 1]
    assert np.argsort([got.strides[a] for a in long]).tolist() == (
        np.argsort([y.strides[a] for a in long]).tolist()
    )


@settings(max_examples=100)
@given(arrays(), st.integers(1, 3))
def test_lines_are_where_the_elements_go(case: tuple[np.ndarray, list[Edge]], images: int) -> None:
    x, (_, *ends) = case
    x = np.ascontiguousarray(np.stack([x] * images))
    ends = [Edge(), Edge(), *ends]
    lines = lines_of(x, ends, images)
    assert lines is not None
    out = np.zeros(lines.size, x.dtype)
    for start, to in lines.table:
        out[to : to + lines.run] = x.reshape(-1)[start : start + lines.run]
    assert len(lines.table) == lines.each * images
    np.testing.assert_array_equal(out, padded(x, ends).reshape(-1))


def test_images_that_do_not_lie_one_after_another_have_no_lines() -> None:
    x = np.zeros((4, 3, 5))
    assert lines_of(x, [Edge()] * 3, 4) is not None
    assert lines_of(np.asfortranarray(x), [Edge()] * 3, 4) is None
    assert lines_of(x[:, ::2], [Edge()] * 3, 4) is None


def test_axes_without_an_edge_join_the_one_before() -> None:
    none, some = Edge(), Edge(1, 2)
    assert joined([(2, none), (3, none), (4, some), (5, none)]) == [(6, none), (20, Edge(5, 10))]
    assert joined([(2, some), (3, some)]) == [(2, some), (3, some)]


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_new_shape_compiles_nothing(axis: int) -> None:
    compiled: list[int] = []
    for n in (3, 4, 9):
        ends = [Edge(n, n + 1) if a == axis else Edge() for a in range(3)]
        x = np.ones((n, n + 2, n + 5), np.float32)
        np.testing.assert_array_equal(Padder(x.shape, x.dtype, x.dtype, ends)(x), padded(x, ends))
        compiled.append(debug.kernels_compiled("cpu"))
    assert compiled[1] == compiled[2]
