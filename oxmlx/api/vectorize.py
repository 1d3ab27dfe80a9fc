"""vmap on pytrees."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from oxmlx import tree
from oxmlx.api.arguments import as_values, flatten_values
from oxmlx.api.boundary import boundary
from oxmlx.errors import ArgumentError, AxisError, ShapeError
from oxmlx.ir.aval import get_aval
from oxmlx.ops.shape import batch_axis, moveaxis
from oxmlx.transforms.vmap import MappedAxis, vmap_flat


def vmap(
    fun: Callable[..., Any],
    in_axes: int | None | Sequence[Any] = 0,
    out_axes: Any = 0,
    axis_name: Hashable = None,
    axis_size: int | None = None,
) -> Callable[..., Any]:
    """A function that maps `fun` over an axis of its arguments, all at once.

    Args:
        fun: a function of pytrees of arrays.
        in_axes: for each argument the axis to map, `None` to pass it as it is; an int for all, or
            a tuple whose items may be pytree prefixes. Keyword arguments are mapped over axis 0.
        out_axes: where the mapped axis goes in each output; a pytree prefix.
        axis_name: a name for collectives (`ox.lax.psum` and friends).
        axis_size: the extent of the axis, needed if no argument is mapped.

    Raises:
        ShapeError: mapped extents differ.
        AxisError: an argument lacks the axis.
        TreeError: in_axes or out_axes is no prefix of the arguments or outputs.

    >>> import oxmlx as ox
    >>> ox.vmap(lambda x, y: x * y, in_axes=(0, None))(ox.numpy.arange(3.0), 10.0)
    array([ 0., 10., 20.], dtype=float32)
    """
    if isinstance(in_axes, list):
        in_axes = tuple(in_axes)

    @boundary
    @functools.wraps(fun)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        if isinstance(in_axes, tuple) and len(in_axes) != len(args):
            problem = f"in_axes has {len(in_axes)} items for {len(args)} positional arguments"
            raise ArgumentError("vmap", problem, "Pass one item an argument, or one int for all.")
        leaves, in_tree = tree.flatten((args, kwargs))
        axes = prefix(in_axes, args, "in_axes", "the arguments")
        axes += [0] * (len(leaves) - len(axes))
        xs = as_values(leaves, in_tree, [d is not None for d in axes], "vmap")
        dims = [canonical_axis("in_axes", x, d, 0) for x, d in zip(xs, axes, strict=True)]
        size = mapped_size(xs, dims, in_tree, axis_size)
        trees: list[Any] = []

        def flat(*values: Any) -> list[Any]:
            inner_args, inner_kwargs = in_tree.unflatten(values)
            leaves, out_tree = flatten_values(fun(*inner_args, **inner_kwargs), "vmap")
            trees.append(out_tree)
            return leaves

        outs, out_dims = vmap_flat(flat, xs, dims, MappedAxis(size, axis_name))
        wanted = prefix(out_axes, trees[0].unflatten(outs), "out_axes", "the output")
        results = [place(*item, size) for item in zip(outs, out_dims, wanted, strict=True)]
        return trees[0].unflatten(results)

    return mapped


def prefix(axes: Any, full: Any, axes_name: str, full_name: str) -> list[Any]:
    """One axis for each leaf."""
    return tree.broadcast_prefix(
        axes, full, lambda x: x is None, who="vmap", first=axes_name, second=full_name
    )


def canonical_axis(who: str, x: Any, axis: Any, extra: int) -> int | None:
    """An axis of `x` (which gets `extra` more) as a number from 0."""
    if axis is None:
        return None
    aval = get_aval(x)
    if not isinstance(axis, int):
        raise ArgumentError("vmap", f"{who} must hold ints or None, got {axis!r}")
    if not -aval.ndim - extra <= axis < aval.ndim + extra:
        raise AxisError("vmap", f"{who} names axis {axis} of an array of type {aval}")
    return axis % (aval.ndim + extra)


def mapped_size(
    xs: Sequence[Any], dims: Sequence[int | None], in_tree: tree.PyTreeDef, size: int | None
) -> int:
    """The extent that all mapped axes agree on."""
    found = {get_aval(x).shape[d] for x, d in zip(xs, dims, strict=True) if d is not None}
    if size is not None:
        found.add(size)
    if len(found) == 1:
        return found.pop()
    if not found:
        problem = "no argument is mapped, so the extent of the axis is not known"
        raise ArgumentError("vmap", problem, "Pass axis_size=, or an in_axes that is not None.")
    paths = [tree.keystr(p[1:]) for p, _ in tree.leaves_with_path(in_tree.unflatten(xs))]
    listed = [
        f"argument{p} {get_aval(x)} axis {d}"
        for p, x, d in zip(paths, xs, dims, strict=True)
        if d is not None
    ]
    given = f" and axis_size={size}" if size is not None else ""
    raise ShapeError("vmap", f"mapped axes must have one extent, got {', '.join(listed)}{given}")


def place(x: Any, dim: int | None, wanted: Any, size: int) -> Any:
    """An output with its mapped axis where out_axes wants it."""
    if wanted is None:
        if dim is not None:
            problem = f"out_axes is None for an output that varies along the axis: {get_aval(x)}"
            raise ArgumentError("vmap", problem, "Give it an axis, or reduce it with a collective.")
        return x
    target = canonical_axis("out_axes", x, wanted, 0 if dim is not None else 1)
    assert target is not None
    return moveaxis(batch_axis(x, dim, size), 0, target)
