"""Refusals of oxmlx.tree.reducing."""

from operator import add

from raise_coverage import Refusal

from oxmlx import tree
from oxmlx.errors import TreeError

REFUSALS = [
    Refusal(
        "reduce no leaves",
        lambda: tree.reduce(add, {"a": None}),
        TreeError,
        "tree.reduce: the tree has no leaves\n  Give an initializer.",
    ),
    Refusal(
        "reduce no leaves pairwise",
        lambda: tree.reduce_associative(add, []),
        TreeError,
        "tree.reduce_associative: the tree has no leaves\n  Give an identity.",
    ),
    Refusal(
        "transpose below no leaves",
        lambda: tree.transpose(tree.structure([]), None, []),
        TreeError,
        "tree.transpose: PyTreeDef([]) has no leaves",
    ),
    Refusal(
        "transpose subtrees below the leaves",
        lambda: tree.transpose(
            tree.structure([0, 0]), tree.structure((0, 0)), [(1, 2), (3, [4, 5])]
        ),
        TreeError,
        "tree.transpose: the tree has 5 leaves, outer of inner 2 * 2",
    ),
]
