"""The classes whose instances are nodes of a pytree; an instance of any other class is a leaf."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Sequence
from types import NoneType
from typing import Any

from oxmlx.errors import ArgumentError, TreeError
from oxmlx.tree.keys import DictKey, FlattenedIndexKey, GetAttrKey, SequenceKey

KeyedChildren = Iterable[tuple[Any, Any]]


def _flat_indices(meta: Any, n: int) -> Iterable[Any]:
    return map(FlattenedIndexKey, range(n))


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Kind:
    """A class of nodes: how one is taken apart into children and metadata, and rebuilt.

    Args:
        flatten: node to (children, metadata).
        unflatten: (metadata, children) to node.
        keys: (metadata, number of children) to the key of each child.
        flatten_with_keys: node to ((key, child) pairs, metadata), where the keys need the node.
        flatten_cached: node to (leaves, treedef) of the whole subtree, or None; tried first.
        implicit: a namedtuple, which nobody registered.
        meta_names: the names of the metadata, if it is a tuple of fields.
    """

    cls: type[Any]
    flatten: Callable[[Any], tuple[Sequence[Any], Any]]
    unflatten: Callable[[Any, tuple[Any, ...]], Any]
    keys: Callable[[Any, int], Iterable[Any]] = _flat_indices
    flatten_with_keys: Callable[[Any], tuple[KeyedChildren, Any]] | None = None
    flatten_cached: Callable[[Any], tuple[Sequence[Any], Any] | None] | None = None
    implicit: bool = False
    meta_names: Callable[[], Sequence[str]] = tuple

    def keyed_children(self, node: Any) -> tuple[list[tuple[Any, Any]], Any]:
        """The (key, child) pairs and the metadata of `node`."""
        if self.flatten_with_keys is not None:
            pairs, meta = self.flatten_with_keys(node)
            return list(pairs), meta
        children, meta = self.flatten(node)
        return list(zip(self.keys(meta, len(children)), children, strict=True)), meta


class Registry(dict[type[Any], "Kind | None"]):
    """The kind of each class seen so far, by exact type; None says that instances are leaves."""

    def __missing__(self, cls: type[Any]) -> Kind | None:
        kind = _namedtuple(cls) if hasattr(cls, "_fields") and issubclass(cls, tuple) else None
        self[cls] = kind
        return kind

    def add(self, who: str, kind: Kind) -> None:
        known = self.get(kind.cls)
        if known is not None and not known.implicit:
            raise ArgumentError(
                who,
                f"{kind.cls!r} is a pytree node already",
                "A class is registered once; a subclass of a node class is not one by itself.",
            )
        self[kind.cls] = kind


registry = Registry()


def is_tree_node(typ: type[Any]) -> bool:
    """Are instances of `typ` nodes, rather than leaves?

    >>> is_tree_node(dict), is_tree_node(float)
    (True, False)
    """
    return registry[typ] is not None


def _sorted_keys(mapping: dict[Any, Any]) -> list[Any]:
    """The keys of a dict in order; they must be comparable, for the order must not be chance."""
    try:
        return sorted(mapping)
    except TypeError as error:
        raise TreeError(
            "tree.flatten",
            f"the keys {list(mapping)} of a {type(mapping).__name__} cannot be sorted: {error}",
            "Use keys of one type, or an OrderedDict, which keeps its own order.",
        ) from error


def _flatten_dict(node: dict[Any, Any]) -> tuple[list[Any], tuple[Any, ...]]:
    keys = _sorted_keys(node)
    return [node[key] for key in keys], tuple(keys)


def _flatten_defaultdict(node: defaultdict[Any, Any]) -> tuple[list[Any], tuple[Any, ...]]:
    children, keys = _flatten_dict(node)
    return children, (node.default_factory, keys)


def _positions(meta: Any, n: int) -> Iterable[Any]:
    return map(SequenceKey, range(n))


def _namedtuple(cls: Any) -> Kind:
    fields = tuple(map(GetAttrKey, cls._fields))
    return Kind(
        cls,
        lambda node: (node, None),
        lambda meta, children: cls._make(children),
        lambda meta, n: fields,
        implicit=True,
    )


for _kind in (
    Kind(NoneType, lambda node: ((), None), lambda meta, children: None),
    Kind(tuple, lambda node: (node, None), lambda meta, children: children, _positions),
    Kind(list, lambda node: (node, None), lambda meta, children: list(children), _positions),
    Kind(
        dict,
        _flatten_dict,
        lambda keys, children: dict(zip(keys, children, strict=True)),
        lambda keys, n: map(DictKey, keys),
    ),
    Kind(
        OrderedDict,
        lambda node: (list(node.values()), tuple(node)),
        lambda keys, children: OrderedDict(zip(keys, children, strict=True)),
        lambda keys, n: map(DictKey, keys),
    ),
    Kind(
        defaultdict,
        _flatten_defaultdict,
        lambda meta, children: defaultdict(meta[0], zip(meta[1], children, strict=True)),
        lambda meta, n: map(DictKey, meta[1]),
    ),
):
    registry[_kind.cls] = _kind
