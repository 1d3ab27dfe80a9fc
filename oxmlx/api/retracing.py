"""What a trace depends on, and why a function is traced again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from itertools import islice
from types import NoneType
from typing import Any, NamedTuple

import numpy as np

from oxmlx import tree
from oxmlx.api.naming import moving_name, name_at
from oxmlx.ir.aval import Aval
from oxmlx.ir.primitive import param_key

MOST = 3  # differences that are worth reading


class Signature(NamedTuple):
    """What a trace depends on: a cache key, in parts that a retrace can be explained by."""

    tree: tree.PyTreeDef
    avals: tuple[Aval, ...]
    static: tuple[tuple[str, Hashable], ...]
    around: tuple[bool, tuple[tuple[Any, int], ...]]


class Part(NamedTuple):
    """A piece of the arguments: its structure, and the types of its leaves."""

    tree: tree.PyTreeDef
    avals: Sequence[Aval]

    def children(self) -> dict[Any, Part]:
        """The pieces that it is made of, by key."""
        kind, meta, subs = self.tree.kind, self.tree.meta, self.tree.subs
        avals = iter(self.avals)
        parts = [Part(sub, [*islice(avals, sub.num_leaves)]) for sub in subs]
        return dict(zip(kind.keys(meta, len(subs)), parts, strict=True)) if kind else {}

    def __str__(self) -> str:
        if self.tree.kind is None:
            return f"{self.avals[0]}{' (weak)' * self.avals[0].weak}"
        cls = self.tree.kind.cls
        return "None" if cls is NoneType else f"{cls.__name__} of {len(self.tree.subs)}"


Given = tuple[str, Any]
"""How an argument was passed, and what it was: a Part, or the key of a static value."""


def explain(
    label: str,
    fun: Callable[..., Any],
    static: Collection[int],
    known: Sequence[Signature],
    new: Signature,
) -> str:
    """Where `new` differs from the earlier signature that is most like it.

    Args:
        label: what errors call the function.
        static: the positions of its static arguments.
        known: the earlier signatures, the latest one last.
    """
    every = [[*differences(fun, static, old, new)] for old in reversed(known)]
    nearest = min(every, key=len)
    more = [f"and {len(nearest) - MOST} more"] if len(nearest) > MOST else []
    return f"jit traces {label} again: " + "; ".join([*nearest[:MOST], *more])


def differences(
    fun: Callable[..., Any], static: Collection[int], old: Signature, new: Signature
) -> Iterator[str]:
    """Everything in which two signatures differ, by the names of the arguments."""
    before, now = (arguments(fun, static, s) for s in (old, new))
    for name in {**before, **now}:
        yield from argument_differences(name, before.get(name), now.get(name))
    (check, axes), (check_now, axes_now) = old.around, new.around
    if check != check_now:
        yield was_now("the check switch", str(check), str(check_now))
    if axes != axes_now:
        yield f"the axes mapped around it were {dict(axes)}, now {dict(axes_now)}"


def arguments(fun: Callable[..., Any], static: Collection[int], s: Signature) -> dict[str, Given]:
    """The arguments of a signature by name."""
    found: dict[str, Given] = {}
    for name, key in s.static:
        by_place = name.startswith("#")
        name = name_at(fun, int(name[1:])) if by_place else name
        found[f"static argument {name}"] = "by position" if by_place else "by name", key
    by_position, by_name = Part(s.tree, s.avals).children().values()
    for key, part in by_position.children().items():
        name = moving_name(fun, static, key.idx)
        found[f"argument {name}"] = "by position", part
    for key, part in by_name.children().items():
        found[f"argument {key.key}"] = "by name", part
    return found


def argument_differences(name: str, old: Given | None, new: Given | None) -> Iterator[str]:
    """How one argument differs."""
    if old is None or new is None:
        yield was_now(name, *("left out" if x is None else shown(x[1]) for x in (old, new)))
        return
    if old[0] != new[0]:
        yield was_now(name, f"passed {old[0]}", new[0])
    if isinstance(old[1], Part):
        yield from part_differences(name, old[1], new[1])
    elif old[1] != new[1]:
        yield was_now(name, shown(old[1]), shown(new[1]))


def part_differences(name: str, old: Part, new: Part) -> Iterator[str]:
    """How a piece of an argument differs, node by node."""
    kind = new.tree.kind
    if kind is not old.tree.kind or kind is None:
        if old != new:
            yield was_now(name, str(old), str(new))
        return
    before, now = old.children(), new.children()
    for key in {**before, **now}:
        if key not in before:
            yield f"{name}{key} is new: {now[key]}"
        elif key not in now:
            yield f"{name}{key} is gone, it was {before[key]}"
        else:
            yield from part_differences(f"{name}{key}", before[key], now[key])
    if old.tree.key[1] != new.tree.key[1] and before.keys() == now.keys():
        yield from metadata_differences(name, kind, old.tree.meta, new.tree.meta)


def metadata_differences(name: str, kind: Any, old: Any, new: Any) -> Iterator[str]:
    """How the metadata of a node differs: by field, where the fields have names."""
    fields = kind.meta_names()
    if not fields:
        yield was_now(f"the metadata of {name}", brief(old), brief(new))
    for field, a, b in zip(fields, old, new, strict=False):
        if param_key(a) != param_key(b):
            yield was_now(f"{name}.{field}", brief(a), brief(b))


def was_now(name: str, old: str, new: str) -> str:
    """One difference. Two things may look alike and differ."""
    return f"{name} was {old}, now {'another ' if old == new else ''}{new}"


def shown(given: Any) -> str:
    """A Part, or a static value by its key, as `param_key` makes it."""
    if isinstance(given, Part):
        return str(given)
    cls, *rest = given
    if cls is tuple:
        return f"({', '.join(map(shown, rest))}{',' * (len(rest) == 1)})"
    if cls is float:
        return repr(float.fromhex(rest[0]))
    if cls is complex:
        return repr(complex(*map(float.fromhex, rest)))
    if issubclass(cls, (np.number, np.bool_)):
        return repr(np.frombuffer(rest[0], cls)[0])
    return brief(rest[0])


def brief(value: Any) -> str:
    """A value of the user's in a message."""
    return f"{value!r:.80}"
