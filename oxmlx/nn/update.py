"""Parameters as nested dicts, and modules made anew from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from oxmlx.errors import TreeError
from oxmlx.nn.fields import layout_of
from oxmlx.nn.frozendict import FrozenDict
from oxmlx.nn.naming import Entry, join
from oxmlx.nn.struct import Struct, with_fields

NOTHING: Any = object()


def nested(node: Struct, keep: Callable[[Entry], bool]) -> dict[str, Any]:
    """The arrays for which `keep(entry)` holds, as dicts of fields and lists of items.

    A field without any is left out; an item of a sequence stays, as an empty dict.
    """

    def walk(x: Any, name: str, owner: Struct, field: str) -> Any:
        if isinstance(x, Struct):
            return whole(x, name)
        if isinstance(x, tuple):
            items = [walk(item, f"{name}.{k}", owner, field) for k, item in enumerate(x)]
            return [{} if item is NOTHING else item for item in items] if any_of(items) else NOTHING
        if isinstance(x, dict):
            items = {key: walk(item, f"{name}.{key}", owner, field) for key, item in x.items()}
            found = {key: item for key, item in items.items() if any_of([item])}
            return found or NOTHING
        return x if x is not None and keep(Entry(name, x, owner, field)) else NOTHING

    def whole(x: Struct, name: str) -> dict[str, Any]:
        fields = layout_of(type(x)).children
        items = {f: walk(getattr(x, f), join(name, f), x, f) for f in fields}
        return {f: item for f, item in items.items() if any_of([item])}

    return whole(node, "")


def any_of(items: Sequence[Any]) -> bool:
    """Is there anything but nothing and empty dicts?"""
    return any(not (item is NOTHING or (type(item) is dict and not item)) for item in items)


def updated(old: Any, new: Any, path: str = "") -> Any:
    """`old` with the parts that `new` names replaced.

    Raises:
        TreeError: `new` names what is not there.
    """
    if isinstance(old, Struct) and isinstance(new, Mapping):
        known = layout_of(type(old)).children
        return with_fields(old, update_items(old, {f: getattr(old, f) for f in known}, new, path))
    if isinstance(old, dict) and isinstance(new, Mapping):
        return FrozenDict({**old, **update_items(old, old, new, path)})
    if isinstance(old, tuple) and isinstance(new, Mapping):
        known = {str(k): x for k, x in enumerate(old)}
        return tuple({**known, **update_items(old, known, new, path)}.values())
    if isinstance(old, tuple) and isinstance(new, (list, tuple)):
        if len(new) != len(old):
            raise TreeError(
                "update",
                f"`{path}` has {len(old)} items, got {len(new)}",
                'For some of them pass a dict by position, such as {"1": new}.',
            )
        pairs = enumerate(zip(old, new, strict=True))
        return tuple(updated(x, y, f"{path}.{k}") for k, (x, y) in pairs)
    return new


def update_items(
    owner: Any, known: Mapping[str, Any], new: Mapping[str, Any], path: str
) -> dict[str, Any]:
    """The items of `new`, each the update of the one of that name."""
    out: dict[str, Any] = {}
    for key, value in undotted(new).items():
        name = str(key)
        if known.get(name) is None:
            raise TreeError(
                "update",
                f"`{join(path, name)}` is no parameter or module of this {type(owner).__name__}",
                f"It has {', '.join(k for k, x in known.items() if x is not None) or 'none'}.",
            )
        out[name] = updated(known[name], value, join(path, name))
    return out


def undotted(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Dotted names as nested dicts: {"a.b": x} is {"a": {"b": x}}."""
    if not any("." in str(key) for key in values):
        return values
    out: dict[str, Any] = {}
    for key, value in values.items():
        head, _, rest = str(key).partition(".")
        if rest:
            out.setdefault(head, {})[rest] = value
        else:
            out[head] = value
    return out
