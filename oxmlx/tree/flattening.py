"""Taking trees apart into leaves and a structure, and putting them together again.

One dict lookup by exact type per node and no Python call per leaf: this runs before every jit call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from oxmlx.errors import TreeError
from oxmlx.tree.keys import KeyPath
from oxmlx.tree.registry import Kind, registry
from oxmlx.tree.treedef import LEAF, PyTreeDef, make_treedef

IsLeaf = Callable[[Any], bool] | None

_kind_of: Callable[[Any], Kind | None] = registry.__getitem__
_ONE_LEAF = (LEAF,)


def flatten(tree: Any, is_leaf: IsLeaf = None) -> tuple[list[Any], PyTreeDef]:
    """Split a tree into the list of its leaves, depth first, and its structure.

    Args:
        tree: nested tuples, lists, dicts (by sorted key), namedtuples, None and registered classes.
        is_leaf: a predicate that makes a node a leaf with all that is in it.

    Raises:
        TreeError: the keys of a dict cannot be sorted.

    >>> flatten({"b": (1, 2), "a": None, "c": [3]})
    ([1, 2, 3], PyTreeDef({'a': None, 'b': (*, *), 'c': [*]}))
    """
    kind = _kind_of(type(tree))
    if kind is None or (is_leaf is not None and is_leaf(tree)):
        return [tree], LEAF
    leaves: list[Any] = []
    return leaves, _flatten(kind, tree, leaves, is_leaf)


def flatten_uncached(node: Any) -> tuple[list[Any], PyTreeDef]:
    """Flatten without asking `node` itself for what it has cached.

    A class whose instances never change may define `tree_flatten_cached(self)`, which returns
    its leaves and structure, or None; `flatten` asks there first.

    >>> from dataclasses import dataclass
    >>> from oxmlx import tree
    >>> @tree.register_dataclass
    ... @dataclass(frozen=True)
    ... class Frozen:
    ...     a: object
    ...     b: object
    ...     def tree_flatten_cached(self):
    ...         if "flat" not in self.__dict__:
    ...             self.__dict__["flat"] = tree.flatten_uncached(self)
    ...         return self.__dict__["flat"]
    >>> tree.leaves([Frozen(1, (2, 3)), 4])
    [1, 2, 3, 4]
    """
    kind = _kind_of(type(node))
    if kind is None:
        return [node], LEAF
    children, meta = kind.flatten(node)
    parts = [flatten(child) for child in children]
    treedef = make_treedef(kind, meta, tuple([treedef for _, treedef in parts]))
    return [leaf for leaves, _ in parts for leaf in leaves], treedef


def _flatten(kind: Kind, node: Any, leaves: list[Any], is_leaf: IsLeaf) -> PyTreeDef:
    if is_leaf is None and kind.flatten_cached is not None:
        cached = kind.flatten_cached(node)
        if cached is not None:
            leaves += cached[0]
            return cached[1]
    children, meta = kind.flatten(node)
    if is_leaf is None and not any(map(_kind_of, map(type, children))):
        leaves += children
        return make_treedef(kind, meta, _ONE_LEAF * len(children))
    subs: list[PyTreeDef] = []
    for child in children:
        kind_of_child = _kind_of(type(child))
        if kind_of_child is None or (is_leaf is not None and is_leaf(child)):
            leaves.append(child)
            subs.append(LEAF)
        else:
            subs.append(_flatten(kind_of_child, child, leaves, is_leaf))
    return make_treedef(kind, meta, tuple(subs))


def unflatten(treedef: PyTreeDef, leaves: Iterable[Any]) -> Any:
    """The tree with this structure and these leaves: the inverse of `flatten`.

    Raises:
        TreeError: there are more or fewer leaves than the structure has.

    >>> leaves, treedef = flatten({"a": 1, "b": (2, 3)})
    >>> unflatten(treedef, [10 * x for x in leaves])
    {'a': 10, 'b': (20, 30)}
    """
    return treedef.unflatten(leaves)


def leaves(tree: Any, is_leaf: IsLeaf = None) -> list[Any]:
    """The leaves of a tree, depth first.

    >>> leaves([1, {"b": 3, "a": 2}, None])
    [1, 2, 3]
    """
    return flatten(tree, is_leaf)[0]


def structure(tree: Any, is_leaf: IsLeaf = None) -> PyTreeDef:
    """The structure of a tree: hashable, and the same object for equal structures.

    >>> structure([1, {"b": 3, "a": None}])
    PyTreeDef([*, {'a': None, 'b': *}])
    """
    return flatten(tree, is_leaf)[1]


def flatten_with_path(
    tree: Any, is_leaf: Callable[..., bool] | None = None, is_leaf_takes_path: bool = False
) -> tuple[list[tuple[KeyPath, Any]], PyTreeDef]:
    """As `flatten`, with the key path of each leaf.

    Args:
        tree: a pytree.
        is_leaf: a predicate that makes a node a leaf with all that is in it.
        is_leaf_takes_path: call `is_leaf(path, node)` instead of `is_leaf(node)`.

    >>> from oxmlx.tree import keystr
    >>> pairs, _ = flatten_with_path({"layers": [1.0, (2.0,)]})
    >>> [(keystr(path), x) for path, x in pairs]
    [("['layers'][0]", 1.0), ("['layers'][1][0]", 2.0)]
    """
    pairs: list[tuple[KeyPath, Any]] = []

    def walk(path: KeyPath, node: Any) -> PyTreeDef:
        kind = _kind_of(type(node))
        stop = is_leaf is not None and (
            is_leaf(path, node) if is_leaf_takes_path else is_leaf(node)
        )
        if kind is None or stop:
            pairs.append((path, node))
            return LEAF
        children, meta = kind.keyed_children(node)
        subs: list[PyTreeDef] = []
        for key, child in children:
            subs.append(walk((*path, key), child))
        return make_treedef(kind, meta, tuple(subs))

    treedef = walk((), tree)
    return pairs, treedef


def leaves_with_path(
    tree: Any, is_leaf: Callable[..., bool] | None = None, is_leaf_takes_path: bool = False
) -> list[tuple[KeyPath, Any]]:
    """The leaves of a tree with their key paths: see `flatten_with_path`.

    >>> leaves_with_path({"a": [5]})
    [((DictKey(key='a'), SequenceKey(idx=0)), 5)]
    """
    return flatten_with_path(tree, is_leaf, is_leaf_takes_path)[0]


def flatten_one_level(tree: Any) -> tuple[Sequence[Any], Any]:
    """The children and the metadata of the top node.

    Raises:
        TreeError: `tree` is a leaf.

    >>> flatten_one_level({"b": [1, 2], "a": 3})
    ([3, [1, 2]], ('a', 'b'))
    """
    return _node_kind("flatten_one_level", tree).flatten(tree)


def flatten_one_level_with_keys(tree: Any) -> tuple[list[tuple[Any, Any]], Any]:
    """The children of the top node with their keys, and its metadata.

    Raises:
        TreeError: `tree` is a leaf.

    >>> flatten_one_level_with_keys([7])
    ([(SequenceKey(idx=0), 7)], None)
    """
    return _node_kind("flatten_one_level_with_keys", tree).keyed_children(tree)


def all_leaves(iterable: Iterable[Any], is_leaf: IsLeaf = None) -> bool:
    """Is every element a leaf?

    >>> all_leaves([1, "x"]), all_leaves([1, (2,)])
    (True, False)
    """
    return all(structure(x, is_leaf) is LEAF for x in iterable)


def treedef_is_leaf(treedef: PyTreeDef) -> bool:
    """Has the structure one node only: is it a leaf, or a node without children?

    >>> treedef_is_leaf(structure(1)), treedef_is_leaf(structure([1]))
    (True, False)
    """
    return treedef.num_nodes == 1


def treedef_children(treedef: PyTreeDef) -> list[PyTreeDef]:
    """The structures of the children of the top node.

    >>> treedef_children(structure([1, (2, 3)]))
    [PyTreeDef(*), PyTreeDef((*, *))]
    """
    return treedef.children()


def treedef_tuple(treedefs: Iterable[PyTreeDef]) -> PyTreeDef:
    """The structure of a tuple of trees, from theirs.

    >>> treedef_tuple([structure(1), structure([2])])
    PyTreeDef((*, [*]))
    """
    return make_treedef(_node_kind("treedef_tuple", ()), None, tuple(treedefs))


def _node_kind(who: str, tree: Any) -> Kind:
    kind = _kind_of(type(tree))
    if kind is None:
        raise TreeError(who, f"got a leaf of type {type(tree).__name__}, wanted a node")
    return kind
