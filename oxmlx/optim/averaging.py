"""Sums and averages over the updates so far, and over parameters."""

from __future__ import annotations

from typing import Any, NamedTuple

from oxmlx import tree
from oxmlx.api.boundary import boundary
from oxmlx.optim.leaves import as_values, cast_like, check_fit, zeros_like
from oxmlx.optim.moments import average, check_decay, increment, moment_dtype, unbiased, zero
from oxmlx.optim.transformation import GradientTransformation, Scalar, Tree, transformation


class TraceState(NamedTuple):
    """The decaying sum of updates."""

    trace: Tree


class EmaState(NamedTuple):
    """The number of updates, and their exponential moving average."""

    count: Any
    ema: Tree


def trace(
    decay: Scalar, nesterov: bool = False, accumulator_dtype: Any = None
) -> GradientTransformation:
    """Add up updates that decay: momentum.

        t ← g + decay · t
        update = t,  or  g + decay · t  again with `nesterov`

    Polyak, Some methods of speeding up the convergence of iteration methods, 1964; Sutskever et
    al., On the importance of initialization and momentum in deep learning, 2013 (nesterov).

    Args:
        decay: what is kept of the sum at each step.
        nesterov: look one step ahead.
        accumulator_dtype: the dtype of the sum, by default that of the parameter.

    Raises:
        ArgumentError: a decay outside [0, 1].

    >>> from oxmlx import optim
    >>> tx = optim.trace(0.5)
    >>> state = tx.init(0.0)
    >>> for _ in range(3):
    ...     update, state = tx.update(1.0, state)
    >>> float(update)
    1.75
    """
    who = "trace"
    check_decay(who, decay=decay)
    dtype = moment_dtype(accumulator_dtype, who)

    def init(params: Tree) -> TraceState:
        return TraceState(zeros_like(params, dtype))

    def update(updates: Tree, state: TraceState, params: Tree) -> tuple[Tree, TraceState]:
        check_fit(who, updates, state.trace, "the gradient", "its trace")

        def add(g: Any, t: Any) -> Any:
            return g + decay * t

        total = tree.map(add, updates, state.trace)
        new = TraceState(cast_like(total, state.trace))
        return (tree.map(add, updates, total) if nesterov else total), new

    return transformation(who, init, update, TraceState)


def ema(
    decay: Scalar, debias: bool = True, accumulator_dtype: Any = None
) -> GradientTransformation:
    """Average the updates exponentially.

        m ← decay · m + (1 − decay) · g
        update = m / (1 − decayᵗ),  or  m  without `debias`

    Args:
        decay: what is kept of the average at each step.
        debias: correct for having begun at zero.
        accumulator_dtype: the dtype of the average, by default that of the parameter.

    Raises:
        ArgumentError: a decay outside [0, 1].

    >>> from oxmlx import optim
    >>> tx = optim.ema(0.5)
    >>> state = tx.init(0.0)
    >>> for g in (1.0, 4.0):
    ...     update, state = tx.update(g, state)
    >>> float(update)
    3.0
    """
    who = "ema"
    check_decay(who, decay=decay)
    dtype = moment_dtype(accumulator_dtype, who)

    def init(params: Tree) -> EmaState:
        return EmaState(zero(), zeros_like(params, dtype))

    def update(updates: Tree, state: EmaState, params: Tree) -> tuple[Tree, EmaState]:
        check_fit(who, updates, state.ema, "the gradient", "its average")
        count = increment(state.count)
        mean = average(updates, state.ema, decay)
        new = EmaState(count, cast_like(mean, state.ema))
        return (unbiased(mean, decay, count) if debias else mean), new

    return transformation(who, init, update, EmaState)


@boundary
def incremental_update(new_tensors: Tree, old_tensors: Tree, step_size: Scalar) -> Tree:
    """Move a slow copy of the parameters towards the fast one: η · new + (1 − η) · old.

    Polyak and Juditsky, Acceleration of stochastic approximation by averaging, 1992.

    Args:
        new_tensors: the parameters.
        old_tensors: their average so far, of the same structure and shapes.
        step_size: η, from 0 (stay) to 1 (copy).

    Raises:
        TreeError: the structures differ; the text names the path.
        ShapeError: two shapes differ.

    >>> from oxmlx import optim
    >>> slow = optim.incremental_update({"w": 8.0}, {"w": 4.0}, 0.25)
    >>> float(slow["w"])
    5.0
    """
    who = "incremental_update"
    new, old = as_values(who, new_tensors), as_values(who, old_tensors)
    check_fit(who, new, old, "the new tensor", "the old one")
    return tree.map(lambda x, y: step_size * x + (1 - step_size) * y, new, old)
