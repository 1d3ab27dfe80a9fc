"""The structure of a pytree: an interned word, so that equality is `is` and hashing is free."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from types import NoneType
from typing import Any

from oxmlx.errors import StaticValueError, TreeError
from oxmlx.fork import TABLES, hold
from oxmlx.tree.keys import KeyPath
from oxmlx.tree.mismatch import Mismatch, place_of
from oxmlx.tree.registry import Kind, registry


class PyTreeDef:
    """The structure of a pytree: its nodes with their metadata, and the places of its leaves.

    Equal structures are one object. Numbers in dict keys and metadata are compared by type and
    bits: `{1: x}`, `{1.0: x}` and `{True: x}` have three structures, and NaN is equal to itself.

    >>> from oxmlx import tree
    >>> treedef = tree.structure({"a": 1, "b": (2, 3)})
    >>> treedef
    PyTreeDef({'a': *, 'b': (*, *)})
    >>> treedef is tree.structure({"b": ("x", "y"), "a": "z"})
    True
    >>> treedef.num_leaves, treedef.num_nodes
    (3, 5)
    """

    __slots__ = (
        "__weakref__",
        "key",
        "kind",
        "meta",
        "num_leaves",
        "num_nodes",
        "only_leaves",
        "subs",
    )

    def __init__(
        self, kind: Kind | None, meta: Any, subs: tuple[PyTreeDef, ...], key: tuple[Any, ...]
    ) -> None:
        self.kind, self.meta, self.subs, self.key = kind, meta, subs, key
        self.num_leaves: int = 1 if kind is None else sum([sub.num_leaves for sub in subs])
        self.num_nodes: int = 1 + sum([sub.num_nodes for sub in subs])
        self.only_leaves = self.num_leaves == len(subs) == self.num_nodes - 1

    def unflatten(self, leaves: Iterable[Any]) -> Any:
        """The tree of this structure with these leaves.

        Raises:
            TreeError: there are more or fewer leaves than `num_leaves`.
        """
        values = list(leaves)
        if len(values) != self.num_leaves:
            raise self._wrong_number(len(values))
        return values[0] if self.kind is None else _build(self, iter(values))

    def flatten_up_to(self, tree: Any) -> list[Any]:
        """The subtrees that `tree` has where this structure has leaves.

        Raises:
            TreeError: `tree` differs above these leaves.

        >>> from oxmlx import tree
        >>> tree.structure([0, (0, 0)]).flatten_up_to([{"a": 1}, (2, [3])])
        [{'a': 1}, 2, [3]]
        """
        return flatten_up_to(self, tree, "PyTreeDef.flatten_up_to", "the treedef", "the tree")

    def compose(self, inner: PyTreeDef) -> PyTreeDef:
        """This structure with every leaf replaced by `inner`.

        >>> from oxmlx import tree
        >>> tree.structure([0, 0]).compose(tree.structure((0,)))
        PyTreeDef([(*,), (*,)])
        """
        if self.kind is None:
            return inner
        return make_treedef(self.kind, self.meta, tuple([sub.compose(inner) for sub in self.subs]))

    def children(self) -> list[PyTreeDef]:
        """The structures of the children of the top node."""
        return list(self.subs)

    def node_data(self) -> tuple[type[Any], Any] | None:
        """The class and the metadata of the top node; None for a leaf."""
        if self.kind is None:
            return None
        return self.kind.cls, list(self.meta) if self.kind.cls is dict else self.meta

    def paths(self) -> Iterator[KeyPath]:
        """The key path of every leaf; flat indices where only an instance knows its keys."""
        if self.kind is None:
            yield ()
        else:
            keys = self.kind.keys(self.meta, len(self.subs))
            for key, sub in zip(keys, self.subs, strict=True):
                for path in sub.paths():
                    yield (key, *path)

    def __repr__(self) -> str:
        return f"PyTreeDef({_text(self)})"

    def __reduce__(self) -> str | tuple[Any, ...]:
        if self.kind is None:
            return "LEAF"
        return _restore, (self.kind.cls, self.meta, self.subs)

    def _wrong_number(self, got: int) -> TreeError:
        problem = f"got {got} {'leaf' if got == 1 else 'leaves'} for {self.num_leaves}"
        if got < self.num_leaves:
            problem += f", none for {place_of(next(islice(self.paths(), got, None)))}"
        return TreeError("tree.unflatten", problem, f"The structure is {self}.")


class UnhashableTreeDef(PyTreeDef):
    """A structure with metadata that cannot be hashed: it compares, but cannot key a cache."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UnhashableTreeDef) and self.key == other.key

    def __hash__(self) -> int:
        culprit: PyTreeDef = self
        while unhashable := [sub for sub in culprit.subs if isinstance(sub, UnhashableTreeDef)]:
            culprit = unhashable[0]
        cls, meta = culprit.node_data() or (None, None)
        raise StaticValueError(
            "hash(PyTreeDef)",
            f"the metadata of {cls!r} cannot be hashed: {meta!r}",
            "Make it hashable (a tuple for a list), or a child instead of metadata.",
        )


LEAF = PyTreeDef(None, None, (), ())


