"""Dotted names: every kind of node, and the law that back is the inverse of there."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oxmlx as ox
from oxmlx import tree
from oxmlx.errors import StateDictError
from oxmlx.io import names_to_tree, tree_to_names
from oxmlx.io.naming import describe


class Adam(NamedTuple):
    mu: Any
    nu: Any


@tree.register_dataclass
@dataclass
class Linear:
    weight: Any
    bias: Any


class Pair:
    """A node whose children have no names."""

    def __init__(self, *children: Any) -> None:
        self.children = children


tree.register_pytree_node(Pair, lambda x: (x.children, None), lambda _, xs: Pair(*xs))


def test_names_of_every_kind_of_node() -> None:
    found = tree_to_names(
        {
            "layers": [Linear(1, None), Linear(2, 3)],
            "opt": (Adam(4, OrderedDict(z=5, a=6)), Pair(7)),
            "by number": {0: 8},
        }
    )
    assert found == {
        "by number.0": 8,
        "layers.0.weight": 1,
        "layers.1.weight": 2,
        "layers.1.bias": 3,
        "opt.0.mu": 4,
        "opt.0.nu.z": 5,
        "opt.0.nu.a": 6,
        "opt.1.0": 7,
    }


def test_a_leaf_has_the_empty_name() -> None:
    assert tree_to_names(5) == {"": 5}
    assert names_to_tree(0, {"": 5}) == 5


LEAVES = st.integers() | st.floats(allow_nan=False) | st.none()
KEYS = st.text("abc", min_size=1, max_size=2)
TREES = st.recursive(
    LEAVES,
    lambda x: (
        st.lists(x, max_size=3)
        | st.tuples(x, x)
        | st.dictionaries(KEYS, x, max_size=3)
        | st.builds(Adam, x, x)
        | st.builds(Linear, x, x)
    ),
)


@given(TREES)
def test_back_is_the_inverse_of_there(value: Any) -> None:
    named = tree_to_names(value)
    backwards = dict(reversed(named.items()))
    assert names_to_tree(value, backwards) == value
    assert tree.structure(names_to_tree(value, named)) is tree.structure(value)


@given(TREES, st.data())
def test_a_name_too_few_or_too_many_is_found(value: Any, data: st.DataObject) -> None:
    named = tree_to_names(value)
    with pytest.raises(StateDictError, match="unexpected: 'other'"):
        names_to_tree(value, {**named, "other": 1})
    if named:
        name = data.draw(st.sampled_from(sorted(named)))
        del named[name]
        with pytest.raises(StateDictError) as caught:
            names_to_tree(value, named)
        assert f"missing: {name!r}\n" in str(caught.value)


def test_a_template_of_types() -> None:
    x = ox.device_put(np.ones((2, 3), np.float32))
    assert names_to_tree([ox.ShapeDtypeStruct((2, 3), "float32")], {"0": x}) == [x]
    assert names_to_tree(np.zeros((2, 3), np.float32), {"": x}) is x
    with pytest.raises(StateDictError, match=r"'0' is f32\[2,3\], wanted f32\[3,2\]"):
        names_to_tree([ox.ShapeDtypeStruct((3, 2), "float32")], {"0": x})
    with pytest.raises(StateDictError, match=r"'0' is f32\[2,3\], wanted bf16\[2,3\]"):
        names_to_tree([ox.ShapeDtypeStruct((2, 3), "bfloat16")], {"0": x})


def test_weak_types_do_not_matter() -> None:
    assert describe(ox.device_put(1.0)) == describe(np.float32(1)) == "f32[]"


def test_how_many_are_missing() -> None:
    template = {letter: 0 for letter in "abcdefgh"}
    with pytest.raises(StateDictError, match="missing: 'a', 'b', 'c', 'd', 'e' and 3 more\n"):
        names_to_tree(template, {})
    with pytest.raises(StateDictError, match="missing: 'a', 'b', 'c', 'd', 'e'; mismatched: 'f'"):
        names_to_tree(template, {"f": 1.0, "g": 1, "h": 1})
