"""Programs of one array whose kernels differ in what a row is: for any shape, on any backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

import oxmlx.numpy as ox
from oxmlx.compile.fuse import fuse
from oxmlx.ir.aval import Aval
from oxmlx.ir.dce import dce
from oxmlx.ir.kernel import Kernel
from oxmlx.ir.plan import Obstacle
from oxmlx.ir.stage import stage


def softmax(x: Any, axis: int = -1) -> Any:
    e = ox.exp(x - ox.max(x, axis, keepdims=True, initial=-np.inf))
    return e / ox.sum(e, axis, keepdims=True)


PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "map": lambda x: ox.sin(x) * 2 + x,
    "map of a transpose": lambda x: ox.exp(x.T),
    "map of a reverse": lambda x: x[:, ::-1] * x,
    "map of a window": lambda x: ox.pad(x, 2) + 1,
    "map of a reshape": lambda x: x.reshape(-1) * 2,
    "rows": softmax,
    "columns": lambda x: softmax(x, 0),
    "sum of all": ox.sum,
    "row sums": lambda x: ox.sum(x, 1),
    "column sums": lambda x: ox.sum(x, 0),
    "argmax of rows": lambda x: ox.argmax(x, 1) if x.shape[1] else x,
    "argmin of columns": lambda x: ox.argmin(x, 0) if x.shape[0] else x,
    "any": lambda x: ox.any(x > 1, 1),
    "rows with statistics": lambda x: (x - ox.mean(x, 1, keepdims=True)) * ox.var(x, 1)[:, None],
}

extents = st.one_of(st.integers(0, 5), st.sampled_from([15, 16, 17, 63, 64, 65, 127, 257]))
SHAPES = st.tuples(extents, extents)
"""Empty, of one element, and around the widths of vectors and simdgroups."""


def kernels(
    f: Callable[[Any], Any], shape: tuple[int, ...], dtype: Any, obstacle: Obstacle
) -> list[Kernel]:
    """What a backend launches for `f` on an array."""
    jaxpr = dce(stage(lambda x: [f(x)], [Aval(shape, np.dtype(dtype))])[0])
    return list(fuse(jaxpr, obstacle).kernels)
