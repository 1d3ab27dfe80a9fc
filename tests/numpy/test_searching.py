"""Indexing, searching, sorting and sets against jax.numpy."""

import numpy as np
import pytest
from numpy_oracle import Case, Data, Of, laws

import oxmlx as ox
import oxmlx.numpy as onp

data = Data(5)
V, X, T, K = data(7), data(3, 4), data(2, 3, 4), data(3, 4, kind="i")
B, Z, U = data(3, 4, kind="b"), data(3, 4, kind="c"), data(9, kind="u")
HOLES = np.where(data(3, 4, kind="b"), X, np.nan)
INDEX = np.array([[2, -1, 0], [9, -9, 1]])
ORDER = np.argsort(X, axis=1)
SORTED, RISING = np.sort(V), np.sort(data(100))
FEW = np.array([3, 1, 3, 2, 1, 3])
REPEATS = np.array([[1.0, 2, 1], [3, 4, 3], [1, 2, 1], [np.nan, 0, 0]])

CASES = [
    Case("take", V, INDEX),
    Case("take", T, INDEX, axis=1),
    Case("take", T, INDEX, axis=-1, mode="clip"),
    Case("take", T, INDEX, axis=0, mode="wrap"),
    Case("take", X, INDEX, axis=1, fill_value=-7.5),
    Case("take", K, INDEX),
    Case("take", X, 2),
    Case("take_along_axis", X, ORDER, axis=1),
    Case("take_along_axis", X, ORDER[:1], axis=-1),
    Case("take_along_axis", X, INDEX.ravel(), axis=None),
    Case("put_along_axis", X, ORDER[:, :2], 9.5, axis=1, inplace=False),
    Case("put_along_axis", X, ORDER[:, :2], V[:2], axis=1, inplace=False),
    Case("put", X, np.array([1, 5, 3]), V[:3], inplace=False),
    Case("put", X, np.array([1, 50, -3]), V[:2], mode="clip", inplace=False),
    Case("put", X, np.array([1, 50, -3]), 2.5, mode="wrap", inplace=False),
    Case("place", X, B, V[:3], inplace=False),
    Case("place", K, B, 7, inplace=False),
    Case("choose", np.array([1, 0, 2, 1]), [V[:4], 2.5, X[0]], jit=False),
    Case("choose", np.array([1, 0, 3, -1]), [V[:4], X[0]], mode="clip"),
    Case("choose", np.array([1, 0, 3, -1]), [V[:4], X[0]], mode="wrap"),
    Case("compress", np.array([True, False, True]), X, axis=0, jit=False),
    Case("compress", np.array([True, False, True]), X, axis=0, size=3, fill_value=7),
    Case("extract", B, X, jit=False),
    Case("extract", B, X, size=9, fill_value=0.5),
    *(Case(name, B, jit=False) for name in ("nonzero", "flatnonzero", "argwhere", "where")),
    *(Case(name, K, size=15) for name in ("nonzero", "flatnonzero", "argwhere", "where")),
    *(Case(name, B, size=4, fill_value=-1) for name in ("nonzero", "argwhere", "where")),
    Case("nonzero", B, size=15, fill_value=(7, 9)),
    Case("argwhere", np.array(2.0), jit=False),
    Case("unravel_index", INDEX, (3, 2)),
    Case("unravel_index", 5, (2, 3)),
    Case("ravel_multi_index", (np.array([0, 1]), np.array([1, 2])), (2, 3), jit=False),
    Case("ravel_multi_index", (INDEX[0], INDEX[1]), (2, 3), mode="wrap"),
    Case("ravel_multi_index", (INDEX[0], INDEX[1]), (2, 3), mode="clip", order="F"),
    Case("ix_", np.array([0, 2]), np.array([1, 2, 3])),
    Case("diag_indices", 3),
    Case("diag_indices", 2, 3),
    Case("diag_indices_from", X[:, :3]),
    *(Case(name, 3, k, 4) for name in ("tril_indices", "triu_indices") for k in (-1, 0, 2)),
    *(Case(f"{name}_indices_from", X, 1) for name in ("tril", "triu")),
    Case("mask_indices", 3, Of(lambda xp: xp.triu), 1, jit=False),
    Case("mask_indices", 3, Of(lambda xp: xp.tril), size=7),
    *(Case("searchsorted", SORTED, X, side=side) for side in ("left", "right")),
    *(Case("searchsorted", RISING, X, side=side) for side in ("left", "right")),
    *(Case("searchsorted", np.array([1, 2, 2, 3]), K, side=side) for side in ("left", "right")),
    Case("searchsorted", RISING, X, method="compare_all"),
    Case("searchsorted", V, X, sorter=np.argsort(V)),
    Case("searchsorted", np.array([0.0, 1, np.nan, np.nan]), HOLES, side="left"),
    Case("searchsorted", np.array([0.0, 1, np.nan, np.nan]), HOLES, side="right"),
    *(Case("digitize", X, SORTED, right=right) for right in (False, True)),
    *(Case("digitize", X, SORTED[::-1].copy(), right=right) for right in (False, True)),
    *(Case("sort", x) for x in (T, K, HOLES, B, U, Z)),
    *(Case("argsort", x) for x in (T, K, HOLES, B, U, Z)),
    *(Case(name, T, axis=k) for name in ("sort", "argsort") for k in (None, 0)),
    *(Case(name, x, descending=True) for name in ("sort", "argsort") for x in (HOLES, U)),
    Case("lexsort", (K[0] % 2, X[0])),
    Case("lexsort", (K % 2, X), axis=0),
    Case("sort_complex", Z[0]),
    Case("sort_complex", V),
    *(Case("unique", x, jit=False) for x in (FEW, K, B, HOLES, np.zeros(0))),
    *(Case("unique", FEW, True, True, True, size=size) for size in (2, 3, 5)),
    Case("unique", K, True, True, True, jit=False),
    Case("unique", REPEATS, True, True, True, axis=0, jit=False),
    Case("unique", REPEATS.T, axis=1, jit=False),
    Case("unique", REPEATS, equal_nan=False, jit=False),
    Case("unique", FEW, size=5, fill_value=-1),
    *(Case(f"unique_{name}", K, jit=False) for name in ("all", "counts", "inverse", "values")),
    Case("unique_all", K, size=20),
    *(Case("isin", K, FEW, invert=invert) for invert in (False, True)),
    Case("isin", np.round(HOLES, 1), np.array([0.5, np.nan, -0.1])),
    *(Case(name, K[0], K[1], jit=False) for name in ("union1d", "intersect1d", "setdiff1d")),
    *(Case(name, FEW, K[1], jit=False) for name in ("setxor1d", "intersect1d", "setdiff1d")),
    *(Case(name, FEW, K[1], size=9, fill_value=-5) for name in ("union1d", "setxor1d")),
    *(Case(name, FEW, np.array([1, 2, 9]), size=4, fill_value=0) for name in ("setdiff1d",)),
    Case("intersect1d", FEW, np.array([3, 9, 1]), return_indices=True, jit=False),
    Case("intersect1d", FEW, np.array([3, 9, 1]), size=4, fill_value=-1),
    *(Case(name, Of(lambda xp: xp.sum), 1, T) for name in ("apply_along_axis",)),
    Case("apply_along_axis", Of(lambda xp: lambda v: xp.outer(v, v[:2])), 1, T),
    Case("apply_along_axis", Of(lambda xp: xp.cumsum), 0, T),
    Case("apply_over_axes", Of(lambda xp: xp.sum), T, (0, -1)),
]

