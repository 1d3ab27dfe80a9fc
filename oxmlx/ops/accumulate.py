"""Buffers whose rows are updated at places that may repeat: what scatter means."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx.dtypes import is_inexact

COMBINE = {"set": None, "add": np.add, "mul": np.multiply, "min": np.minimum, "max": np.maximum}
"""How an update changes an element."""


def update_rows(combine: str, out: Any, rows: Any, new: Any) -> Any:
    """Combine the rows of `out` at `rows` with new ones, in order."""
    if combine == "set":
        out[rows] = new
        return out
    dtype = out.dtype
    if dtype.itemsize == 2 and is_inexact(dtype):
        out, new = out.astype(np.float32), new.astype(np.float32)
    accumulate(COMBINE[combine], out, rows, new)
    return out.astype(dtype, copy=False)


def accumulate(ufunc: Any, out: Any, rows: Any, new: Any) -> None:
    """`ufunc.at`, faster for long rows: turn by turn, and in one turn no row comes twice."""
    width = out.shape[1]
    if width == 1:  # what NumPy is fast at
        ufunc.at(out[:, 0], rows, new[:, 0])
        return
    turns = turns_of(rows) if width >= 32 else []
    if not 0 < len(turns) * 800 < new.size:  # what a turn costs, counted in elements
        ufunc.at(out, rows, new)
        return
    for turn in turns:
        at = rows[turn]
        out[at] = ufunc(out[at], new[turn])


def turns_of(rows: Any) -> list[Any]:
    """Positions of the rows that occur for the first time, for the second time, and so on."""
    by_row = np.argsort(rows, kind="stable")
    first = np.flatnonzero(np.diff(rows[by_row], prepend=-1))
    turn = np.arange(rows.size) - np.repeat(first, np.diff(first, append=rows.size))
    by_turn = by_row[np.argsort(turn, kind="stable")]
    return np.split(by_turn, np.cumsum(np.bincount(turn))[:-1])
