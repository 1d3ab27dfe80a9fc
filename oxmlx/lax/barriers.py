"""Functions that return what they are given, and mean something to a transformation of JAX."""

from __future__ import annotations

from typing import Any

from oxmlx import tree
from oxmlx.lax.arguments import Array, ArrayLike, value
from oxmlx.ops import identity


def stop_gradient(x: Any) -> Any:
    """A pytree of arrays, whose derivatives are zero.

    >>> import oxmlx as ox
    >>> ox.grad(lambda x: x * ox.lax.stop_gradient(x))(3.0)
    array(3., dtype=float32)
    """
    return tree.map(lambda leaf: identity.stop_gradient(value(leaf, "lax.stop_gradient")), x)


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
