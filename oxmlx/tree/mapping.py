"""Functions of the leaves of one tree, or of several with one structure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oxmlx.tree.flattening import IsLeaf, flatten, flatten_with_path, structure
from oxmlx.tree.treedef import PyTreeDef, flatten_up_to


def map(f: Callable[..., Any], tree: Any, *rest: Any, is_leaf: IsLeaf = None) -> Any:
    """Apply `f` to every leaf, together with what the other trees have in its place.

    Args:
        f: takes a leaf of `tree` and one subtree from each of `rest`.
        tree: the pytree whose structure the result has.
        rest: pytrees with the same structure, which may go on below the leaves of `tree`.
        is_leaf: a predicate that makes a node of `tree` a leaf.

    Raises:
        TreeError: one of `rest` differs from `tree`; the text names the path.

    >>> map(lambda x, y: x + y, {"b": [1, None], "w": 2}, {"b": [10, None], "w": 20})
    {'b': [11, None], 'w': 22}
    """
    leaves, treedef = flatten(tree, is_leaf)
    if not rest:
        return treedef.unflatten([f(x) for x in leaves])
    columns = _columns("tree.map", treedef, rest)
    return treedef.unflatten([f(*xs) for xs in zip(leaves, *columns, strict=True)])


def map_with_path(
    f: Callable[..., Any],
    tree: Any,
    *rest: Any,
    is_leaf: Callable[..., bool] | None = None,
    is_leaf_takes_path: bool = False,
) -> Any:
    """As `map`, where `f` takes the key path of the leaf first.

    Raises:
        TreeError: one of `rest` differs from `tree`; the text names the path.

    >>> from oxmlx.tree import keystr
    >>> map_with_path(lambda path, x: keystr(path), {"b": [1], "w": 2})
    {'b': ["['b'][0]"], 'w': "['w']"}
    """
    pairs, treedef = flatten_with_path(tree, is_leaf, is_leaf_takes_path)
    columns = _columns("tree.map_with_path", treedef, rest)
    return treedef.unflatten([f(*pair, *xs) for pair, *xs in zip(pairs, *columns, strict=True)])


def _columns(who: str, treedef: PyTreeDef, rest: tuple[Any, ...]) -> list[list[Any]]:
    ordinals = {1: "the second", 2: "the third"}
    return [
        flatten_up_to(treedef, tree, who, "the first", ordinals.get(n, f"the {n + 1}th"))
        for n, tree in enumerate(rest, start=1)
    ]


def broadcast(prefix_tree: Any, full_tree: Any, is_leaf: IsLeaf = None) -> Any:
    """Repeat the leaves of a prefix of a tree, so that it has the structure of the whole.

    Args:
        prefix_tree: `full_tree` with some subtrees replaced by leaves.
        full_tree: the pytree whose structure the result has.
        is_leaf: a predicate that makes a node of `prefix_tree` a leaf.

    Raises:
        TreeError: `prefix_tree` is no prefix of `full_tree`; the text names the path.

    >>> broadcast({"b": 0, "w": 1}, {"b": [7], "w": (5, 6)})
    {'b': [0], 'w': (1, 1)}
    """
    values = broadcast_prefix(prefix_tree, full_tree, is_leaf, who="tree.broadcast")
    return structure(full_tree).unflatten(values)


def broadcast_prefix(
    prefix_tree: Any,
    full_tree: Any,
    is_leaf: IsLeaf = None,
    *,
    who: str = "broadcast_prefix",
    first: str = "the prefix",
    second: str = "the full tree",
) -> list[Any]:
    """One leaf of `prefix_tree` for every leaf of `full_tree`, such as the axes of `vmap`.

    Args:
        prefix_tree: `full_tree` with some subtrees replaced by leaves.
        full_tree: a pytree.
        is_leaf: a predicate that makes a node of `prefix_tree` a leaf; None is an empty tree
            unless `is_leaf` says otherwise.
        who, first, second: what errors call the caller and the two trees.

    Raises:
        TreeError: `prefix_tree` is no prefix of `full_tree`; the text names the path.

    >>> broadcast_prefix((0, None), (["x", "y"], {"z": 1}), is_leaf=lambda x: x is None)
    [0, 0, None]
    """
    values, treedef = flatten(prefix_tree, is_leaf)
    subtrees = flatten_up_to(treedef, full_tree, who, first, second)
    result: list[Any] = []
    for value, subtree in zip(values, subtrees, strict=True):
        result += [value] * structure(subtree).num_leaves
    return result
