"""The optimizers: chains of transformations that end with the learning rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oxmlx.optim.adaptive import (
    scale_by_adam,
    scale_by_lion,
    scale_by_rms,
    scale_by_rss,
    scale_by_stddev,
)
from oxmlx.optim.averaging import trace
from oxmlx.optim.combining import chain
from oxmlx.optim.scaling import scale_by_learning_rate
from oxmlx.optim.transformation import GradientTransformation, Scalar, Schedule, Tree, identity
from oxmlx.optim.weight_decay import add_decayed_weights


def sgd(
    learning_rate: Scalar | Schedule,
    momentum: Scalar | None = None,
    nesterov: bool = False,
    accumulator_dtype: Any = None,
) -> GradientTransformation:
    """Stochastic gradient descent, with momentum and Nesterov's if wanted.

        t ← g + μ t
        p ← p − η t,  or  p − η (g + μ t)  with `nesterov`

    Robbins and Monro, A stochastic approximation method, 1951; Sutskever et al., On the importance
    of initialization and momentum in deep learning, 2013.

    Args:
        learning_rate: η, a number, a rank-0 array, or a schedule.
        momentum: μ; without it no trace is kept.
        nesterov: look one step ahead.
        accumulator_dtype: the dtype of the trace, by default that of the parameter.

    Raises:
        ArgumentError: a learning rate or a momentum that is no such number.

    >>> import numpy as np
    >>> from oxmlx import optim
    >>> tx = optim.sgd(0.1, momentum=0.9)
    >>> p = np.array([1.0, 2.0])
    >>> state = tx.init(p)
    >>> for _ in range(2):
    ...     updates, state = tx.update(np.ones(2), state, p)
    ...     p = optim.apply_updates(p, updates)
    >>> [round(x, 4) for x in p.tolist()]
    [0.71, 1.71]
    """
    sum_up = identity() if momentum is None else trace(momentum, nesterov, accumulator_dtype)
    return chain(sum_up, scale_by_learning_rate(learning_rate))


def adam(
    learning_rate: Scalar | Schedule,
    b1: Scalar = 0.9,
    b2: Scalar = 0.999,
    eps: Scalar = 1e-8,
    eps_root: Scalar = 0.0,
    mu_dtype: Any = None,
    *,
    nesterov: bool = False,
    bias_correction: bool = True,
) -> GradientTransformation:
    """Adam: steps of about the learning rate, whatever the scale of the gradient.

        m ← β₁ m + (1 − β₁) g          m̂ = m / (1 − β₁ᵗ)
        v ← β₂ v + (1 − β₂) g²         v̂ = v / (1 − β₂ᵗ)
        p ← p − η m̂ / (√(v̂ + ε_root) + ε)

    Kingma and Ba, Adam: a method for stochastic optimization, 2015; Dozat, Incorporating Nesterov
    momentum into Adam, 2016.

    Args:
        learning_rate: η, a number, a rank-0 array, or a schedule.
        b1, b2: β₁ and β₂.
        eps: ε.
        eps_root: makes the derivative of the update finite where v̂ = 0, for meta-learning.
        mu_dtype: the dtype of m, by default that of the parameter.
        nesterov: replace m̂ by β₁ m̂ₜ₊₁ + (1 − β₁) ĝ.
        bias_correction: False takes m and v as they are, as MLX does by default.

    Raises:
        ArgumentError: a learning rate or a decay that is no such number.

    >>> from oxmlx import optim
    >>> tx = optim.adam(1e-3)
    >>> p = {"steep": 1.0, "flat": 1.0}
    >>> state = tx.init(p)
    >>> for _ in range(10):
    ...     updates, state = tx.update({"steep": 500.0, "flat": 0.02}, state, p)
    ...     p = optim.apply_updates(p, updates)
    >>> round(float(p["steep"]), 4), round(float(p["flat"]), 4), int(state[0].count)
    (0.99, 0.99, 10)
    """
    moments = scale_by_adam(
        b1, b2, eps, eps_root, mu_dtype, nesterov=nesterov, bias_correction=bias_correction
    )
    return chain(moments, scale_by_learning_rate(learning_rate))


def adamw(
    learning_rate: Scalar | Schedule,
    b1: Scalar = 0.9,
    b2: Scalar = 0.999,
    eps: Scalar = 1e-8,
    eps_root: Scalar = 0.0,
    mu_dtype: Any = None,
    weight_decay: Scalar | Schedule = 1e-4,
    mask: Tree | Callable[[Tree], Tree] | None = None,
    *,
    nesterov: bool = False,
    bias_correction: bool = True,
) -> GradientTransformation:
    """Adam with decoupled weight decay.

        p ← p − η (m̂ / (√(v̂ + ε_root) + ε) + λ p)      with m̂ and v̂ of `adam`

    Loshchilov and Hutter, Decoupled weight decay regularization, 2019.

    Args:
        learning_rate: η, a number, a rank-0 array, or a schedule.
        b1, b2, eps, eps_root, mu_dtype, nesterov, bias_correction: as for `adam`.
        weight_decay: λ, a number, a rank-0 array, or a schedule.
        mask: which parameters decay: a pytree of bools, a prefix of the parameters, or a function
            from them to one. By default all.

    Raises:
        ArgumentError: a learning rate, a decay or a mask that is none; `update` without `params`.

    Biases and norms, of rank 1, are usually spared:

    >>> import numpy as np
    >>> from oxmlx import optim, tree
    >>> tx = optim.adamw(0.25, weight_decay=0.5, mask=lambda p: tree.map(lambda x: x.ndim > 1, p))
    >>> params = {"w": np.full((1, 2), 4.0), "b": np.full(2, 4.0)}
    >>> updates, state = tx.update(tree.map(np.zeros_like, params), tx.init(params), params)
    >>> params = optim.apply_updates(params, updates)
    >>> params["w"].tolist(), params["b"].tolist()
    ([[3.5, 3.5]], [4.0, 4.0])
    """
    moments = scale_by_adam(
        b1, b2, eps, eps_root, mu_dtype, nesterov=nesterov, bias_correction=bias_correction
    )
    decay = add_decayed_weights(weight_decay, mask)
    return chain(moments, decay, scale_by_learning_rate(learning_rate))


def lion(
    learning_rate: Scalar | Schedule,
    b1: Scalar = 0.9,
    b2: Scalar = 0.99,
    mu_dtype: Any = None,
    weight_decay: Scalar | Schedule = 1e-3,
    mask: Tree | Callable[[Tree], Tree] | None = None,
) -> GradientTransformation:
    """Lion: the sign of a momentum, so that every element moves by the learning rate.

        p ← p − η (sign(β₁ m + (1 − β₁) g) + λ p)
        m ← β₂ m + (1 − β₂) g

    Chen et al., Symbolic discovery of optimization algorithms, 2023, who advise a learning rate
    3 to 10 times smaller than Adam's, and a weight decay larger by the same factor.

    Args:
        learning_rate: η, a number, a rank-0 array, or a schedule.
        b1, b2: β₁ and β₂.
        mu_dtype: the dtype of m, by default that of the parameter.
        weight_decay: λ, a number, a rank-0 array, or a schedule.
        mask: which parameters decay, as for `adamw`.

    Raises:
        ArgumentError: a learning rate, a decay or a mask that is none; `update` without `params`.

    >>> from oxmlx import optim
    >>> tx = optim.lion(0.25, weight_decay=0.0)
    >>> params = [1.0, 1.0, 1.0]
    >>> updates, state = tx.update([500.0, 0.02, 0.0], tx.init(params), params)
    >>> [float(p) for p in optim.apply_updates(params, updates)]
    [0.75, 0.75, 1.0]
    """
    decay = add_decayed_weights(weight_decay, mask)
    return chain(scale_by_lion(b1, b2, mu_dtype), decay, scale_by_learning_rate(learning_rate))


def rmsprop(
    learning_rate: Scalar | Schedule,
    decay: Scalar = 0.9,
    eps: Scalar = 1e-8,
    initial_scale: Scalar = 0.0,
    eps_in_sqrt: bool = True,
    centered: bool = False,
    momentum: Scalar | None = None,
    nesterov: bool = False,
    bias_correction: bool = False,
) -> GradientTransformation:
    """RMSprop: the gradient divided by its root mean square of late.

        v ← γ v + (1 − γ) g²
        p ← p − η g / √(v + ε),  or  p − η g / (√v + ε)  as in torch and MLX
        v − m² for v with `centered`, where  m ← γ m + (1 − γ) g

    Tieleman and Hinton, Lecture 6.5: RMSprop, Coursera, 2012; Graves, Generating sequences with
    recurrent neural networks, 2013 (centered).

    Args:
        learning_rate: η, a number, a rank-0 array, or a schedule.
        decay: γ.
        eps: ε.
        initial_scale: v before the first step.
        eps_in_sqrt: add ε under the root; False is what torch and MLX do.
        centered: divide by the standard deviation.
        momentum: of the scaled updates; without it no trace is kept.
        nesterov: look one step ahead.
        bias_correction: correct v, and m, for having begun at zero.

    Raises:
        ArgumentError: a learning rate, a decay or a momentum that is no such number.

    >>> from oxmlx import optim
    >>> tx = optim.rmsprop(0.01, decay=0.75)
    >>> updates, state = tx.update([500.0, 0.02], tx.init([1.0, 1.0]))
    >>> [round(float(u), 3) for u in updates]
    [-0.02, -0.02]
    """
    scale_by = scale_by_stddev if centered else scale_by_rms
    return chain(
        scale_by(decay, eps, initial_scale, eps_in_sqrt, bias_correction),
        scale_by_learning_rate(learning_rate),
        identity() if momentum is None else trace(momentum, nesterov),
    )


def adagrad(
    learning_rate: Scalar | Schedule, initial_accumulator_value: Scalar = 0.1, eps: Scalar = 1e-7
) -> GradientTransformation:
    """Adagrad: steps that shrink where gradients have been large.

        s ← s + g²
        p ← p − η g / √(s + ε)

    Duchi, Hazan and Singer, Adaptive subgradient methods for online learning and stochastic
    optimization, 2011.

    Args:
        learning_rate: η, a number, a rank-0 array, or a schedule.
        initial_accumulator_value: s before the first step.
        eps: ε.

    Raises:
        ArgumentError: a learning rate that is no such number.

    >>> from oxmlx import optim
    >>> tx = optim.adagrad(0.1, initial_accumulator_value=0.0)
    >>> state = tx.init(0.0)
    >>> for _ in range(4):
    ...     update, state = tx.update(3.0, state)
    ...     print(round(float(update), 4))
    -0.1
    -0.0707
    -0.0577
    -0.05
    """
    return chain(
        scale_by_rss(initial_accumulator_value, eps), scale_by_learning_rate(learning_rate)
    )
