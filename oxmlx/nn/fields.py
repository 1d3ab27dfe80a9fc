"""Which fields of a struct are children of the pytree and which are static: annotations decide."""

from __future__ import annotations

import builtins
import dataclasses
import inspect
import re
import sys
import types
import typing
from collections import OrderedDict, defaultdict, deque
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Annotated, Any, ForwardRef, NamedTuple, TypeVar
from weakref import WeakValueDictionary

import numpy as np

from oxmlx.ir.value import Value
from oxmlx.source import is_internal
from oxmlx.tree import is_tree_node
from oxmlx.tree.registering import getter

CONTAINERS = (tuple, list, dict, OrderedDict, defaultdict, deque, Sequence, Mapping)
UNIONS = (typing.Union, types.UnionType)


def static(**kwargs: Any) -> Any:
    """A field that is metadata whatever its annotation says; arguments as `dataclasses.field`.

    >>> import oxmlx as ox
    >>> class Scaled(ox.nn.Module):
    ...     x: ox.Array
    ...     by: object = ox.nn.static(default=2)
    >>> len(ox.tree.leaves(Scaled(ox.numpy.ones(3))))
    1
    """
    return declare("static", kwargs)


def child(**kwargs: Any) -> Any:
    """A field that is a child whatever its annotation says; arguments as `dataclasses.field`.

    >>> import oxmlx as ox
    >>> class Wrapped(ox.nn.Module):
    ...     inner: object = ox.nn.child()
    >>> ox.tree.leaves(Wrapped({"a": 1.0}))
    [array(1., dtype=float32)]
    """
    return declare("child", kwargs)


def buffer(*, persistent: bool = True, **kwargs: Any) -> Any:
    """A field of arrays that are not parameters: running statistics, tables.

    Args:
        persistent: whether `state_dict` has it.
        kwargs: as for `dataclasses.field`.

    >>> import oxmlx as ox
    >>> class Centre(ox.nn.Module):
    ...     weight: ox.Array
    ...     mean: ox.Array = ox.nn.buffer()
    >>> m = Centre(ox.numpy.ones(2), ox.numpy.zeros(2))
    >>> list(m.parameters()), list(m.buffers()), len(ox.tree.leaves(m))
    (['weight'], ['mean'], 2)
    """
    return declare("buffer" if persistent else "transient", kwargs)


def declare(role: str, kwargs: dict[str, Any]) -> Any:
    """A dataclass field that says its role."""
    return dataclasses.field(**kwargs, metadata={"role": role})


class Layout(NamedTuple):
    """The fields of a class by role; buffers are children too, and transient ones are buffers."""

    children: tuple[str, ...]
    static: tuple[str, ...]
    buffers: frozenset[str]
    transient: frozenset[str]
    get_children: Any
    get_static: Any


structs: WeakValueDictionary[str, type] = WeakValueDictionary()
"""The latest class of each name: annotations may name one that is local to a function."""

_layouts: dict[type, Layout] = {}


def layout_of(cls: type) -> Layout:
    """The fields of `cls` by role, worked out when it is first used: by then names are known."""
    layout = _layouts.get(cls)
    if layout is None:
        roles = {f.name: role_of(f, cls) for f in dataclasses.fields(cls)}
        children = tuple(name for name, role in roles.items() if role != "static")
        fixed = tuple(name for name, role in roles.items() if role == "static")
        layout = _layouts[cls] = Layout(
            children,
            fixed,
            frozenset(name for name, role in roles.items() if role in ("buffer", "transient")),
            frozenset(name for name, role in roles.items() if role == "transient"),
            getter(children),
            getter(fixed),
        )
    return layout


def role_of(field: dataclasses.Field[Any], cls: type) -> str:
    """What the field was declared to be, or what its annotation makes it."""
    declared = field.metadata.get("role")
    if declared is not None:
        return declared
    owner = next(c for c in cls.__mro__ if field.name in inspect.get_annotations(c))
    return "child" if holds_arrays(field.type, owner) else "static"


def holds_arrays(annotation: Any, owner: type) -> bool:
    """Does the annotation speak of arrays or modules, or of a container of them?"""
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        annotation = evaluate(annotation, owner)
    if isinstance(annotation, TypeVar):
        bounds = (annotation.__bound__, *annotation.__constraints__)
        return any(holds_arrays(t, owner) for t in bounds)
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        return holds_arrays(typing.get_args(annotation)[0], owner)
    if origin in UNIONS or origin in CONTAINERS:
        return any(holds_arrays(t, owner) for t in typing.get_args(annotation))
    cls = origin or annotation
    if not isinstance(cls, type) or cls in CONTAINERS or cls is types.NoneType:
        return False
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return any(holds_arrays(t, cls) for t in inspect.get_annotations(cls).values())
    return issubclass(cls, (Value, np.ndarray)) or is_tree_node(cls)


class Unknown:
    """Stands for a name that is not defined while the program runs: it is no array."""

    def __class_getitem__(cls, _: Any) -> type[Unknown]:
        return cls


_scopes: dict[type, dict[str, Any]] = {}


def remember_scope(cls: type, frame: FrameType | None) -> None:
    """Note what the names in postponed annotations mean where the class statement runs."""
    while frame is not None and (
        is_internal(frame.f_code) or frame.f_globals.get("__name__") != cls.__module__
    ):
        frame = frame.f_back
    annotations = inspect.get_annotations(cls).values()
    names = re.findall(r"[^\W\d]\w*", " ".join(a for a in annotations if isinstance(a, str)))
    if frame is not None:
        known = {**frame.f_globals, **frame.f_locals}
        _scopes[cls] = {name: known[name] for name in names if name in known}


class Names(dict[str, Any]):
    """What a name in an annotation of `owner` means: where that is written, or in its module by
    now, else among the structs."""

    def __init__(self, owner: type) -> None:
        module = sys.modules.get(owner.__module__, builtins)
        super().__init__(vars(builtins) | vars(module) | _scopes.get(owner, {}))

    def __missing__(self, name: str) -> Any:
        return structs.get(name, Unknown)


def evaluate(annotation: str, owner: type) -> Any:
    """The type that a postponed annotation denotes."""
    try:
        return eval(annotation, {}, Names(owner))
    except (AttributeError, TypeError, SyntaxError):
        return Unknown
