"""Skipping an update."""

from __future__ import annotations

from typing import Any, NamedTuple

from oxmlx import tree
from oxmlx.api.staging import ShapeDtypeStruct, eval_shape
from oxmlx.control.cond import cond
from oxmlx.ops.axes import full, reduce_sum
from oxmlx.ops.convert import cast
from oxmlx.ops.logic import not_, or_
from oxmlx.ops.math import is_finite
from oxmlx.ops.select import select
from oxmlx.optim.clipping import squared_norm
from oxmlx.optim.combining import check_transformation
from oxmlx.optim.leaves import as_values, cast_like
from oxmlx.optim.moments import I32, increment, zero
from oxmlx.optim.transformation import GradientTransformation, Scalar, Tree, transformation


class ApplyIfFiniteState(NamedTuple):
    """How many updates in a row were not finite, whether the last was, how many were not in all."""

    notfinite_count: Any
    last_finite: Any
    total_notfinite: Any
    inner_state: Any


def update_if(
    pred: Any, inner: GradientTransformation, updates: Tree, state: Any, params: Tree
) -> tuple[Tree, Any]:
    """`inner.update` where `pred` holds; else updates of zero, and the state as it was."""

    def go(updates: Tree, state: Any, params: Tree) -> tuple[Tree, Any]:
        new, after = inner.update(updates, state, params)
        return new, cast_like(after, state)

    types, _ = eval_shape(go, updates, state, params)

    def stay(updates: Tree, state: Any, params: Tree) -> tuple[Tree, Any]:
        return tree.map(zeros_of, types), state

    return cond(pred, go, stay, updates, state, params)


def zeros_of(x: ShapeDtypeStruct) -> Any:
    """Zeros of a type."""
    return full(x.shape, 0, x.dtype)


def apply_if_finite(
    inner: GradientTransformation, max_consecutive_errors: int
) -> GradientTransformation:
    """Skip gradients that hold an infinity or a NaN.

    Args:
        inner: the transformation that sees the others.
        max_consecutive_errors: how many to skip in a row before they are let through.

    Raises:
        ArgumentError: `inner` is no transformation.

    >>> from oxmlx import optim
    >>> tx = optim.apply_if_finite(optim.scale(-1.0), 2)
    >>> state = tx.init(0.0)
    >>> for g in (float("nan"), float("inf"), 3.0, float("nan")):
    ...     update, state = tx.update(g, state)
    ...     print(float(update), int(state.notfinite_count), int(state.total_notfinite))
    0.0 1 1
    0.0 2 2
    -3.0 0 2
    0.0 1 3
    """
    check_transformation("apply_if_finite", inner)

    def init(params: Tree) -> ApplyIfFiniteState:
        return ApplyIfFiniteState(zero(), zero() == 0, zero(), inner.init(params))

    def update(
        updates: Tree, state: ApplyIfFiniteState, params: Tree
    ) -> tuple[Tree, ApplyIfFiniteState]:
        finite = count_not_finite(updates) == 0
        in_a_row = select(finite, zero(), increment(state.notfinite_count))
        total = select(finite, state.total_notfinite, increment(state.total_notfinite))
        go = or_(finite, in_a_row > max_consecutive_errors)
        updates, inner_state = update_if(go, inner, updates, state.inner_state, params)
        return updates, ApplyIfFiniteState(in_a_row, finite, total, inner_state)

    return transformation("apply_if_finite", init, update, ApplyIfFiniteState)


def count_not_finite(x: Tree) -> Any:
    """How many elements of a tree are infinite or NaN, an int32 scalar."""
    counts = [
        reduce_sum(cast(not_(is_finite(leaf)), I32), tuple(range(leaf.ndim)))
        for leaf in tree.leaves(x)
    ]
    return sum(counts, zero())


def skip_not_finite(updates: Tree, gradient_step: Any, params: Tree) -> tuple[Any, dict[str, Any]]:
    """For `MultiSteps`: skip gradients that hold an infinity or a NaN.

    Returns:
        Whether to skip, and a record of why: `should_skip`, `num_not_finite`.

    >>> from oxmlx import optim
    >>> skip, record = optim.skip_not_finite([1.0, float("nan")], 0, None)
    >>> bool(skip), int(record["num_not_finite"])
    (True, 1)
    """
    count = count_not_finite(as_values("skip_not_finite", updates))
    skip = count > 0
    return skip, {"should_skip": skip, "num_not_finite": count}


def skip_large_updates(
    updates: Tree, gradient_step: Any, params: Tree, max_squared_norm: Scalar
) -> tuple[Any, dict[str, Any]]:
    """For `MultiSteps`, with `functools.partial`: skip gradients whose norm is large, or NaN.

    Returns:
        Whether to skip, and a record of why: `should_skip`, `norm_squared`.

    >>> from oxmlx import optim
    >>> skip, record = optim.skip_large_updates([3.0, 4.0], 0, None, max_squared_norm=20.0)
    >>> bool(skip), round(float(record["norm_squared"]), 3)
    (True, 25.0)
    """
    squared = squared_norm("skip_large_updates", updates)
    skip = not_(squared < max_squared_norm)
    return skip, {"should_skip": skip, "norm_squared": squared}
