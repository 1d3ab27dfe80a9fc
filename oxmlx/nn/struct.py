"""Frozen dataclasses that are pytrees, and remember how they are flattened."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy as np

from oxmlx import tree
from oxmlx.api.boundary import boundary
from oxmlx.dtypes import short_name
from oxmlx.errors import ArgumentError, ImmutableError, StaticValueError
from oxmlx.ir.value import Value
from oxmlx.nn.fields import buffer, child, layout_of, remember_scope, static, structs
from oxmlx.nn.frozendict import FrozenDict
from oxmlx.ops.convert import NUMBERS, as_value, described
from oxmlx.tree.registry import Kind, registry

if TYPE_CHECKING:
    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_: Any) -> Any:
        """Tell type checkers that fields become constructor arguments; nothing at run time."""
        return lambda cls: cls


@dataclass_transform(eq_default=False, field_specifiers=(dataclasses.field, buffer, child, static))
class Struct:
    """Base class of frozen dataclasses that are pytrees.

    A field annotated as an array, a struct or a container of them is a child; any other is static
    and must be hashable. A class may write its own `__init__`, which assigns the fields; without
    one it is that of a dataclass. Lists become tuples, and nothing changes once it has returned.

    >>> import oxmlx as ox
    >>> class Line(Struct):
    ...     a: ox.Array
    ...     b: tuple[ox.Array, ...]
    ...     name: str = "line"
    >>> line = ox.tree.map(lambda x: 2 * x, Line(1.0, [2.0, 3.0]))
    >>> line, line.b[1]
    (Line(a=f32[], b=(f32[], f32[]), name='line'), array(6., dtype=float32))
    """

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        annotations = inspect.get_annotations(cls).values()
        adds_fields = any("ClassVar" not in str(annotation) for annotation in annotations)
        own_init = "__init__" in vars(cls)
        dataclasses.dataclass(init=adds_fields and not own_init, eq=False, repr=False)(cls)
        if "__init__" in vars(cls):
            cls.__init__ = boundary(sealing(cls.__init__))
        if "__call__" in vars(cls):
            cls.__call__ = boundary(vars(cls)["__call__"])
        structs[cls.__name__] = cls
        remember_scope(cls, inspect.currentframe())
        kind = Kind(cls, flatten, functools.partial(rebuild, cls), functools.partial(keys, cls))
        names = functools.partial(static_names, cls)
        kind = dataclasses.replace(kind, flatten_cached=flatten_cached, meta_names=names)
        registry.add(cls.__name__, kind)

    def __setattr__(self, name: str, value: Any) -> None:
        who = type(self).__name__
        if "_open" not in vars(self):
            raise ImmutableError(
                who,
                f"`{name}` cannot be assigned: modules are immutable",
                f"Make another one with model.replace({name}=...), or model.update(...).",
            )
        if name not in (f.name for f in dataclasses.fields(self)):
            raise ArgumentError(
                who,
                f"`{name}` is not declared",
                f"Write `{name}: <type>` in the class body: its type says whether it is a child.",
            )
        vars(self)[name] = value

    def __delattr__(self, name: str) -> NoReturn:
        who = type(self).__name__
        raise ImmutableError(
            who,
            f"`{name}` cannot be deleted: modules are immutable",
            "Make another one with model.replace(field=None).",
        )

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_flat"}

    def replace(self, **fields: Any) -> Self:
        """The same with other values in some fields.

        Raises:
            ArgumentError: there is no such field.

        >>> import oxmlx as ox
        >>> ox.nn.Dropout(0.5).replace(p=0.1)
        Dropout(p=0.1)
        """
        layout = layout_of(type(self))
        for name in fields:
            if name not in (*layout.children, *layout.static):
                have = ", ".join((*layout.children, *layout.static))
                problem = f"there is no field `{name}` to replace"
                raise ArgumentError(type(self).__name__, problem, f"The fields are {have}.")
        new = with_fields(self, fields)
        seal(new)
        return new

    def __repr__(self) -> str:
        return show(self)


def sealing(init: Callable[..., None]) -> Callable[..., None]:
    """An `__init__` during which fields may be assigned, and after which they may not."""

    @functools.wraps(init)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        outermost = "_open" not in vars(self)
        vars(self)["_open"] = True
        init(self, *args, **kwargs)
        if outermost:
            del vars(self)["_open"]
            seal(self)

    return __init__


def with_fields(node: Any, fields: dict[str, Any]) -> Any:
    """A copy with other values in some fields, unchecked."""
    new = object.__new__(type(node))
    vars(new).update(node.__getstate__(), **fields)
    return new


def seal(node: Any) -> None:
    """Check the fields, and make what they hold immutable.

    Raises:
        ArgumentError: a field was not assigned, or a child is no array.
        StaticValueError: a static field is not hashable, or holds arrays.
    """
    cls, layout = type(node), layout_of(type(node))
    for name in (*layout.children, *layout.static):
        if not hasattr(node, name):
            problem = f"field `{name}` was not assigned"
            raise ArgumentError(cls.__name__, problem, f"Assign self.{name} in __init__.")
    for name in layout.children:
        value = getattr(node, name)
        if value is not None:
            vars(node)[name] = frozen_child(cls.__name__, name, value)
    for name in layout.static:
        check_static(cls.__name__, name, getattr(node, name))


def frozen_child(who: str, name: str, value: Any) -> Any:
    """The value of a child field: lists as tuples, dicts as frozen ones, NumPy's arrays as ours."""
    if isinstance(value, (Value, Struct)) or value is None:
        return value
    kind = type(value)
    if kind is list or kind is tuple:
        return tuple([frozen_child(who, f"{name}[{k}]", x) for k, x in enumerate(value)])
    if kind is dict or kind is FrozenDict:
        items = value.items()
        return FrozenDict({k: frozen_child(who, f"{name}[{k!r}]", x) for k, x in items})
    if isinstance(value, (np.ndarray, np.generic, *NUMBERS)):
        return as_value(value, who)
    if tree.is_tree_node(kind) or (hasattr(value, "shape") and hasattr(value, "dtype")):
        return value  # an optimizer's state, or a ShapeDtypeStruct
    raise ArgumentError(
        who,
        f"field `{name}` is a child by its annotation, and got {described(value)}",
        "Children hold arrays and modules. Wrap a function in nn.Lambda, or declare the field "
        "with nn.static().",
    )


