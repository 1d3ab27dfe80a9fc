"""Named equations of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oxmlx.control import composite as composites


def composite(decomposition: Callable[..., Any], name: str, version: int = 0) -> Callable[..., Any]:
    """A function as one equation of this name, which a backend may know.

    Args:
        decomposition: a function of pytrees of arrays, and of static keyword arguments.
        name: of the equation.
        version: for JAX programs.

    >>> import oxmlx as ox
    >>> double = ox.lax.composite(lambda x: x + x, "my.double")
    >>> double(ox.array([1, 2])), ox.make_jaxpr(double)(1.0).eqns[0].prim.label
    (array([2, 4], dtype=int32), 'my.double')
    """
    return composites.composite(name)(decomposition)
