"""Weight decay: shrinking the parameters at each step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from oxmlx import tree
from oxmlx.errors import ArgumentError
from oxmlx.optim.masking import masked
from oxmlx.optim.moments import increment, zero
from oxmlx.optim.scaling import check_scalar
from oxmlx.optim.transformation import (
    GradientTransformation,
    Scalar,
    Schedule,
    Tree,
    transformation,
)


class WeightDecayState(NamedTuple):
    """The number of updates, which a schedule of weight decay depends on."""

    count: Any


def add_decayed_weights(
    weight_decay: Scalar | Schedule = 0.0, mask: Tree | Callable[[Tree], Tree] | None = None
) -> GradientTransformation:
    """Add the parameters times the weight decay to the updates: u ← u + λ · p.

    Placed after the adaptive scaling, as in `adamw`, the decay is decoupled from it.

    Loshchilov and Hutter, Decoupled weight decay regularization, 2019.

    Args:
        weight_decay: λ, a number, a rank-0 array, or a schedule.
        mask: which parameters decay, as in `masked`; by default all.

    Raises:
        ArgumentError: λ is none of these; `update` was called without `params`.

    >>> from oxmlx import optim
    >>> tx = optim.add_decayed_weights(0.5)
    >>> updates, state = tx.update({"w": 1.0}, tx.init({"w": 4.0}), {"w": 4.0})
    >>> float(updates["w"])
    3.0
    """
    who = "add_decayed_weights"
    if not callable(weight_decay):
        check_scalar(who, "the weight decay", weight_decay, ", or a schedule")

    def init(params: Tree) -> WeightDecayState:
        return WeightDecayState(zero())

    def update(
        updates: Tree, state: WeightDecayState, params: Tree
    ) -> tuple[Tree, WeightDecayState]:
        if params is None:
            problem = "weight decay needs the parameters, got None"
            raise ArgumentError(who, problem, "Call update(grads, state, params).")
        decay = weight_decay
        if callable(weight_decay):
            decay = weight_decay(state.count)
            check_scalar(who, "what the schedule returns", decay)
        decayed = tree.map(lambda u, p: u + decay * p, updates, params)
        return decayed, WeightDecayState(increment(state.count))

    tx = transformation(who, init, update, WeightDecayState)
    return tx if mask is None else masked(tx, mask)