test_values, test_types, test_vmap = laws(CASES)


@pytest.mark.parametrize("kth", [0, 3, -1])
def test_partition_puts_the_kth_in_its_place(kth: int) -> None:
    mine = np.asarray(onp.partition(ox.array(V), kth))
    assert mine[kth] == np.sort(V.astype(np.float32))[kth]
    places = np.asarray(onp.argpartition(ox.array(V), kth))
    assert (mine[:kth] <= mine[kth]).all() and (V[places][kth:] >= V[places][kth]).all()


def test_a_mask_selects_while_tracing_if_the_size_is_known() -> None:
    @ox.jit
    def positive(x):
        return x[onp.nonzero(x > 0, size=4, fill_value=-1)]

    assert positive(ox.array([-1.0, 5.0, 7.0])).tolist() == [5, 7, 7, 7]


def test_bools_make_a_grid_of_indices() -> None:
    x = np.arange(9).reshape(3, 3)
    mask, columns = np.array([True, False, True]), np.array([1, 2])
    mine = ox.array(x)[onp.ix_(ox.array(mask), ox.array(columns))]
    np.testing.assert_array_equal(mine, x[np.ix_(mask, columns)])


def test_vectorize_broadcasts_over_what_is_left() -> None:
    seen = []

    def f(m, v):
        seen.append((m.shape, v.shape))
        return m @ v, v.sum()

    g = onp.vectorize(f, signature="(m,n),(n)->(m),()")
    x, y = data(5, 1, 2, 3), data(4, 3)
    product, total = g(ox.array(x), ox.array(y))
    np.testing.assert_allclose(product, np.einsum("amn,bn->abm", x[:, 0], y), rtol=1e-5)
    assert total.shape == (5, 4)
    assert set(seen) == {((2, 3), (3,))}


def test_vectorize_leaves_what_is_excluded() -> None:
    g = onp.vectorize(lambda x, power, scale: scale * x**power, excluded={1, "scale"})
    assert g(ox.array([1.0, 2.0]), 2, scale=10).tolist() == [10, 40]
