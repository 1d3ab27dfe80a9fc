"""Shapes, joints, splits and padding against jax.numpy."""

import numpy as np
import pytest
from numpy_oracle import Case, Data, Of, laws

import oxmlx as ox
import oxmlx.numpy as onp

data = Data(2)
V, X, T, K = data(5), data(3, 4), data(2, 3, 4), data(3, 4, kind="i")
B, Z, E, N = data(3, 4, kind="b"), data(3, 4, kind="c"), data(2, 0, 3), data()

PAD_MODES = ["edge", "wrap", "reflect", "symmetric", "linear_ramp", "maximum", "mean", "median"]
PAD_MODES += ["minimum", "constant", "empty"]

CASES = [
    Case("reshape", T, (4, 6)),
    Case("reshape", T, (-1, 2), order="F"),
    Case("reshape", E, (-1, 5)),
    Case("reshape", X, 12),
    Case("ravel", T),
    Case("ravel", T, order="F"),
    Case("transpose", T),
    Case("transpose", T, (2, 0, 1)),
    Case("transpose", T, (-1, 0, 1)),
    Case("permute_dims", T, (1, 2, 0)),
    Case("matrix_transpose", T),
    Case("swapaxes", T, 0, -1),
    Case("moveaxis", T, 0, -1),
    Case("moveaxis", T, (0, 1), (-1, 0)),
    Case("rollaxis", T, 2),
    Case("rollaxis", T, 0, 3),
    Case("rollaxis", T, -1, 1),
    Case("squeeze", T[:, :1, :1]),
    Case("squeeze", T[:, :1, :1], axis=-1),
    Case("squeeze", T[:1, :, :1], axis=(0, 2)),
    Case("expand_dims", X, 0),
    Case("expand_dims", X, (0, -1)),
    Case("expand_dims", X, -2),
    *(Case(f"atleast_{k}d", x) for k in (1, 2, 3) for x in (N, V, X, T)),
    Case("atleast_2d", N, V, X),
    Case("broadcast_to", V, (3, 5)),
    Case("broadcast_to", X[:, None, :1], (2, 3, 2, 4)),
    Case("broadcast_arrays", X, V[:4], N),
    Case("flip", T),
    Case("flip", T, 1),
    Case("flip", T, (0, -1)),
    Case("fliplr", X),
    Case("flipud", T),
    *(Case("rot90", X, k) for k in (0, 1, 2, 3, -1)),
    Case("rot90", T, 1, axes=(2, 0)),
    Case("roll", X, 2),
    Case("roll", X, -1, axis=1),
    Case("roll", T, (1, -2), axis=(0, 2)),
    Case("roll", T, 1, axis=(0, 1)),
    Case("roll", X, Of(lambda xp: xp.array(3)), axis=0),
    Case("roll", X, Of(lambda xp: xp.array([1, 2])), axis=(0, 1)),
    Case("resize", X, (2, 5)),
    Case("resize", X, (3, 7)),
    Case("concatenate", [X, X[:1]]),
    Case("concatenate", [X, K], axis=-1),
    Case("concatenate", [X, T], axis=None),
    Case("concatenate", T),
    Case("concatenate", [X, X], dtype="float32", types=False, grad=False),
    Case("concat", [X, X], axis=1),
    Case("concat", [X, V], axis=None),
    Case("stack", [X, X + 1], axis=1),
    Case("stack", [X, K], axis=-1),
    Case("stack", T),
    Case("stack", [N, 2.0, 3]),
    Case("unstack", T, axis=1),
    Case("vstack", [V, V + 1]),
    Case("vstack", [X, X[:1]]),
    Case("hstack", [V, V[:2]]),
    Case("hstack", [X, X[:, :1]]),
    Case("hstack", [N, N]),
    Case("dstack", [V, V]),
    Case("dstack", [X, X]),
    Case("column_stack", [V, V + 1]),
    Case("column_stack", [X, V[:3]]),
    Case("block", [[X, X[:, :1]], [X[:1], X[:1, :1]]]),
    Case("block", [V, N]),
    Case("block", X),
    Case("append", X, X[:1], axis=0),
    Case("append", X, 2.5),
    Case("array_split", V, 3),
    Case("array_split", X, [1, 3], axis=1),
    Case("array_split", V, [2, 2, 4]),
    Case("split", X, 2, axis=1),
    Case("split", X, [1], axis=-2),
    Case("vsplit", X, 3),
    Case("hsplit", X, 2),
    Case("hsplit", V, [2, 4]),
    Case("dsplit", T, 2),
    Case("tile", X, 2),
    Case("tile", V, (2, 3)),
    Case("tile", X, (2, 1, 3)),
    Case("tile", N, (2, 2)),
    Case("tile", X, ()),
    Case("repeat", X, 2),
    Case("repeat", X, 3, axis=1),
    Case("repeat", X, Of(lambda xp: np.array([1, 0, 2])), axis=0),
    Case("repeat", V, Of(lambda xp: xp.array([1, 0, 2, 1, 1])), total_repeat_length=5),
    Case("repeat", V, Of(lambda xp: xp.array([1, 0, 2, 1, 1])), total_repeat_length=3),
    Case("repeat", V, Of(lambda xp: xp.array([1, 0, 2, 1, 1])), total_repeat_length=8),
    Case("repeat", N, 3),
    Case("insert", V, 2, 9.5),
    Case("insert", V, -1, X[0]),
    Case("insert", X, 1, V[:4], axis=0),
    Case("insert", X, 1, X[:2], axis=0),
    Case("insert", X, Of(lambda xp: np.array([1, 3, 1])), X[:, :3], axis=1),
    Case("insert", X, Of(lambda xp: np.array([1])), X[:, :3], axis=1),
    Case("insert", V, slice(0, 4, 2), X[0, :2]),
    Case("delete", V, 2),
    Case("delete", V, Of(lambda xp: np.array([0, -1]))),
    Case("delete", V, slice(None, None, 2)),
    Case("delete", X, 1, axis=0),
    Case("delete", X, Of(lambda xp: np.array([1, 2])), axis=1),
    Case("delete", X, Of(lambda xp: np.array([True, False, True, False])), axis=1),
    Case("delete", V, Of(lambda xp: np.array([], int))),
    Case("trim_zeros", np.array([0, 0, 1, 0, 2, 0]), jit=False),
    Case("trim_zeros", np.array([0.0, 0, 1, 0, 2, 0]), "b", jit=False),
    Case("pad", X, 2),
    Case("pad", X, (1, 2), constant_values=0.5),
    Case("pad", X, ((1, 0), (0, 2)), constant_values=((1, 2), (3, 4))),
    Case("pad", K, ((1, 0), (0, 2)), constant_values=7),
    Case("pad", B, 1),
    Case("pad", Z, ((2, 0), (1, 1)), "reflect"),
    *(Case("pad", X, ((1, 2), (3, 0)), mode) for mode in PAD_MODES),
    *(Case("pad", K, 1, mode) for mode in PAD_MODES if mode != "empty"),
    *(Case("pad", V, (7, 9), mode) for mode in ("reflect", "symmetric", "wrap")),
    *(Case("pad", V, (7, 9), m, reflect_type="odd") for m in ("reflect", "symmetric")),
    Case("pad", X, ((1, 2), (3, 1)), "linear_ramp", end_values=((1, 2), (-3, 0.5))),
    *(Case("pad", X, 2, mode, stat_length=2) for mode in ("mean", "maximum", "median")),
    Case("pad", X, ((1, 2), (0, 1)), Of(lambda xp: lambda v, width, axis, options: v + axis)),
    Case("shape", X, grad=False, types=False, vmap=False),
    Case("size", T, grad=False, vmap=False, types=False),
    Case("size", T, 1, grad=False, vmap=False, types=False),
    Case("diag", V),
    Case("diag", V, -2),
    Case("diag", X, 1),
    Case("diag", X, -1),
    Case("diag", X, 9),
    Case("diagflat", X[:2, :2], 1),
    Case("diagonal", X),
    Case("diagonal", T, 1, 2, 0),
    Case("diagonal", X, -3),
    Case("trace", T, -1, 1, 2),
    Case("trace", K),
    Case("tril", X),
    Case("tril", T, 1),
    Case("triu", X, -1),
    Case("triu", Z),
    Case("fill_diagonal", X, 5.0, inplace=False),
    Case("fill_diagonal", T[:, :2, :2], V[:2], inplace=False),
    Case("fill_diagonal", data(5, 2), V[:2], inplace=False),
]

test_values, test_types, test_vmap = laws(CASES)


@pytest.mark.parametrize("mode", ["reflect", "symmetric"])
@pytest.mark.parametrize("widths", [(0, 3), (9, 14), (1, 0)])
def test_odd_reflection_is_that_of_numpy(mode: str, widths: tuple[int, int]) -> None:
    mine = onp.pad(ox.array(V, "float64"), widths, mode, reflect_type="odd")
    np.testing.assert_allclose(mine, np.pad(V, widths, mode, reflect_type="odd"), rtol=1e-12)


@pytest.mark.parametrize("wrap", [False, True])
def test_fill_diagonal_of_a_tall_matrix(wrap: bool) -> None:
    theirs = np.zeros((7, 3))
    np.fill_diagonal(theirs, 4, wrap=wrap)
    np.testing.assert_array_equal(
        onp.fill_diagonal(onp.zeros((7, 3)), 4, wrap, inplace=False), theirs
    )


def test_delete_may_be_traced() -> None:
    x = onp.arange(6)
    for places in (np.array([4, 1]), np.array(2)):
        mine = ox.jit(lambda i: onp.delete(x, i, assume_unique_indices=True))(ox.array(places))
        np.testing.assert_array_equal(mine, np.delete(np.arange(6), places))
