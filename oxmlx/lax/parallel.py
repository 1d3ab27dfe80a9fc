"""Collectives that are made of others."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from oxmlx import tree
from oxmlx.errors import ArgumentError
from oxmlx.lax.slicing import index_in_dim
from oxmlx.ops.collective import all_gather, all_to_all, axis_size, ppermute


def pshuffle(x: Any, axis_name: Hashable, perm: Sequence[int]) -> Any:
    """Element i of a named axis gets the value of element `perm[i]`.

    Args:
        x: a pytree of arrays.
        axis_name: the name that a `vmap` around us gave to its axis.
        perm: a permutation.

    Raises:
        ArgumentError: it is none.
        AxisError: no vmap around us has an axis of this name.

    >>> import oxmlx as ox
    >>> f = ox.vmap(lambda x: ox.lax.pshuffle(x, "i", [2, 0, 1]), axis_name="i")
    >>> f(ox.array([10, 20, 30]))
    array([30, 10, 20], dtype=int32)
    """
    sources = [int(k) for k in perm]
    if sorted(sources) != list(range(axis_size(axis_name))):
        problem = f"perm must name each of the {axis_size(axis_name)} elements once, got {sources}"
        raise ArgumentError("lax.pshuffle", problem)
    return ppermute(x, axis_name, [(source, k) for k, source in enumerate(sources)])


def pswapaxes(x: Any, axis_name: Hashable, axis: int) -> Any:
    """Exchange a named axis with an axis of `x`, which has the same extent.

    Args:
        x: a pytree of arrays.
        axis_name: the name that a `vmap` around us gave to its axis.
        axis: the axis.

    >>> import oxmlx as ox
    >>> x = ox.array([[1, 2], [3, 4]])
    >>> ox.vmap(lambda row: ox.lax.pswapaxes(row, "i", 0), axis_name="i")(x)
    array([[1, 3],
           [2, 4]], dtype=int32)
    """
    return all_to_all(x, axis_name, axis, axis)


def pbroadcast(x: Any, axis_name: Hashable, source: int) -> Any:
    """The value of one element of a named axis, for each of them.

    Args:
        x: a pytree of arrays.
        axis_name: the name that a `vmap` around us gave to its axis.
        source: which element.

    Raises:
        ArgumentError: there is no such element.
        AxisError: no vmap around us has an axis of this name.

    >>> import oxmlx as ox
    >>> x = ox.array([10, 20, 30])
    >>> ox.vmap(lambda x: ox.lax.pbroadcast(x, "i", 1), axis_name="i")(x)
    array([20, 20, 20], dtype=int32)
    """
    size = axis_size(axis_name)
    if not 0 <= source < size:
        problem = f"source must lie in [0, {size}), got {source}"
        raise ArgumentError("lax.pbroadcast", problem)
    every = all_gather(x, axis_name)
    return tree.map(lambda y: index_in_dim(y, source, keepdims=False), every)
