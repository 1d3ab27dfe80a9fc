"""A dict that does not change, so that a module which holds one may cache its leaves."""

from __future__ import annotations

from typing import Any, NoReturn

from oxmlx import tree
from oxmlx.errors import ImmutableError


class FrozenDict(dict[str, Any]):
    """An immutable dict, a pytree node with sorted keys.

    >>> FrozenDict(a=1) | {"b": 2}
    {'a': 1, 'b': 2}
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self),)


def refuse(self: FrozenDict, *_: Any, **__: Any) -> NoReturn:
    """What takes the place of every method that would change the dict."""
    raise ImmutableError(
        "FrozenDict",
        "the dict of a module cannot be changed",
        "Make another module: model.replace(field={**model.field, key: value}).",
    )


METHODS = "__setitem__ __delitem__ __ior__ clear pop popitem setdefault update"
for method in METHODS.split():
    setattr(FrozenDict, method, refuse)


def flatten(node: FrozenDict) -> tuple[list[tuple[Any, Any]], tuple[str, ...]]:
    """The values with their keys, in order."""
    keys = sorted(node)
    return [(tree.DictKey(key), node[key]) for key in keys], tuple(keys)


def unflatten(keys: tuple[str, ...], values: tuple[Any, ...]) -> FrozenDict:
    """The dict of these keys and values."""
    return FrozenDict(zip(keys, values, strict=True))


tree.register_pytree_with_keys(FrozenDict, flatten, unflatten)
