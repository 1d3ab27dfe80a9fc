"""Key paths: how a child is reached from its node, and how a path prints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

KeyPath = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class SequenceKey:
    """The position of a child in a tuple or a list.

    >>> print(SequenceKey(1))
    [1]
    """

    idx: int

    def __str__(self) -> str:
        return f"[{self.idx!r}]"


@dataclass(frozen=True, slots=True)
class DictKey:
    """The key of a child in a dict.

    >>> print(DictKey("weight"))
    ['weight']
    """

    key: Any

    def __str__(self) -> str:
        return f"[{self.key!r}]"


@dataclass(frozen=True, slots=True)
class GetAttrKey:
    """The attribute that holds a child.

    >>> print(GetAttrKey("weight"))
    .weight
    """

    name: str

    def __str__(self) -> str:
        return f".{self.name}"


@dataclass(frozen=True, slots=True)
class FlattenedIndexKey:
    """The position of a child of a class that was registered without keys.

    >>> print(FlattenedIndexKey(0))
    [<flat index 0>]
    """

    key: int

    def __str__(self) -> str:
        return f"[<flat index {self.key}>]"


def keystr(keys: Iterable[Any], *, simple: bool = False, separator: str = "") -> str:
    """Print a key path; `simple` leaves out the brackets, dots and quotes.

    >>> path = (DictKey("layers"), SequenceKey(1), GetAttrKey("weight"))
    >>> keystr(path)
    "['layers'][1].weight"
    >>> keystr(path, simple=True, separator=".")
    'layers.1.weight'
    """
    return separator.join(map(_bare if simple else str, keys))


def _bare(key: Any) -> str:
    match key:
        case SequenceKey(name) | DictKey(name) | GetAttrKey(name) | FlattenedIndexKey(name):
            return str(name)
        case _:
            return str(key)
