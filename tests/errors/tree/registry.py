"""Refusals of oxmlx.tree.registry."""

from dataclasses import dataclass
from typing import Any

from raise_coverage import Refusal

from oxmlx import tree, tree_util
from oxmlx.errors import ArgumentError, TreeError


class Plain:
    """A class that nobody registers."""


@dataclass
class Point:
    x: float
    y: float


class Lopsided:
    """A node whose flatten function forgets the metadata."""


def flatten_lopsided(node: Lopsided) -> Any:
    return [1, 2, 3]


tree.register_pytree_node(Lopsided, flatten_lopsided, lambda meta, children: Lopsided())

REFUSALS = [
    Refusal(
        "a node already",
        lambda: tree.register_static(dict),
        ArgumentError,
        "register_static: <class 'dict'> is a pytree node already",
    ),
    Refusal(
        "not a class",
        lambda: tree.register_static(Plain()),
        ArgumentError,
        "which is not a class",
    ),
    Refusal(
        "methods missing",
        lambda: tree.register_pytree_node_class(Plain),
        ArgumentError,
        "lacks tree_flatten, tree_unflatten",
    ),
    Refusal(
        "flatten function without metadata",
        lambda: tree_util.tree_leaves(Lopsided()),
        TreeError,
        "returned [1, 2, 3]\n  It must return a pair (children, metadata).",
    ),
    Refusal(
        "field in neither list",
        lambda: tree.register_dataclass(Point, ["x"], []),
        ArgumentError,
        "are neither data nor metadata\n  Name them in data_fields",
    ),
    Refusal(
        "field that is none",
        lambda: tree.register_dataclass(Point, ["x", "y"], ["z"]),
        ArgumentError,
        "takes no fields ['z']",
    ),
    Refusal(
        "field named twice",
        lambda: tree.register_dataclass(Point, ["x", "y"], ["y"]),
        ArgumentError,
        "the fields ['y'] of",
    ),
    Refusal(
        "data fields alone",
        lambda: tree.register_dataclass(Point, ["x", "y"]),
        ArgumentError,
        "got data_fields alone",
    ),
    Refusal(
        "not a dataclass",
        lambda: tree.register_dataclass(Plain),
        ArgumentError,
        "is not a dataclass\n  Give data_fields and meta_fields.",
    ),
    Refusal(
        "keys of two types",
        lambda: tree.leaves({1: "x", "a": "y"}),
        TreeError,
        "the keys [1, 'a'] of a dict cannot be sorted",
    ),
]