def check_static(who: str, name: str, value: Any) -> None:
    """Refuse metadata that cannot key a cache, or that hides arrays from transformations."""
    if any(isinstance(x, (Value, np.ndarray, Struct)) for x in tree.leaves(value, is_struct)):
        raise StaticValueError(
            who,
            f"field `{name}` is static by its annotation, and holds arrays or modules",
            "Annotate it with their types, or declare it with nn.child().",
        )
    try:
        hash(value)
    except TypeError:
        raise StaticValueError(
            who,
            f"static field `{name}` must be hashable, got {described(value)}",
            "Use a tuple for a list, or annotate it as an array if it is one.",
        ) from None


def is_struct(x: Any) -> bool:
    """Is it a module, or another struct?"""
    return isinstance(x, Struct)


def flatten(node: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Children and metadata."""
    layout = layout_of(type(node))
    return layout.get_children(node), layout.get_static(node)


def flatten_cached(node: Any) -> Any:
    """Leaves and structure, remembered unless `__init__` is still running."""
    fields = vars(node)
    flat = fields.get("_flat")
    if flat is None and "_open" not in fields:
        flat = fields["_flat"] = tree.flatten_uncached(node)
    return flat


def rebuild(cls: type, meta: tuple[Any, ...], children: tuple[Any, ...]) -> Any:
    """The instance with these children, which may be any objects, and this metadata."""
    layout = layout_of(cls)
    node = object.__new__(cls)
    fields = vars(node)
    fields.update(zip(layout.children, children, strict=True))
    fields.update(zip(layout.static, meta, strict=True))
    return node


def keys(cls: type, meta: Any, n: int) -> list[Any]:
    """How the children are reached."""
    return [tree.GetAttrKey(name) for name in layout_of(cls).children]


def static_names(cls: type) -> tuple[str, ...]:
    """What the metadata is called."""
    return layout_of(cls).static


def show(x: Any, indent: str = "") -> str:
    """A struct as a call of its class, arrays as their types; one line if it fits."""
    if isinstance(x, Value) or (hasattr(x, "shape") and hasattr(x, "dtype")):
        return f"{short_name(x.dtype)}[{','.join(map(str, x.shape))}]"
    if isinstance(x, Struct):
        fields = sorted(dataclasses.fields(x), key=lambda f: not f.init)
        shown = [f.name for f in fields if f.init or getattr(x, f.name) != f.default]
        items = [(f"{name}=", getattr(x, name)) for name in shown]
        return bracket(f"{type(x).__name__}(", items, ")", indent)
    if type(x) is tuple:
        return bracket("(", [("", item) for item in x], ",)" if len(x) == 1 else ")", indent)
    if isinstance(x, dict):
        return bracket("{", [(f"{key!r}: ", item) for key, item in x.items()], "}", indent)
    return getattr(x, "__name__", None) or repr(x)


def bracket(head: str, items: list[tuple[str, Any]], tail: str, indent: str) -> str:
    """Labelled items between brackets, on one line if it fits, else one a line."""
    inner = indent + "  "
    texts = [label + show(item, inner) for label, item in items]
    line = head + ", ".join(texts) + tail
    if len(indent) + len(line) <= 88 and "\n" not in line:
        return line
    return head + "".join(f"\n{inner}{text}," for text in texts) + f"\n{indent}" + tail.lstrip(",")
