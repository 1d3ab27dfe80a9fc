"""Order: sorted arrays, and the largest elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oxmlx.dtypes import is_float
from oxmlx.errors import DtypeError
from oxmlx.ir.value import Value
from oxmlx.lax.arguments import Array, ArrayLike, axis_of, check, static_int, value
from oxmlx.ops import sort as order
from oxmlx.ops.elementwise import neg


def sort(
    operand: ArrayLike | Sequence[ArrayLike],
    dimension: int = -1,
    is_stable: bool = True,
    num_keys: int = 1,
) -> Any:
    """Arrays sorted along an axis: NaN after numbers, -0 as 0, complex numbers by their parts.

    Args:
        operand: an array, or a sequence of arrays of one shape that are moved together.
        dimension: the axis.
        is_stable: keep the order of equals.
        num_keys: how many of the arrays, from the first on, decide on the order.

    Returns:
        An array, or a tuple of arrays.

    >>> import oxmlx as ox
    >>> ox.lax.sort(ox.array([3, 1, 2]))
    array([1, 2, 3], dtype=int32)
    >>> ox.lax.sort((ox.array([1, 0, 1]), ox.array([5, 6, 4])), num_keys=2)
    (array([0, 1, 1], dtype=int32), array([6, 4, 5], dtype=int32))
    """
    who = "lax.sort"
    several = isinstance(operand, Sequence)
    xs = [value(x, who) for x in (operand if several else (operand,))]
    check(who, [(bool(xs), "got no operand")], "Wanted one or more.")
    axis = axis_of(who, dimension, xs[0].ndim)
    outs = order.sort(xs, axis, static_int(who, "num_keys", num_keys), bool(is_stable))
    return tuple(outs) if several else outs[0]


def sort_key_val(
    keys: ArrayLike, values: ArrayLike, dimension: int = -1, is_stable: bool = True
) -> tuple[Array, Array]:
    """Keys sorted along an axis, and values moved with them.

    >>> import oxmlx as ox
    >>> ox.lax.sort_key_val(ox.array([3, 1, 2]), ox.array([0.3, 0.1, 0.2]))
    (array([1, 2, 3], dtype=int32), array([0.1, 0.2, 0.3], dtype=float32))
    """
    return sort((keys, values), dimension, is_stable)


def top_k(operand: ArrayLike, k: int, *, axis: int = -1) -> tuple[Array, Array]:
    """The k largest elements along an axis, the largest first, and their places.

    NaN is larger than numbers; of equals the first comes first.

    Raises:
        ShapeError: k is larger than the extent of the axis.

    >>> import oxmlx as ox
    >>> ox.lax.top_k(ox.array([3, 1, 2]), 2)
    (array([3, 2], dtype=int32), array([0, 2], dtype=int32))
    """
    x = value(operand, "lax.top_k")
    at = axis_of("lax.top_k", axis, x.ndim)
    return order.top_k(x, static_int("lax.top_k", "k", k), at)


def approx_max_k(
    operand: ArrayLike,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
) -> tuple[Array, Array]:
    """`top_k` of a floating array: exact, whatever the other arguments, which JAX programs pass.

    >>> import oxmlx as ox
    >>> ox.lax.approx_max_k(ox.array([3.0, 1.0, 2.0]), 2)
    (array([3., 2.], dtype=float32), array([0, 2], dtype=int32))
    """
    x = floating("lax.approx_max_k", operand)
    return top_k(x, k, axis=reduction_dimension)


def approx_min_k(
    operand: ArrayLike,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
) -> tuple[Array, Array]:
    """The k smallest elements along an axis of a floating array, and their places; see
    `approx_max_k`.

    >>> import oxmlx as ox
    >>> ox.lax.approx_min_k(ox.array([3.0, 1.0, 2.0]), 2)
    (array([1., 2.], dtype=float32), array([1, 2], dtype=int32))
    """
    x = floating("lax.approx_min_k", operand)
    values, places = top_k(neg(x), k, axis=reduction_dimension)
    return neg(values), places


def floating(who: str, x: Any) -> Value:
    """A floating array.

    Raises:
        DtypeError: it is not.
    """
    y = value(x, who)
    if not is_float(y.dtype):
        raise DtypeError(who, f"wants a floating array, got {y.aval}", "Use lax.top_k.")
    return y
