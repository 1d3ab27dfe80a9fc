"""Equations that return their operand."""

from __future__ import annotations

import numpy as np
import pytest

import oxmlx as ox
from oxmlx.errors import ArgumentError

onp = ox.numpy


def test_stop_gradient_of_a_pytree() -> None:
    p = {"a": onp.array([1.0, 2.0]), "b": (3.0, None, 4)}
    stopped = ox.lax.stop_gradient(p)
    assert ox.tree.structure(stopped) == ox.tree.structure(p)
    assert [np.asarray(x).tolist() for x in ox.tree.leaves(stopped)] == [[1, 2], 3, 4]

    def loss(p: dict[str, ox.Array]) -> ox.Array:
        q = ox.lax.stop_gradient(p)
        return onp.sum(p["a"] * q["a"]) + 5 * p["b"] * q["b"]

    g = ox.grad(loss)({"a": p["a"], "b": 3.0})
    assert (g["a"].tolist(), g["b"].item()) == ([1, 2], 15)


def test_stop_gradient_refuses_what_is_no_array() -> None:
    with pytest.raises(ArgumentError, match="stop_gradient: operands must be arrays or numbers"):
        ox.stop_gradient("a")
