"""vmap on pytrees."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from oxmlx import tree
from oxmlx.api.arguments import as_values, flatten_values
from oxmlx.api.boundary import boundary
from oxmlx.api.mapped_axes import IN, OUT, canonical_axis, form, mapped_size, place, prefix
from oxmlx.control.callables import check_callable
from oxmlx.errors import ArgumentError
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
    check_callable("vmap", fun)
    if isinstance(in_axes, list):
        in_axes = tuple(in_axes)

    @boundary
    @functools.wraps(fun)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        if isinstance(in_axes, tuple) and len(in_axes) != len(args):
            problem = f"in_axes has {len(in_axes)} items for {len(args)} positional arguments"
            raise ArgumentError("vmap", problem, form(IN, (0,) * len(args)))
        leaves, in_tree = tree.flatten((args, kwargs))
        axes = prefix(in_axes, args, IN)
        axes += [0] * (len(leaves) - len(axes))
        xs = as_values(leaves, in_tree, [d is not None for d in axes], "vmap")
        dims = [canonical_axis(IN, xs, k, d, 0, in_tree) for k, d in enumerate(axes)]
        size = mapped_size(xs, dims, in_tree, axis_size)
        trees: list[Any] = []

        def flat(*values: Any) -> list[Any]:
            inner_args, inner_kwargs = in_tree.unflatten(values)
            leaves, out_tree = flatten_values(fun(*inner_args, **inner_kwargs), "vmap")
            trees.append(out_tree)
            return leaves

        outs, out_dims = vmap_flat(flat, xs, dims, MappedAxis(size, axis_name))
        out_tree = trees[0]
        wanted = prefix(out_axes, out_tree.unflatten(outs), OUT)
        pairs = zip(out_dims, wanted, strict=True)
        results = [place(outs, k, d, w, size, out_tree) for k, (d, w) in enumerate(pairs)]
        return out_tree.unflatten(results)

    return mapped
