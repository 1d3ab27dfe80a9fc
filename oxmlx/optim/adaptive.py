"""Transformations that scale each element by its own history: Adam, Lion, RMSprop, Adagrad."""

from __future__ import annotations

from typing import Any, NamedTuple

from oxmlx import tree
from oxmlx.ops.math import rsqrt, sign, sqrt
from oxmlx.ops.select import select
from oxmlx.optim.leaves import cast_like, check_fit, full_like, zeros_like
from oxmlx.optim.moments import (
    abs_sq,
    average,
    check_decay,
    increment,
    moment_dtype,
    unbiased,
    zero,
)
from oxmlx.optim.transformation import GradientTransformation, Scalar, Tree, transformation


class ScaleByAdamState(NamedTuple):
    """The number of updates, and the averages of the gradient and of its square."""

    count: Any
    mu: Tree
    nu: Tree


class ScaleByLionState(NamedTuple):
    """The number of updates, and the average of the gradient."""

    count: Any
    mu: Tree


class ScaleByRmsState(NamedTuple):
    """The number of updates, and the average of the gradient's square."""

    count: Any
    nu: Tree


class ScaleByStddevState(NamedTuple):
    """The number of updates, and the averages of the gradient and of its square."""

    count: Any
    mu: Tree
    nu: Tree


class ScaleByRssState(NamedTuple):
    """The sum of the gradient's squares."""

    sum_of_squares: Tree


def squares(x: Tree) -> Tree:
    """|x|² for every leaf."""
    return tree.map(abs_sq, x)


def scale_by_adam(
    b1: Scalar = 0.9,
    b2: Scalar = 0.999,
    eps: Scalar = 1e-8,
    eps_root: Scalar = 0.0,
    mu_dtype: Any = None,
    *,
    nesterov: bool = False,
    bias_correction: bool = True,
) -> GradientTransformation:
    """Divide the average gradient by the root of its average square: the rule of `adam`.

    Args:
        b1, b2: what is kept of the two averages at each step.
        eps: added to the root.
        eps_root: added under the root, so that its derivative is finite at 0.
        mu_dtype: the dtype of the first average, by default that of the parameter.
        nesterov: look one step ahead.
        bias_correction: correct for averages that begin at zero.

    Raises:
        ArgumentError: a decay outside [0, 1].

    >>> from oxmlx import optim
    >>> tx = optim.scale_by_adam()
    >>> updates, state = tx.update([0.001, -1000.0], tx.init([0.0, 0.0]))
    >>> [round(float(u), 3) for u in updates]
    [1.0, -1.0]
    """
    who = "scale_by_adam"
    check_decay(who, b1=b1, b2=b2)
    dtype = moment_dtype(mu_dtype, who)

    def init(params: Tree) -> ScaleByAdamState:
        return ScaleByAdamState(zero(), zeros_like(params, dtype), squares(zeros_like(params)))

    def update(
        updates: Tree, state: ScaleByAdamState, params: Tree
    ) -> tuple[Tree, ScaleByAdamState]:
        check_fit(who, updates, state.mu, "the gradient", "its average")
        count = increment(state.count)
        mu = average(updates, state.mu, b1)
        nu = average(squares(updates), state.nu, b2)
        g, m, v = updates, mu, nu
        if bias_correction:
            g = unbiased(g, b1, count)
            m = unbiased(m, b1, increment(count) if nesterov else count)
            v = unbiased(v, b2, count)
        if nesterov:
            m = average(g, m, b1)
        scaled = tree.map(lambda m, v: m / (sqrt(v + eps_root) + eps), m, v)
        new = ScaleByAdamState(count, cast_like(mu, state.mu), cast_like(nu, state.nu))
        return scaled, new

    return transformation(who, init, update, ScaleByAdamState)


def scale_by_lion(
    b1: Scalar = 0.9, b2: Scalar = 0.99, mu_dtype: Any = None
) -> GradientTransformation:
    """Take the sign of an average of the gradient and its history: the rule of `lion`.

    Args:
        b1: the weight of the history in the update.
        b2: what is kept of the history at each step.
        mu_dtype: the dtype of the history, by default that of the parameter.

    Raises:
        ArgumentError: a decay outside [0, 1].

    >>> from oxmlx import optim
    >>> tx = optim.scale_by_lion()
    >>> updates, state = tx.update([0.001, -1000.0], tx.init([0.0, 0.0]))
    >>> [float(u) for u in updates]
    [1.0, -1.0]
    """
    who = "scale_by_lion"
    check_decay(who, b1=b1, b2=b2)
    dtype = moment_dtype(mu_dtype, who)

    def init(params: Tree) -> ScaleByLionState:
        return ScaleByLionState(zero(), zeros_like(params, dtype))

    def update(
        updates: Tree, state: ScaleByLionState, params: Tree
    ) -> tuple[Tree, ScaleByLionState]:
        check_fit(who, updates, state.mu, "the gradient", "its average")
        signs = tree.map(sign, average(updates, state.mu, b1))
        mu = average(updates, state.mu, b2)
        return signs, ScaleByLionState(increment(state.count), cast_like(mu, state.mu))

    return transformation(who, init, update, ScaleByLionState)


def inverse_root(v: Any, eps: Scalar, eps_in_sqrt: bool) -> Any:
    """1 / √(v + ε), or 1 / (√v + ε)."""
    return rsqrt(v + eps) if eps_in_sqrt else 1 / (sqrt(v) + eps)


