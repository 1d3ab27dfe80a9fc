"""Making the instances of a class nodes of pytrees."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterable, Sequence
from operator import attrgetter, methodcaller
from typing import Any, TypeVar

from oxmlx.errors import ArgumentError, TreeError
from oxmlx.tree.keys import GetAttrKey
from oxmlx.tree.registry import KeyedChildren, Kind, registry

Class = TypeVar("Class", bound=type[Any])


def register_pytree_node(
    nodetype: type[Any],
    flatten_func: Callable[[Any], tuple[Iterable[Any], Hashable]],
    unflatten_func: Callable[[Any, Any], Any],
    flatten_with_keys_func: Callable[[Any], tuple[KeyedChildren, Hashable]] | None = None,
) -> None:
    """Make the instances of a class nodes of pytrees.

    A method `tree_flatten_cached(self) -> (leaves, treedef) | None` of the class, if it has one,
    is asked before the node is taken apart: see `flatten_uncached`.

    Args:
        nodetype: the class; its subclasses stay leaves until they are registered too.
        flatten_func: instance to (children, metadata); hashable metadata can key a cache.
        unflatten_func: (metadata, children) to instance; children may be any objects.
        flatten_with_keys_func: instance to ((key, child) pairs, metadata), in the same order.

    Raises:
        ArgumentError: `nodetype` is not a class, or is a node already.

    >>> from oxmlx import tree
    >>> class Polar:
    ...     def __init__(self, r, phi):
    ...         self.r, self.phi = r, phi
    >>> tree.register_pytree_node(Polar, lambda p: ((p.r, p.phi), None), lambda _, xs: Polar(*xs))
    >>> tree.map(lambda x: 2 * x, Polar(1.0, 0.5)).r
    2.0
    """
    _register(
        "register_pytree_node", nodetype, flatten_func, unflatten_func, flatten_with_keys_func
    )


def register_pytree_with_keys(
    nodetype: type[Any],
    flatten_with_keys: Callable[[Any], tuple[KeyedChildren, Hashable]],
    unflatten_func: Callable[[Any, Any], Any],
    flatten_func: Callable[[Any], tuple[Iterable[Any], Hashable]] | None = None,
) -> None:
    """Make the instances of a class nodes whose children have keys, for paths.

    Args:
        nodetype: the class.
        flatten_with_keys: instance to ((key, child) pairs, metadata).
        unflatten_func: (metadata, children) to instance.
        flatten_func: instance to (children, metadata), where that is faster.

    Raises:
        ArgumentError: `nodetype` is not a class, or is a node already.

    >>> from oxmlx import tree
    >>> class Line:
    ...     def __init__(self, a, b):
    ...         self.a, self.b = a, b
    >>> tree.register_pytree_with_keys(
    ...     Line,
    ...     lambda s: (((tree.GetAttrKey("a"), s.a), (tree.GetAttrKey("b"), s.b)), None),
    ...     lambda _, xs: Line(*xs),
    ... )
    >>> tree.map_with_path(lambda path, x: str(path[0]), Line(1, 2)).b
    '.b'
    """

    def without_keys(node: Any) -> tuple[Iterable[Any], Hashable]:
        pairs, meta = flatten_with_keys(node)
        return [child for _, child in pairs], meta

    who = "register_pytree_with_keys"
    _register(who, nodetype, flatten_func or without_keys, unflatten_func, flatten_with_keys)


def register_pytree_node_class(cls: Class) -> Class:
    """Class decorator: nodes through the methods `tree_flatten` and `tree_unflatten`.

    Raises:
        ArgumentError: the class lacks these methods, or is a node already.

    >>> from oxmlx import tree
    >>> @tree.register_pytree_node_class
    ... class Scaled:
    ...     def __init__(self, x, by):
    ...         self.x, self.by = x, by
    ...     def tree_flatten(self):
    ...         return (self.x,), self.by
    ...     @classmethod
    ...     def tree_unflatten(cls, by, children):
    ...         return cls(*children, by)
    >>> tree.structure(Scaled(1.0, by=3))
    PyTreeDef(CustomNode(Scaled[3], [*]))
    """
    who = "register_pytree_node_class"
    _check_methods(who, cls, "tree_flatten", "tree_unflatten")
    _register(who, cls, methodcaller("tree_flatten"), cls.tree_unflatten)
    return cls


def register_pytree_with_keys_class(cls: Class) -> Class:
    """Class decorator: nodes through the methods `tree_flatten_with_keys` and `tree_unflatten`.

    Raises:
        ArgumentError: the class lacks these methods, or is a node already.

    >>> from oxmlx import tree
    >>> @tree.register_pytree_with_keys_class
    ... class Named:
    ...     def __init__(self, x):
    ...         self.x = x
    ...     def tree_flatten_with_keys(self):
    ...         return ((tree.GetAttrKey("x"), self.x),), None
    ...     @classmethod
    ...     def tree_unflatten(cls, _, children):
    ...         return cls(*children)
    >>> tree.leaves_with_path(Named(3))
    [((GetAttrKey(name='x'),), 3)]
    """
    who = "register_pytree_with_keys_class"
    _check_methods(who, cls, "tree_flatten_with_keys", "tree_unflatten")
    flatten = methodcaller("tree_flatten") if hasattr(cls, "tree_flatten") else None
    with_keys = methodcaller("tree_flatten_with_keys")
    register_pytree_with_keys(cls, with_keys, cls.tree_unflatten, flatten)
    return cls


def register_dataclass(
    nodetype: Class,
    data_fields: Sequence[str] | None = None,
    meta_fields: Sequence[str] | None = None,
    drop_fields: Sequence[str] = (),
) -> Class:
    """Make a dataclass a node; usable as a decorator.

    Args:
        nodetype: the class; rebuilt by calling it with the fields as keywords.
        data_fields: the fields that are children. By default all that are not static.
        meta_fields: the fields that are metadata. By default those declared with `tree.static`.
        drop_fields: fields that are neither; the class supplies them when it is called.

    Raises:
        ArgumentError: the fields are not exactly those of the class, once each; or the class is a
            node already.

    >>> from dataclasses import dataclass
    >>> from oxmlx import tree
    >>> @tree.register_dataclass
    ... @dataclass
    ... class Dense:
    ...     weight: float
    ...     bias: float
    ...     activation: str = tree.static(default="relu")
    >>> tree.map(lambda x: -x, Dense(1.0, 2.0))
    Dense(weight=-1.0, bias=-2.0, activation='relu')
    """
    who = "register_dataclass"
    data, meta = _data_and_meta(who, nodetype, data_fields, meta_fields)
    _check_fields(who, nodetype, data + meta, drop_fields)
    get_data, get_meta = getter(data), getter(meta)

    def flatten(node: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        return get_data(node), get_meta(node)

    def unflatten(meta_values: tuple[Any, ...], children: tuple[Any, ...]) -> Any:
        return nodetype(**dict(zip(data + meta, (*children, *meta_values), strict=True)))

    attributes = tuple(map(GetAttrKey, data))
    cached = getattr(nodetype, "tree_flatten_cached", None)
    registry.add(
        who,
        Kind(
            nodetype,
            flatten,
            unflatten,
            lambda meta, n: attributes,
            flatten_cached=cached,
            meta_names=lambda: meta,
        ),
    )
    return nodetype


def register_static(cls: Class) -> Class:
    """Class decorator: an instance is a node without children, all of it metadata.

    Raises:
        ArgumentError: the class is a node already.

    >>> from oxmlx import tree
    >>> @tree.register_static
    ... class Mode(str):
    ...     pass
    >>> tree.leaves({"mode": Mode("train"), "x": 1.0})
    [1.0]
    """
    _register("register_static", cls, lambda node: ((), node), lambda node, _: node)
    return cls


def static(**kwargs: Any) -> Any:
    """A dataclass field that is metadata: `dataclasses.field` for `register_dataclass`.

    >>> static(default=1).metadata["static"]
    True
    """
    kwargs["metadata"] = {**kwargs.get("metadata", {}), "static": True}
    return dataclasses.field(**kwargs)


def _register(
    who: str,
    cls: Any,
    flatten_func: Callable[[Any], Any],
    unflatten_func: Callable[[Any, Any], Any],
    flatten_with_keys: Callable[[Any], tuple[KeyedChildren, Any]] | None = None,
) -> None:
    """Register functions of a user, who may return any iterable of children."""
    if not isinstance(cls, type):
        raise ArgumentError(who, f"got {cls!r}, which is not a class")

    def flatten(node: Any) -> tuple[tuple[Any, ...], Any]:
        pair = flatten_func(node)
        try:
            children, meta = pair
        except (TypeError, ValueError) as error:
            raise TreeError(
                "tree.flatten",
                f"the flatten function of {cls!r} returned {pair!r}",
                "It must return a pair (children, metadata).",
            ) from error
        return tuple(children), meta

    cached = getattr(cls, "tree_flatten_cached", None)
    registry.add(
        who,
        Kind(
            cls,
            flatten,
            unflatten_func,
            flatten_with_keys=flatten_with_keys,
            flatten_cached=cached,
        ),
    )


def _check_methods(who: str, cls: type[Any], *names: str) -> None:
    if missing := [name for name in names if not hasattr(cls, name)]:
        raise ArgumentError(who, f"{cls!r} lacks {', '.join(missing)}")


def _data_and_meta(
    who: str,
    nodetype: type[Any],
    data_fields: Sequence[str] | None,
    meta_fields: Sequence[str] | None,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if data_fields is not None and meta_fields is not None:
        return tuple(data_fields), tuple(meta_fields)
    if data_fields is not None or meta_fields is not None:
        given = "meta_fields" if data_fields is None else "data_fields"
        raise ArgumentError(who, f"got {given} alone", "Give data_fields and meta_fields, or none.")
    if not dataclasses.is_dataclass(nodetype):
        raise ArgumentError(
            who, f"{nodetype!r} is not a dataclass", "Give data_fields and meta_fields."
        )
    fields = dataclasses.fields(nodetype)
    meta = tuple(f.name for f in fields if f.metadata.get("static", False))
    return tuple(f.name for f in fields if f.name not in meta), meta


def _check_fields(
    who: str, nodetype: type[Any], named: tuple[str, ...], dropped: Sequence[str]
) -> None:
    if twice := sorted({name for name in named if named.count(name) > 1}):
        raise ArgumentError(
            who,
            f"the fields {twice} of {nodetype!r} are named twice",
            "A field is either data or metadata.",
        )
    if not dataclasses.is_dataclass(nodetype):
        return
    wanted = {f.name for f in dataclasses.fields(nodetype) if f.init} - set(dropped)
    if missing := sorted(wanted.difference(named)):
        raise ArgumentError(
            who,
            f"the fields {missing} of {nodetype!r} are neither data nor metadata",
            "Name them in data_fields, meta_fields or drop_fields.",
        )
    if unknown := sorted(set(named) - wanted):
        raise ArgumentError(who, f"{nodetype!r} takes no fields {unknown} when it is rebuilt")


def getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """A function of an instance that returns the tuple of these attributes."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda node: tuple([getattr(node, name) for name in names])
