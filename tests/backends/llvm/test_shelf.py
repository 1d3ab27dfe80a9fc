"""What the shelf hands out is what the modules behind it make ready."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oxmlx.backends.llvm import shelf, sort
from oxmlx.ir.jaxpr import alone
from oxmlx.ops.sort import Sort

F32 = np.dtype("float32")


@pytest.mark.parametrize(("operands", "ready"), [(1, sort.Values), (2, sort.Sort)])
def test_a_row_alone_is_sorted_without_its_order(operands: int, ready: type[Any]) -> None:
    (eqn,) = alone(Sort(axis=0, num_keys=1, stable=True), [((9,), F32)] * operands).eqns
    assert shelf.name_of(eqn) == "sort"
    assert type(shelf.fetch(eqn)) is ready
