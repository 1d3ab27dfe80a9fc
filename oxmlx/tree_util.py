"""Pytrees under the names of `jax.tree_util`; `oxmlx.tree` has the short ones."""

from oxmlx.tree import (
    DictKey,
    FlattenedIndexKey,
    GetAttrKey,
    KeyPath,
    Partial,
    PyTreeDef,
    SequenceKey,
    all_leaves,
    flatten_one_level,
    flatten_one_level_with_keys,
    is_tree_node,
    keystr,
    register_dataclass,
    register_pytree_node,
    register_pytree_node_class,
    register_pytree_with_keys,
    register_pytree_with_keys_class,
    register_static,
    treedef_children,
    treedef_is_leaf,
    treedef_tuple,
)
from oxmlx.tree import all as tree_all
from oxmlx.tree import broadcast as tree_broadcast
from oxmlx.tree import flatten as tree_flatten
from oxmlx.tree import flatten_with_path as tree_flatten_with_path
from oxmlx.tree import leaves as tree_leaves
from oxmlx.tree import leaves_with_path as tree_leaves_with_path
from oxmlx.tree import map as tree_map
from oxmlx.tree import map_with_path as tree_map_with_path
from oxmlx.tree import reduce as tree_reduce
from oxmlx.tree import reduce_associative as tree_reduce_associative
from oxmlx.tree import structure as tree_structure
from oxmlx.tree import transpose as tree_transpose
from oxmlx.tree import unflatten as tree_unflatten

__all__ = [
    "DictKey",
    "FlattenedIndexKey",
    "GetAttrKey",
    "KeyPath",
    "Partial",
    "PyTreeDef",
    "SequenceKey",
    "all_leaves",
    "flatten_one_level",
    "flatten_one_level_with_keys",
    "is_tree_node",
    "keystr",
    "register_dataclass",
    "register_pytree_node",
    "register_pytree_node_class",
    "register_pytree_with_keys",
    "register_pytree_with_keys_class",
    "register_static",
    "tree_all",
    "tree_broadcast",
    "tree_flatten",
    "tree_flatten_with_path",
    "tree_leaves",
    "tree_leaves_with_path",
    "tree_map",
    "tree_map_with_path",
    "tree_reduce",
    "tree_reduce_associative",
    "tree_structure",
    "tree_transpose",
    "tree_unflatten",
    "treedef_children",
    "treedef_is_leaf",
    "treedef_tuple",
]
