"""`map`: a function of each row, one after the other or in batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oxmlx import tree
from oxmlx.api.vectorize import vmap
from oxmlx.control.scan import leading_extent, scan
from oxmlx.errors import ArgumentError
from oxmlx.lax.arguments import static_int, value
from oxmlx.ops.cumulative import between
from oxmlx.ops.shape import reshape
from oxmlx.ops.slicing import concatenate


def map(f: Callable[[Any], Any], xs: Any, *, batch_size: int | None = None) -> Any:
    """The results of `f` on the rows of arrays, stacked: a `scan` without a carry.

    Args:
        f: a function of a pytree of arrays, traced once.
        xs: a pytree of arrays with one leading extent.
        batch_size: how many rows to do at once, by `vmap`; all of them for 0. What is left over is
            a smaller batch.

    Raises:
        ShapeError: leading extents differ.
        ArgumentError: a negative batch size.

    >>> import oxmlx as ox
    >>> x = ox.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> ox.lax.map(lambda row: row[0] * row[1], x)
    array([ 2., 12., 30.], dtype=float32)
    >>> ox.lax.map(lambda row: row[0] * row[1], x, batch_size=2)
    array([ 2., 12., 30.], dtype=float32)
    """
    leaves, treedef = tree.flatten(xs)
    rows = [value(x, "lax.map") for x in leaves]
    n = leading_extent(rows, None, "lax.map")
    if batch_size is None:
        return scan(lambda carry, x: (carry, f(x)), None, xs)[1]
    size = static_int("lax.map", "batch_size", batch_size)
    if size < 0:
        raise ArgumentError("lax.map", f"batch_size must not be negative, got {size}")
    count = n // size if size else 0
    whole = count * size
    parts: list[Any] = []
    if count:
        batches = [reshape(between(x, 0, 0, whole), (count, size, *x.shape[1:])) for x in rows]
        out = scan(lambda carry, x: (carry, vmap(f)(x)), None, treedef.unflatten(batches))[1]
        parts.append(tree.map(lambda y: reshape(y, (whole, *y.shape[2:])), out))
    if n > whole or not count:
        parts.append(vmap(f)(treedef.unflatten([between(x, 0, whole, n) for x in rows])))
    return tree.map(lambda *ys: concatenate(ys, 0), *parts)
