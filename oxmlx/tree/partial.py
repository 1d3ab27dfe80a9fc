"""`functools.partial` as a node, whose bound arguments are children."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oxmlx.tree.registering import register_pytree_node


@dataclass(frozen=True)
class _Boxed:
    """A partial that `functools.partial` does not recognise, so that it is not taken apart."""

    func: Callable[..., Any]

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return self.func(*args, **keywords)


class Partial(functools.partial[Any]):
    """A function with bound arguments that are leaves, so that it can be an argument itself.

    Args:
        func: the function, which is metadata.
        args, keywords: the arguments bound to it, which are pytrees.

    >>> from oxmlx import tree
    >>> double = Partial(pow, 3)
    >>> tree.leaves(double), double(2)
    ([3], 9)
    >>> tree.map(lambda x: x + 1, double)(2)
    16
    """

    def __new__(cls, func: Callable[..., Any], /, *args: Any, **keywords: Any) -> Partial:
        whole = _Boxed(func) if issubclass(type(func), functools.partial) else func
        return super().__new__(cls, whole, *args, **keywords)


register_pytree_node(
    Partial,
    lambda partial: ((partial.args, partial.keywords), partial.func),
    lambda func, children: Partial(func, *children[0], **children[1]),
)
