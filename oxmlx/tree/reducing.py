"""Folding the leaves of a tree into one value, and turning a tree of trees inside out."""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable
from typing import Any

from oxmlx.errors import TreeError
from oxmlx.tree.flattening import IsLeaf, flatten, leaves, structure
from oxmlx.tree.treedef import PyTreeDef, flatten_up_to

_NOTHING: Any = object()


def reduce(
    function: Callable[[Any, Any], Any],
    tree: Any,
    initializer: Any = _NOTHING,
    is_leaf: IsLeaf = None,
) -> Any:
    """Fold the leaves from the left, as `functools.reduce` does.

    Raises:
        TreeError: the tree has no leaves and there is no initializer.

    >>> reduce(lambda total, x: total + x, {"a": 1, "b": [2, 3]})
    6
    """
    values = leaves(tree, is_leaf)
    if initializer is not _NOTHING:
        return functools.reduce(function, values, initializer)
    if not values:
        raise TreeError("tree.reduce", "the tree has no leaves", "Give an initializer.")
    return functools.reduce(function, values)


def reduce_associative(
    operation: Callable[[Any, Any], Any],
    tree: Any,
    *,
    identity: Any = _NOTHING,
    is_leaf: IsLeaf = None,
) -> Any:
    """Fold the leaves pairwise, to a depth that is logarithmic in their number.

    Args:
        operation: an associative function of two values.
        tree: a pytree.
        identity: the value of a tree without leaves.
        is_leaf: a predicate that makes a node a leaf.

    Raises:
        TreeError: the tree has no leaves and there is no identity.

    >>> reduce_associative("({} + {})".format, ["a", ("b", "c"), "d"])
    '((a + b) + (c + d))'
    """
    values = leaves(tree, is_leaf)
    if values:
        return _pairwise(operation, values)
    if identity is _NOTHING:
        raise TreeError("tree.reduce_associative", "the tree has no leaves", "Give an identity.")
    return identity


def _pairwise(operation: Callable[[Any, Any], Any], values: list[Any]) -> Any:
    if len(values) == 1:
        return values[0]
    half = len(values) // 2
    return operation(_pairwise(operation, values[:half]), _pairwise(operation, values[half:]))


def all(tree: Any, *, is_leaf: IsLeaf = None) -> bool:
    """Are all leaves true?

    >>> all({"a": True, "b": [1, None]}), all([True, 0])
    (True, False)
    """
    return builtins.all(leaves(tree, is_leaf))


def transpose(
    outer_treedef: PyTreeDef, inner_treedef: PyTreeDef | None, pytree_to_transpose: Any
) -> Any:
    """Turn a tree of trees inside out.

    Args:
        outer_treedef: the structure at the top of the given tree.
        inner_treedef: the structure of each subtree, by default that of the first.
        pytree_to_transpose: a tree of structure `outer_treedef.compose(inner_treedef)`.

    Raises:
        TreeError: the tree has another structure; the text names the path.

    >>> from oxmlx.tree import structure
    >>> transpose(structure([0, 0]), structure({"a": 0}), [{"a": 1}, {"a": 2}])
    {'a': [1, 2]}
    """
    who, first, second = "tree.transpose", "outer_treedef", "the tree"
    if inner_treedef is None:
        subtrees = flatten_up_to(outer_treedef, pytree_to_transpose, who, first, second)
        if not subtrees:
            raise TreeError(who, f"{outer_treedef} has no leaves", "Give inner_treedef.")
        inner_treedef = structure(subtrees[0])
    rows, columns = outer_treedef.num_leaves, inner_treedef.num_leaves
    values, treedef = flatten(pytree_to_transpose)
    if len(values) != rows * columns:
        whole = outer_treedef.compose(inner_treedef)
        flatten_up_to(whole, pytree_to_transpose, who, "outer of inner", second)
        raise TreeError(
            who,
            f"the tree has {len(values)} leaves, outer of inner {rows} * {columns}",
            f"The structures are {treedef} and {whole}.",
        )
    return inner_treedef.unflatten(
        [outer_treedef.unflatten(values[column::columns]) for column in range(columns)]
    )
