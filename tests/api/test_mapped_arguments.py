"""vmap: arguments that are not mapped are passed as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx.errors import ArgumentError


def test_what_is_not_mapped_may_be_anything() -> None:
    seen: list[Any] = []

    def f(x: Any, *others: Any) -> Any:
        seen.extend(others)
        return x.reshape(others[0])

    others = (2, "text", {"f": abs, "none": None}, np.arange(3))
    out = ox.vmap(f, (0, None, None, None, None))(ox.numpy.ones((3, 2)), *others)
    assert out.shape == (3, 2)
    assert seen[:2] == [2, "text"] and seen[2]["f"] is abs and seen[3] is others[3]


def test_part_of_a_tree_may_be_mapped() -> None:
    axes = ({"x": 0, "name": None},)
    out = ox.vmap(lambda p: p["x"] * len(p["name"]), axes)({"x": ox.numpy.ones(3), "name": "ab"})
    assert out.tolist() == [2, 2, 2]


def test_what_is_mapped_must_be_an_array() -> None:
    with pytest.raises(ArgumentError, match=r"at \[0\]\[1\]: operands must be arrays .* got str"):
        ox.vmap(lambda x, s: x, (0, 0))(ox.numpy.ones(3), "abc")
