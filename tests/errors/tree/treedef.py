"""Refusals of oxmlx.tree.treedef."""

from raise_coverage import Refusal

from oxmlx import tree
from oxmlx.errors import StaticValueError, TreeError


class Plain:
    """A class that nobody registers."""


class Tagged:
    """A node whose metadata is a list."""


tree.register_pytree_node(Tagged, lambda node: ((), ["a"]), lambda meta, children: Tagged())


def unpickle_where_it_is_not_registered() -> object:
    restore, _ = tree.structure([1]).__reduce__()
    return restore(Plain, None, ())


REFUSALS = [
    Refusal(
        "too few leaves",
        lambda: tree.unflatten(tree.structure({"a": 1, "b": (2, 3)}), [1]),
        TreeError,
        "tree.unflatten: got 1 leaf for 3, none for ['b'][0]",
    ),
    Refusal(
        "too many leaves",
        lambda: tree.unflatten(tree.structure([0]), [1, 2]),
        TreeError,
        "tree.unflatten: got 2 leaves for 1\n",
    ),
    Refusal(
        "another node",
        lambda: tree.map(max, {"a": [1, (2, 3)]}, {"a": [1, [2, 3]]}),
        TreeError,
        "trees differ at ['a'][1]",
    ),
    Refusal(
        "another number of children",
        lambda: tree.map(max, [1, (2, 3)], [1, (2, 3, 4)]),
        TreeError,
        "trees differ at [1]",
    ),
    Refusal(
        "metadata that cannot be hashed",
        lambda: hash(tree.structure([Tagged()])),
        StaticValueError,
        "cannot be hashed: ['a']",
    ),
    Refusal(
        "unpickling an unknown class",
        unpickle_where_it_is_not_registered,
        TreeError,
        "is not a pytree node here\n  Register it first.",
    ),
]
