"""Which axis of each leaf `vmap` maps, and what to say when that makes no sense."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from oxmlx import tree
from oxmlx.errors import ArgumentError, AxisError, ShapeError, TreeError
from oxmlx.ir.aval import get_aval
from oxmlx.ops.shape import batch_axis, moveaxis

IN, OUT = "in_axes", "out_axes"
FORM = {
    IN: "an int for all, or a tuple with an int, None or a tree of them for each argument",
    OUT: "an int or None for all, or a tree of them like the output",
}


def prefix(axes: Any, full: Any, which: str) -> list[Any]:
    """One axis for each leaf of the arguments, or of the output.

    Raises:
        TreeError: `axes` is no prefix of that tree; the text names the path.
    """
    second = "the arguments" if which == IN else "the output"
    try:
        return tree.broadcast_prefix(
            axes, full, lambda x: x is None, who="vmap", first=which, second=second
        )
    except TreeError as e:
        raise TreeError("vmap", e.problem, form(which, tree.map(lambda _: 0, full))) from None


def form(which: str, example: Any) -> str:
    """What in_axes or out_axes must be, with an example for this call."""
    return f"It is {FORM[which]}: here, say, {which}={example!r:.200}."


def canonical_axis(
    which: str, xs: Sequence[Any], k: int, axis: Any, extra: int, treedef: tree.PyTreeDef
) -> int | None:
    """An axis of leaf `k` (which gets `extra` more) as a number from 0.

    Raises:
        ArgumentError: it is neither an int nor `None`.
        AxisError: the leaf has no such axis; the text names the path.
    """
    if axis is None:
        return None
    aval = get_aval(xs[k])
    if not isinstance(axis, int):
        problem = f"{which} must hold ints or None, got {axis!r} for {leaf_name(which, treedef, k)}"
        raise ArgumentError("vmap", problem, form(which, example_of(which, xs, treedef)))
    rank = aval.ndim + extra
    if not -rank <= axis < rank:
        problem = f"{which} names axis {axis} of {leaf_name(which, treedef, k)}, of type {aval}"
        raise AxisError("vmap", problem, form(which, example_of(which, xs, treedef)))
    return axis % rank


def leaf_name(which: str, treedef: tree.PyTreeDef, k: int) -> str:
    """What a user calls a leaf of (args, kwargs), or of the output."""
    path = tree.leaves_with_path(treedef.unflatten(range(treedef.num_leaves)))[k][0]
    return f"argument{tree.keystr(path[1:])}" if which == IN else f"output{tree.keystr(path)}"


def example_of(which: str, xs: Sequence[Any], treedef: tree.PyTreeDef) -> Any:
    """Axes that would do for these leaves: 0, or `None` for an argument that has none."""
    if which == OUT:
        return treedef.unflatten([0] * len(xs))
    return treedef.unflatten([0 if get_aval(x).ndim else None for x in xs])[0]


def mapped_size(
    xs: Sequence[Any], dims: Sequence[int | None], in_tree: tree.PyTreeDef, size: int | None
) -> int:
    """The extent that all mapped axes agree on.

    Raises:
        ArgumentError: there is none.
        ShapeError: there are several; the text names the paths.
    """
    extents = [None if d is None else get_aval(x).shape[d] for x, d in zip(xs, dims, strict=True)]
    found = {n for n in (*extents, size) if n is not None}
    if len(found) == 1:
        return found.pop()
    if not found:
        problem = "no argument is mapped, so the extent of the axis is not known"
        raise ArgumentError("vmap", problem, "Pass axis_size=, or an in_axes that is not None.")
    listed = [
        f"{leaf_name(IN, in_tree, k)} {get_aval(x)} axis {d}"
        for k, (x, d) in enumerate(zip(xs, dims, strict=True))
        if d is not None
    ]
    given = f" and axis_size={size}" if size is not None else ""
    problem = f"mapped axes must have one extent, got {', '.join(listed)}{given}"
    common = Counter(n for n in extents if n is not None).most_common(1)[0][0]
    same = [d if n == common else None for d, n in zip(dims, extents, strict=True)]
    shown = f"in_axes={in_tree.unflatten(same)[0]!r:.200}"
    advice = f"None passes an argument as it is: {shown} maps those of extent {common} alone."
    raise ShapeError("vmap", problem, advice)


def place(
    xs: Sequence[Any],
    k: int,
    dim: int | None,
    wanted: Any,
    size: int,
    out_tree: tree.PyTreeDef,
) -> Any:
    """Output `k` with its mapped axis where out_axes wants it.

    Raises:
        ArgumentError: nowhere, but the output varies along it.
    """
    x = xs[k]
    if wanted is None:
        if dim is not None:
            name = leaf_name(OUT, out_tree, k)
            problem = f"out_axes is None for {name}, which varies along the axis: {get_aval(x)}"
            raise ArgumentError("vmap", problem, "Give it an axis, or reduce it with a collective.")
        return x
    target = canonical_axis(OUT, xs, k, wanted, 0 if dim is not None else 1, out_tree)
    assert target is not None
    return moveaxis(batch_axis(x, dim, size), 0, target)
