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

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise ImmutableError(
            "FrozenDict",
            "the dict of a module cannot be changed",
            "Make another module: model.replace(field={**model.field, key: value}).",
        )

    __setitem__ = __delitem__ = __ior__ = _refuse  # type: ignore[assignment]
    clear = pop = popitem = setdefault = update = _refuse  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self),)


def flatten(node: FrozenDict) -> tuple[list[tuple[Any, Any]], tuple[str, ...]]:
    """The values with their keys, in order."""
    keys = sorted(node)
    return [(tree.DictKey(key), node[key]) for key in keys], tuple(keys)


def unflatten(keys: tuple[str, ...], values: tuple[Any, ...]) -> FrozenDict:
    """The dict of these keys and values."""
    return FrozenDict(zip(keys, values, strict=True))


tree.register_pytree_with_keys(FrozenDict, flatten, unflatten)
