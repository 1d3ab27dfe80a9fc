"""What a function calls its arguments, for messages about them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from itertools import count, islice
from typing import Any

from oxmlx import tree

BY_PLACE = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD


def name_at(fun: Callable[..., Any], place: int) -> str:
    """The name of the argument at a position; `#1` where Python knows none."""
    try:
        parameters = inspect.signature(fun).parameters.values()
    except (TypeError, ValueError):  # a function of C
        return f"#{place}"
    for k, p in enumerate(parameters):
        if p.kind is inspect.Parameter.VAR_POSITIONAL:
            return f"{p.name}[{place - k}]"
        if k == place and p.kind in BY_PLACE:
            return p.name
    return f"#{place}"


def moving_name(fun: Callable[..., Any], static: Collection[int], k: int) -> str:
    """The name of the k-th positional argument that is not static."""
    places = (place for place in count() if place not in static)
    return name_at(fun, next(islice(places, k, None)))


def argument_name(fun: Callable[..., Any], static: Collection[int], path: tree.KeyPath) -> str:
    """A leaf of (args, kwargs), the static ones left out, as the user calls it: x['w'][0]."""
    where, first, *rest = path
    by_place = where == tree.SequenceKey(0)
    name = moving_name(fun, static, first.idx) if by_place else first.key
    return f"{name}{tree.keystr(tuple(rest))}"
