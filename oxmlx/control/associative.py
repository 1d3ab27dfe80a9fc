"""`associative_scan`: all prefixes of a sequence under an associative operation, in log n steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oxmlx import tree
from oxmlx.errors import AxisError, ShapeError
from oxmlx.ops.convert import as_value
from oxmlx.ops.cumulative import associative_scan as prefixes

Elements = tuple[Any, ...]


def associative_scan(
    fn: Callable[[Any, Any], Any], elems: Any, reverse: bool = False, axis: int = 0
) -> Any:
    """All prefixes x₀, x₀ ⊕ x₁, x₀ ⊕ x₁ ⊕ x₂, … along an axis, in about 2 log₂ n applications of ⊕.

    Args:
        fn: the associative operation ⊕ on pytrees of arrays, elementwise along `axis`.
        elems: a pytree of arrays with the same extent along `axis`.
        reverse: suffixes instead.
        axis: the axis to go along.

    Returns:
        A pytree like `elems`.

    Raises:
        ShapeError: extents along the axis differ.

    Reference: G. E. Blelloch, Prefix sums and their applications, CMU-CS-90-190 (1990).

    >>> import oxmlx as ox
    >>> ox.lax.associative_scan(lambda a, b: a + b, ox.numpy.arange(4))
    array([0, 1, 3, 6], dtype=int32)
    """
    leaves, treedef = tree.flatten(elems)
    xs = [as_value(x, "associative_scan") for x in leaves]
    for x in xs:
        if not -x.ndim <= axis < x.ndim:
            raise AxisError(
                "associative_scan",
                f"got axis {axis} for an array of type {x.aval}",
                "Pass an axis that every array has.",
            )
    sizes = {x.shape[axis] for x in xs}
    if len(sizes) > 1:
        raise ShapeError(
            "associative_scan",
            f"extents along axis {axis} differ: {sorted(sizes)}",
            "Every array of the tree must have the same extent along it.",
        )

    def combine(a: Elements, b: Elements) -> Elements:
        out = tree.leaves(fn(treedef.unflatten(a), treedef.unflatten(b)))
        return tuple(as_value(x, "associative_scan") for x in out)

    if not xs:
        return elems
    return treedef.unflatten(prefixes(combine, tuple(xs), axis % xs[0].ndim, reverse))