def flatten_up_to(treedef: PyTreeDef, tree: Any, who: str, first: str, second: str) -> list[Any]:
    """The method `flatten_up_to`, for callers who name themselves and the trees in the error."""
    leaves: list[Any] = []
    try:
        _match(treedef, tree, leaves)
    except Mismatch as error:
        raise TreeError(who, error.explain(first, second), error.advice) from None
    return leaves


def _match(treedef: PyTreeDef, tree: Any, leaves: list[Any]) -> None:
    wanted, subs = treedef.kind, treedef.subs
    if wanted is None:
        leaves.append(tree)
        return
    if registry[type(tree)] is not wanted:
        raise Mismatch(wanted, treedef.meta, len(subs), tree)
    if wanted.flatten_cached is not None:
        cached = wanted.flatten_cached(tree)
        if cached is not None and cached[1] is treedef:
            leaves += cached[0]
            return
    children, meta = wanted.flatten(tree)
    if len(children) != len(subs) or not _same(meta, treedef.meta):
        raise Mismatch(wanted, treedef.meta, len(subs), tree)
    if treedef.only_leaves:
        leaves += children
        return
    for index, sub in enumerate(subs):
        if sub is LEAF:
            leaves.append(children[index])
            continue
        try:
            _match(sub, children[index], leaves)
        except Mismatch as error:
            key, _ = wanted.keyed_children(tree)[0][index]
            error.path = (key, *error.path)
            raise


def _build(treedef: PyTreeDef, leaves: Iterator[Any]) -> Any:
    kind, subs = treedef.kind, treedef.subs
    if kind is None:
        return next(leaves)
    if treedef.only_leaves:
        return kind.unflatten(treedef.meta, tuple(islice(leaves, len(subs))))
    children: list[Any] = []
    for sub in subs:
        children.append(next(leaves) if sub is LEAF else _build(sub, leaves))
    return kind.unflatten(treedef.meta, tuple(children))


class _Reference(weakref.ref[PyTreeDef]):
    """A weak reference that knows its bucket."""

    __slots__ = ("bucket",)
    bucket: int


# By hash and weakly, never by key: metadata may refer to whatever holds the treedef, and a key
# held here would keep that circle alive for ever.
_interned: dict[int, tuple[_Reference, ...]] = {}
_lock = threading.RLock()  # reentrant: the collector may run `_forget` inside `_intern`
hold(_lock, TABLES)


def make_treedef(kind: Kind, meta: Any, subs: tuple[PyTreeDef, ...]) -> PyTreeDef:
    """The structure of a node, from its metadata and the structures of its children."""
    key = (kind, None if meta is None else _exact(meta), subs)
    try:
        bucket = hash(key)
    except TypeError:
        return UnhashableTreeDef(kind, meta, subs, key)
    for reference in _interned.get(bucket, ()):
        treedef = reference()
        if treedef is not None and treedef.key == key:
            return treedef
    return _intern(bucket, PyTreeDef(kind, meta, subs, key))


def _intern(bucket: int, new: PyTreeDef) -> PyTreeDef:
    with _lock:
        for reference in _interned.get(bucket, ()):
            treedef = reference()
            if treedef is not None and treedef.key == new.key:
                return treedef
        reference = _Reference(new, _forget)
        reference.bucket = bucket
        _interned[bucket] = (*_live(bucket), reference)
        return new


def _forget(dead: Any) -> None:
    with _lock:
        rest = _live(dead.bucket)
        if rest:
            _interned[dead.bucket] = rest
        else:
            _interned.pop(dead.bucket, None)


def _live(bucket: int) -> tuple[_Reference, ...]:
    return tuple([r for r in _interned.get(bucket, ()) if r() is not None])


def _restore(cls: type[Any], meta: Any, subs: tuple[PyTreeDef, ...]) -> PyTreeDef:
    kind = registry[cls]
    if kind is None:
        raise TreeError("unpickle", f"{cls!r} is not a pytree node here", "Register it first.")
    return make_treedef(kind, meta, subs)


_STRINGS = frozenset({str})
_type_of: Callable[[Any], type[Any]] = type


def _exact(value: Any) -> Any:
    """What two pieces of metadata share when they are equal in type and bits."""
    cls = _type_of(value)
    if cls is tuple:
        if _STRINGS.issuperset(map(type, value)):
            return value
        return (tuple, *map(_exact, value))
    if cls is float or cls is complex:
        return cls, repr(value)
    return cls, value


def _same(meta: Any, other: Any) -> bool:
    return meta is other or bool(meta == other) or _exact(meta) == _exact(other)


def _text(treedef: PyTreeDef) -> str:
    if treedef.kind is None:
        return "*"
    cls, meta, parts = treedef.kind.cls, treedef.meta, [_text(sub) for sub in treedef.subs]
    joined = ", ".join(parts)
    if cls is NoneType:
        return "None"
    if cls is list:
        return f"[{joined}]"
    if cls is tuple:
        return f"({joined},)" if len(parts) == 1 else f"({joined})"
    if cls is dict:
        return "{" + ", ".join(f"{k!r}: {part}" for k, part in zip(meta, parts, strict=True)) + "}"
    head = f"namedtuple[{cls.__name__}]" if treedef.kind.implicit else f"{cls.__name__}[{meta}]"
    return f"CustomNode({head}, [{joined}])"
