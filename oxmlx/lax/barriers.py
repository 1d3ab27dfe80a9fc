"""Functions that tell a compiler of JAX what ours need not be told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oxmlx import tree
from oxmlx.control import composite as composites
from oxmlx.lax.arguments import Array, ArrayLike, value


def optimization_barrier(operand: Any, /) -> Any:
    """A pytree of arrays as it is.

    Nothing here moves equations in a way that could be forbidden: rematerialised ones are kept
    apart by `ox.checkpoint` itself.

    >>> import oxmlx as ox
    >>> ox.lax.optimization_barrier((ox.array([1, 2]), 3.0))
    (array([1, 2], dtype=int32), array(3., dtype=float32))
    """
    return tree.map(lambda x: value(x, "lax.optimization_barrier"), operand)


def stage(x: ArrayLike, /) -> Array:
    """An array as it is; a number as one.

    >>> import oxmlx as ox
    >>> ox.lax.stage(3)
    array(3, dtype=int32)
    """
    return value(x, "lax.stage")


def composite(
    decomposition: Callable[..., Any], name: str, version: int = 0
) -> Callable[..., Any]:
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