def scale_by_rms(
    decay: Scalar = 0.9,
    eps: Scalar = 1e-8,
    initial_scale: Scalar = 0.0,
    eps_in_sqrt: bool = True,
    bias_correction: bool = False,
) -> GradientTransformation:
    """Divide the gradient by the root of its average square: the rule of `rmsprop`.

    Args:
        decay: what is kept of the average at each step.
        eps: added to the average square, or to its root.
        initial_scale: the average square before the first step.
        eps_in_sqrt: add `eps` under the root.
        bias_correction: correct for an average that begins at zero.

    Raises:
        ArgumentError: a decay outside [0, 1].

    >>> from oxmlx import optim
    >>> tx = optim.scale_by_rms(decay=0.75)
    >>> updates, state = tx.update([0.5, -8.0], tx.init([0.0, 0.0]))
    >>> [round(float(u), 3) for u in updates]
    [2.0, -2.0]
    """
    who = "scale_by_rms"
    check_decay(who, decay=decay)

    def init(params: Tree) -> ScaleByRmsState:
        return ScaleByRmsState(zero(), full_like(squares(zeros_like(params)), initial_scale))

    def update(updates: Tree, state: ScaleByRmsState, params: Tree) -> tuple[Tree, ScaleByRmsState]:
        check_fit(who, updates, state.nu, "the gradient", "its average square")
        count = increment(state.count)
        nu = average(squares(updates), state.nu, decay)
        v = unbiased(nu, decay, count) if bias_correction else nu
        scaled = tree.map(lambda g, v: inverse_root(v, eps, eps_in_sqrt) * g, updates, v)
        return scaled, ScaleByRmsState(count, cast_like(nu, state.nu))

    return transformation(who, init, update, ScaleByRmsState)


def scale_by_stddev(
    decay: Scalar = 0.9,
    eps: Scalar = 1e-8,
    initial_scale: Scalar = 0.0,
    eps_in_sqrt: bool = True,
    bias_correction: bool = False,
) -> GradientTransformation:
    """Divide the gradient by its standard deviation: the rule of `rmsprop(centered=True)`.

    Args:
        decay: what is kept of the averages at each step.
        eps: added to the variance, or to its root.
        initial_scale: the average square before the first step.
        eps_in_sqrt: add `eps` under the root.
        bias_correction: correct for averages that begin at zero.

    Raises:
        ArgumentError: a decay outside [0, 1].

    >>> from oxmlx import optim
    >>> tx = optim.scale_by_stddev(decay=0.5)
    >>> updates, state = tx.update([0.5, -8.0], tx.init([0.0, 0.0]))
    >>> [round(float(u), 3) for u in updates]
    [2.0, -2.0]
    """
    who = "scale_by_stddev"
    check_decay(who, decay=decay)

    def init(params: Tree) -> ScaleByStddevState:
        zeros = zeros_like(params)
        return ScaleByStddevState(zero(), zeros, full_like(squares(zeros), initial_scale))

    def update(
        updates: Tree, state: ScaleByStddevState, params: Tree
    ) -> tuple[Tree, ScaleByStddevState]:
        check_fit(who, updates, state.mu, "the gradient", "its average")
        count = increment(state.count)
        mu = average(updates, state.mu, decay)
        nu = average(squares(updates), state.nu, decay)
        m, v = mu, nu
        if bias_correction:
            m, v = unbiased(m, decay, count), unbiased(v, decay, count)
        variance = tree.map(lambda m, v: v - abs_sq(m), m, v)
        scaled = tree.map(lambda g, s: inverse_root(s, eps, eps_in_sqrt) * g, updates, variance)
        new = ScaleByStddevState(count, cast_like(mu, state.mu), cast_like(nu, state.nu))
        return scaled, new

    return transformation(who, init, update, ScaleByStddevState)


def scale_by_rss(
    initial_accumulator_value: Scalar = 0.1, eps: Scalar = 1e-7
) -> GradientTransformation:
    """Divide the gradient by the root of the sum of all its squares: the rule of `adagrad`.

    Args:
        initial_accumulator_value: the sum before the first step.
        eps: added to the sum.

    >>> from oxmlx import optim
    >>> tx = optim.scale_by_rss(initial_accumulator_value=0.0)
    >>> state = tx.init(0.0)
    >>> for _ in range(4):
    ...     update, state = tx.update(3.0, state)
    ...     print(round(float(update), 3))
    1.0
    0.707
    0.577
    0.5
    """
    who = "scale_by_rss"

    def init(params: Tree) -> ScaleByRssState:
        return ScaleByRssState(full_like(squares(zeros_like(params)), initial_accumulator_value))

    def update(updates: Tree, state: ScaleByRssState, params: Tree) -> tuple[Tree, ScaleByRssState]:
        check_fit(who, updates, state.sum_of_squares, "the gradient", "its sum of squares")
        total = tree.map(lambda g, s: abs_sq(g) + s, updates, state.sum_of_squares)
        scaled = tree.map(lambda g, s: select(s > 0, rsqrt(s + eps), 0.0) * g, updates, total)
        return scaled, ScaleByRssState(cast_like(total, state.sum_of_squares))

    return transformation(who, init, update, ScaleByRssState)
