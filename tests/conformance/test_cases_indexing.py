"""facts/cases.md, group 6: the rows of a table, and indices outside of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from weighted import pull, weights

import oxmlx as ox
from oxmlx.errors import OutOfBoundsError

onp = ox.numpy

TABLE = np.arange(6, dtype=np.float32).reshape(3, 2)
READERS = {
    "take": lambda table, rows: onp.take(table, rows, axis=0),
    "index": lambda table, rows: table[rows],
    "Embedding": lambda table, rows: embedding(table)(rows),
}


def embedding(table: Any) -> Any:
    layer = ox.nn.Embedding(3, 2, key=ox.random.key(0))
    return layer.update({"weight": table})


@pytest.mark.parametrize("name", READERS)
def test_06_first_last_negative_and_no_rows(name: str) -> None:
    read, table = READERS[name], onp.array(TABLE)
    for rows in ([0], [2], [0, 2], [-1], [-3], [[1], [2]], np.zeros((0,), int), [2, 2, 2]):
        at = np.asarray(rows)
        got = read(table, onp.array(at, dtype="int32"))
        np.testing.assert_array_equal(got, TABLE[at])
        assert got.shape == (*at.shape, 2)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("row", [3, 7, -4, 2**31 - 1, -(2**31)])
def test_06_a_row_outside_is_nan_where_mlx_reads_foreign_memory(name: str, row: int) -> None:
    read, table, rows = READERS[name], onp.array(TABLE), onp.array([1, row], dtype="int32")
    for f in (read, ox.jit(read)):
        np.testing.assert_array_equal(f(table, rows), [[2, 3], [np.nan, np.nan]])


@pytest.mark.parametrize("name", READERS)
def test_06_gradients_accumulate_at_repeated_rows_and_ignore_those_outside(name: str) -> None:
    read, rows = READERS[name], onp.array([1, 0, 1, -1, 3, 1], dtype="int32")
    w = weights(6, 2)
    got = pull(lambda table: onp.nan_to_num(read(table, rows)), w, onp.array(TABLE))
    want = np.zeros((3, 2))
    for row, ct in zip([1, 0, 1, 2, 1], np.asarray(w)[[0, 1, 2, 3, 5]], strict=True):
        want[row] += ct
    np.testing.assert_allclose(got, want, rtol=1e-6)


def test_06_a_static_row_outside_raises_as_in_numpy_where_jax_clamps() -> None:
    table = onp.array(TABLE)
    assert table[-1].tolist() == [4, 5]
    for row in (3, -4):
        with pytest.raises(OutOfBoundsError, match=f"index {row} is out of bounds for axis 0"):
            table[row]
        with pytest.raises(IndexError):
            table.at[row].set(0)


def test_06_whoever_wants_the_clamped_row_says_so() -> None:
    table, rows = onp.array(TABLE), onp.array([3, -4])
    assert table.at[rows].get(mode="clip").tolist() == [[4, 5], [0, 1]]
    assert table.at[rows].get(mode="fill", fill_value=9).tolist() == [[9, 9], [9, 9]]
    assert table.at[rows].set(9).tolist() == TABLE.tolist()
    assert table.at[rows].set(9, mode="clip").tolist() == [[9, 9], [2, 3], [9, 9]]


def test_06_integers_outside_are_filled_with_the_least_of_their_dtype() -> None:
    row = onp.array([5])
    assert onp.arange(3)[row].item() == -(2**31)
    assert onp.arange(3, dtype="uint8")[row].item() == 255
    assert onp.array([False])[row].item() is True
