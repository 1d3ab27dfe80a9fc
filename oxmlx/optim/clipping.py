"""Transformations that bound the updates."""

from __future__ import annotations

from typing import Any

from oxmlx import tree
from oxmlx.api.boundary import boundary
from oxmlx.dtypes import promote_types
from oxmlx.ops.axes import full, reduce_sum
from oxmlx.ops.convert import cast
from oxmlx.ops.math import sqrt
from oxmlx.ops.select import clamp, maximum, select
from oxmlx.optim.leaves import as_values, check_gradients
from oxmlx.optim.moments import F32, abs_sq
from oxmlx.optim.transformation import GradientTransformation, Scalar, Tree, stateless


def clip(max_delta: Scalar) -> GradientTransformation:
    """Keep each element between -max_delta and max_delta.

    >>> from oxmlx import optim
    >>> tx = optim.clip(1.0)
    >>> updates, state = tx.update([0.5, -8.0], tx.init([0.0, 0.0]))
    >>> [float(u) for u in updates]
    [0.5, -1.0]
    """

    def bound(updates: Tree, params: Tree) -> Tree:
        return tree.map(lambda u: clamp(-max_delta, u, max_delta), updates)

    return stateless(bound, "clip")


def clip_by_block_rms(threshold: Scalar) -> GradientTransformation:
    """Shrink each array whose root mean square is above `threshold`, down to it.

    Shazeer and Stern, Adafactor: Adaptive learning rates with sublinear memory cost, 2018.

    >>> import numpy as np
    >>> from oxmlx import optim
    >>> tx = optim.clip_by_block_rms(1.0)
    >>> updates, state = tx.update([np.array([2.0, -2.0]), 0.5], tx.init([np.zeros(2), 0.0]))
    >>> updates[0].tolist(), float(updates[1])
    ([1.0, -1.0], 0.5)
    """

    def shrink(u: Any) -> Any:
        rms = sqrt(sum_of_squares(u) / max(u.size, 1))
        return cast(u / maximum(1.0, rms / threshold), u.dtype)

    return stateless(lambda updates, params: tree.map(shrink, updates), "clip_by_block_rms")


def clip_by_global_norm(max_norm: Scalar) -> GradientTransformation:
    """Shrink all updates together so that their norm is at most `max_norm`.

        u ← u · min(1, max_norm / ‖u‖)

    Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, 2013.

    >>> from oxmlx import optim
    >>> tx = optim.clip_by_global_norm(1.0)
    >>> updates, state = tx.update({"a": 6.0, "b": -8.0}, tx.init({"a": 0.0, "b": 0.0}))
    >>> [round(float(u), 3) for u in updates.values()]
    [0.6, -0.8]
    """

    def shrink(updates: Tree, params: Tree) -> Tree:
        norm = global_norm(updates)
        factor = select(norm < max_norm, 1.0, max_norm / norm)
        return tree.map(lambda u: cast(u * factor, u.dtype), updates)

    return stateless(shrink, "clip_by_global_norm")


@boundary
def global_norm(updates: Tree) -> Any:
    """The Euclidean norm of all elements of a tree, a scalar; 16-bit leaves are added in f32.

    >>> from oxmlx import optim
    >>> float(optim.global_norm({"a": 3.0, "b": [0.0, -4.0]}))
    5.0
    """
    return sqrt(squared_norm("global_norm", updates))


def squared_norm(who: str, updates: Tree) -> Any:
    """The sum of |x|² over all elements of a tree."""
    updates = as_values(who, updates)
    check_gradients(who, updates)
    return sum(map(sum_of_squares, tree.leaves(updates)), full((), 0, F32))


def sum_of_squares(x: Any) -> Any:
    """Σ |x|², in f32 at least."""
    square = abs_sq(cast(x, promote_types(x.dtype, F32)))
    return reduce_sum(square, tuple(range(x.ndim)))
