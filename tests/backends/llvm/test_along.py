"""Rows along an axis: where their elements are."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from oxmlx.backends.llvm.along import along
from oxmlx.ir.aval import Aval


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple), st.data())
def test_where_elements_are(shape: tuple[int, ...], data: st.DataObject) -> None:
    axis = data.draw(st.integers(0, len(shape) - 1))
    of = along(Aval(shape, np.dtype("float32")), axis)
    assert of.size == of.rows * of.length == np.prod(shape)
    rows = np.arange(of.size).reshape(shape)
    rows = np.moveaxis(rows, axis, -1).reshape(of.rows, of.length)
    for row, found in enumerate(rows):
        outer, lane = divmod(row, of.inner)
        places = [(outer * of.length + k) * of.inner + lane for k in range(of.length)]
        assert found.tolist() == places
