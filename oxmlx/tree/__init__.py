"""Pytrees: nested containers of arrays, with the functions of `jax.tree`.

Tuples, lists, dicts, OrderedDicts, defaultdicts, namedtuples, None and registered classes are
nodes; an instance of any other class is a leaf. `oxmlx.tree_util` has the longer names.
"""

from oxmlx.tree.flattening import (
    all_leaves,
    flatten,
    flatten_one_level,
    flatten_one_level_with_keys,
    flatten_uncached,
    flatten_with_path,
    leaves,
    leaves_with_path,
    structure,
    treedef_children,
    treedef_is_leaf,
    treedef_tuple,
    unflatten,
)
from oxmlx.tree.keys import (
    DictKey,
    FlattenedIndexKey,
    GetAttrKey,
    KeyPath,
    SequenceKey,
    keystr,
)
from oxmlx.tree.mapping import broadcast, broadcast_prefix, map, map_with_path
from oxmlx.tree.partial import Partial
from oxmlx.tree.reducing import all, reduce, reduce_associative, transpose
from oxmlx.tree.registering import (
    register_dataclass,
    register_pytree_node,
    register_pytree_node_class,
    register_pytree_with_keys,
    register_pytree_with_keys_class,
    register_static,
    static,
)
from oxmlx.tree.registry import is_tree_node
from oxmlx.tree.treedef import PyTreeDef

__all__ = [
    "DictKey",
    "FlattenedIndexKey",
    "GetAttrKey",
    "KeyPath",
    "Partial",
    "PyTreeDef",
    "SequenceKey",
    "all",
    "all_leaves",
    "broadcast",
    "broadcast_prefix",
    "flatten",
    "flatten_one_level",
    "flatten_one_level_with_keys",
    "flatten_uncached",
    "flatten_with_path",
    "is_tree_node",
    "keystr",
    "leaves",
    "leaves_with_path",
    "map",
    "map_with_path",
    "reduce",
    "reduce_associative",
    "register_dataclass",
    "register_pytree_node",
    "register_pytree_node_class",
    "register_pytree_with_keys",
    "register_pytree_with_keys_class",
    "register_static",
    "static",
    "structure",
    "transpose",
    "treedef_children",
    "treedef_is_leaf",
    "treedef_tuple",
    "unflatten",
]
