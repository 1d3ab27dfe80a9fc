"""What to say where two trees differ."""

from __future__ import annotations

from collections import OrderedDict
from types import NoneType
from typing import Any

from oxmlx.tree.keys import KeyPath, keystr
from oxmlx.tree.registry import Kind, registry


class Mismatch(Exception):
    """At `path`, a tree has another node than the wanted one, of `kind` with `n` children."""

    def __init__(self, kind: Kind, meta: Any, n: int, tree: Any) -> None:
        super().__init__()
        self.kind, self.meta, self.n, self.tree = kind, meta, n, tree
        self.path: KeyPath = ()
        none = "None is a tree without leaves; is_leaf=lambda x: x is None makes it a leaf."
        self.advice = none if kind.cls is NoneType else ""

    def explain(self, first: str, second: str) -> str:
        """The difference in words, with names for the wanted tree and for the other one."""
        place, kind = place_of(self.path), registry[type(self.tree)]
        wanted = _node(self.kind.cls, self.meta, self.n)
        if kind is None:
            got = f"leaf of type {type(self.tree).__name__}"
        else:
            children, meta = kind.flatten(self.tree)
            got = _node(kind.cls, meta, len(children))
            if kind is self.kind and kind.cls is dict:
                sides = [(first, self.meta, meta), (second, meta, self.meta)]
                alone = [(who, [k for k in a if k not in b]) for who, a, b in sides]
                text = ", ".join(f"{who} alone has the keys {keys}" for who, keys in alone if keys)
                return f"trees differ at {place}: {text}"
        return f"trees differ at {place}: {first} has {wanted}, {second} {got}"


def place_of(path: KeyPath) -> str:
    """A key path in an error message."""
    return keystr(path) or "the root"


def _node(cls: type[Any], meta: Any, n: int) -> str:
    if cls is NoneType:
        return "None"
    if cls is dict or cls is OrderedDict:
        return f"{cls.__name__} with keys {list(meta)}"
    size = f"{cls.__name__} of {n}"
    return size if meta is None or meta == () else f"{size} with metadata {meta!r}"
