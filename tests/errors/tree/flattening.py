"""Refusals of oxmlx.tree.flattening."""

from raise_coverage import Refusal

from oxmlx import tree
from oxmlx.errors import TreeError

REFUSALS = [
    Refusal(
        "one level of a leaf",
        lambda: tree.flatten_one_level(1.0),
        TreeError,
        "got a leaf of type float, wanted a node",
    ),
]
