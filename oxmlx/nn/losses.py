"""Losses, with the names, arguments and defaults of `mlx.nn.losses`."""

from __future__ import annotations

from math import log as ln
from math import pi
from typing import Any, Literal, TypeAlias

from oxmlx import numpy as onp
from oxmlx.dtypes import is_integer
from oxmlx.errors import ArgumentError, DtypeError, ShapeError
from oxmlx.nn.rowwise import logsumexp
from oxmlx.numpy.arguments import Array, ArrayLike, axis_of, inexact, value
from oxmlx.ops.convert import promote_dtypes
from oxmlx.ops.math import abs_, exp, log, sqrt
from oxmlx.ops.select import maximum, select

Reduction: TypeAlias = Literal["none", "mean", "sum"]


def reduced(who: str, loss: Any, reduction: Reduction) -> Any:
    """The loss of each example, their mean, or their sum."""
    if reduction not in ("none", "mean", "sum"):
        raise ArgumentError(who, f"reduction got {reduction!r}", "It takes 'none', 'mean', 'sum'.")
    return loss if reduction == "none" else getattr(onp, reduction)(loss)


def same_shape(who: str, **arrays: Any) -> list[Any]:
    """The arguments as floating arrays of one dtype.

    Raises:
        ShapeError: their shapes differ, which broadcasting would hide.
    """
    xs = [inexact(x, who) for x in arrays.values()]
    if len({x.shape for x in xs}) > 1:
        got = ", ".join(f"{name} {x.aval}" for name, x in zip(arrays, xs, strict=True))
        raise ShapeError(who, f"arguments must have one shape, got {got}", "Reshape one of them.")
    return promote_dtypes(who, *xs)


def weighted(who: str, loss: Any, weights: Any) -> Any:
    """The losses times their weights."""
    if weights is None:
        return loss
    factors = inexact(weights, who)
    if factors.shape != loss.shape:
        problem = f"weights must have the shape of the loss {loss.aval}, got {factors.aval}"
        raise ShapeError(who, problem, "Broadcast them to it, such as weights[:, None].")
    return loss * factors


def at_targets(x: Any, targets: Any, axis: int) -> Any:
    """x at the class that each target names, along `axis`."""
    return onp.squeeze(onp.take_along_axis(x, onp.expand_dims(targets, axis), axis), axis)


def check_classes(who: str, x: Any, targets: Any, axis: int) -> None:
    """Refuse class numbers that are no integers, or not one for each example."""
    wanted = x.aval.without((axis,)).shape
    if targets.shape != wanted:
        problem = f"targets must be classes {wanted} or probabilities {x.shape}, got {targets.aval}"
        raise ShapeError(who, problem, f"The classes are along axis {axis} of {x.aval}.")
    if not is_integer(targets.dtype):
        raise DtypeError(
            who,
            f"class targets must be integers, got {targets.aval}",
            "Convert them with .astype(ox.int32); probabilities have the shape of the logits.",
        )


def cross_entropy(
    logits: ArrayLike,
    targets: ArrayLike,
    weights: ArrayLike | None = None,
    axis: int = -1,
    label_smoothing: float = 0.0,
    reduction: Reduction = "none",
    ignore_index: int | None = None,
) -> Array:
    """-Σ p ln softmax(logits) along `axis`, where p is the target distribution.

    Args:
        logits: one number a class, along `axis`.
        targets: class numbers, of the other axes' shape; or probabilities, of the logits' shape. A
            class that is not there gives NaN, or with `config.check` an `OutOfBoundsError`.
        weights: a factor for each example.
        axis: the axis of the classes.
        label_smoothing: how much of p is spread evenly over the classes, in [0, 1).
        reduction: 'none', 'mean' or 'sum'.
        ignore_index: examples of this class number lose nothing, and do not count in the mean.

    Raises:
        ShapeError: targets are neither classes nor probabilities for these logits.
        DtypeError: class targets are no integers.
        ArgumentError: label_smoothing or reduction is out of range.

    >>> import oxmlx as ox
    >>> logits = ox.numpy.array([[1000.0, 0.0], [1000.0, 0.0]])
    >>> cross_entropy(logits, ox.numpy.array([0, 1]))
    array([   0., 1000.], dtype=float32)
    """
    who = "cross_entropy"
    if not 0 <= label_smoothing < 1:
        raise ArgumentError(who, f"label_smoothing must lie in [0, 1), got {label_smoothing}")
    x, t = inexact(logits, who), value(targets, who)
    axis = axis_of(who, axis, x.ndim)
    counted: Any = None
    mass: Any = 1.0
    if t.shape == x.shape:
        if ignore_index is not None:
            problem = "ignore_index needs class targets, got probabilities"
            raise ArgumentError(who, problem, "Give the examples to leave out weight 0.")
        score, mass = (x * t).sum(axis), t.sum(axis)
    else:
        check_classes(who, x, t, axis)
        if ignore_index is not None:
            counted = t != ignore_index
            t = select(counted, t, 0)
        score = at_targets(x, t, axis)
    if label_smoothing:
        score = (1 - label_smoothing) * score + label_smoothing * x.mean(axis)
        mass = (1 - label_smoothing) * mass + label_smoothing
    loss = weighted(who, mass * logsumexp(x, axis) - score, weights)
    if counted is None:
        return reduced(who, loss, reduction)
    loss = select(counted, loss, 0.0)
    if reduction == "mean":
        return loss.sum() / counted.sum()
    return reduced(who, loss, reduction)


def nll_loss(
    inputs: ArrayLike, targets: ArrayLike, axis: int = -1, reduction: Reduction = "none"
) -> Array:
    """The negative of the log probability of the target class.

    Args:
        inputs: log probabilities, the classes along `axis`.
        targets: class numbers, of the other axes' shape.

    >>> import oxmlx as ox
    >>> nll_loss(ox.numpy.array([[-0.5, -2.0]]), ox.numpy.array([1]))
    array([2.], dtype=float32)
    """
    who = "nll_loss"
    x, t = inexact(inputs, who), value(targets, who)
    axis = axis_of(who, axis, x.ndim)
    check_classes(who, x, t, axis)
    return reduced(who, -at_targets(x, t, axis), reduction)


def binary_cross_entropy(
    inputs: ArrayLike,
    targets: ArrayLike,
    weights: ArrayLike | None = None,
    with_logits: bool = True,
    reduction: Reduction = "mean",
) -> Array:
    """-(t ln p + (1 - t) ln (1 - p)), where p is the input or its sigmoid.

    Args:
        inputs: logits, or probabilities if `with_logits` is False; then logarithms are kept ≥ -100.
        targets: of the same shape, in [0, 1].
        weights: a factor for each element.
        with_logits: whether the inputs are logits.
        reduction: 'none', 'mean' or 'sum'.

    >>> import oxmlx as ox
    >>> logits, targets = ox.numpy.array([1000.0, 0.0]), ox.numpy.array([1.0, 0.0])
    >>> binary_cross_entropy(logits, targets, reduction="sum")
    array(0.6931472, dtype=float32)
    """
    who = "binary_cross_entropy"
    x, t = same_shape(who, inputs=inputs, targets=targets)
    if with_logits:
        loss = onp.logaddexp(x, 0.0) - x * t
    else:
        yes, no = (maximum(log(p), -100.0) for p in (x, 1.0 - x))
        loss = -(t * yes + (1.0 - t) * no)
    return reduced(who, weighted(who, loss, weights), reduction)


def mse_loss(predictions: ArrayLike, targets: ArrayLike, reduction: Reduction = "mean") -> Array:
    """(y - t)²

    Raises:
        ShapeError: the shapes differ.

    >>> import oxmlx as ox
    >>> mse_loss(ox.numpy.array([1.0, 2.0]), ox.numpy.array([1.0, 4.0]))
    array(2., dtype=float32)
    """
    y, t = same_shape("mse_loss", predictions=predictions, targets=targets)
    return reduced("mse_loss", (y - t) ** 2, reduction)


def l1_loss(predictions: ArrayLike, targets: ArrayLike, reduction: Reduction = "mean") -> Array:
    """|y - t|

    >>> import oxmlx as ox
    >>> l1_loss(ox.numpy.array([1.0, 2.0]), ox.numpy.array([1.0, 4.0]))
    array(1., dtype=float32)
    """
    y, t = same_shape("l1_loss", predictions=predictions, targets=targets)
    return reduced("l1_loss", abs_(y - t), reduction)


def smooth_l1_loss(
    predictions: ArrayLike, targets: ArrayLike, beta: float = 1.0, reduction: Reduction = "mean"
) -> Array:
    """d² / 2β where d = |y - t| < β, else d - β / 2.

    >>> import oxmlx as ox
    >>> smooth_l1_loss(ox.numpy.array([0.5, 3.0]), ox.numpy.array([0.0, 0.0]), reduction="none")
    array([0.125, 2.5  ], dtype=float32)
    """
    y, t = same_shape("smooth_l1_loss", predictions=predictions, targets=targets)
    d = abs_(y - t)
    loss = select(d < beta, 0.5 * d * d / beta, d - 0.5 * beta)
    return reduced("smooth_l1_loss", loss, reduction)


def huber_loss(
    inputs: ArrayLike, targets: ArrayLike, delta: float = 1.0, reduction: Reduction = "none"
) -> Array:
    """d² / 2 where d = |x - t| ≤ δ, else δ (d - δ / 2).

    >>> import oxmlx as ox
    >>> huber_loss(ox.numpy.array([0.5, 3.0]), ox.numpy.array([0.0, 0.0]), delta=2.0)
    array([0.125, 4.   ], dtype=float32)
    """
    x, t = same_shape("huber_loss", inputs=inputs, targets=targets)
    d = abs_(x - t)
    loss = select(d <= delta, 0.5 * d * d, delta * (d - 0.5 * delta))
    return reduced("huber_loss", loss, reduction)


def log_cosh_loss(inputs: ArrayLike, targets: ArrayLike, reduction: Reduction = "none") -> Array:
    """ln cosh(x - t)

    >>> import oxmlx as ox
    >>> round(float(log_cosh_loss(1000.0, 0.0)), 3)
    999.307
    """
    x, t = same_shape("log_cosh_loss", inputs=inputs, targets=targets)
    return reduced("log_cosh_loss", onp.logaddexp(x - t, t - x) - ln(2), reduction)


def hinge_loss(inputs: ArrayLike, targets: ArrayLike, reduction: Reduction = "none") -> Array:
    """max(1 - x t, 0), for targets -1 and 1.

    >>> import oxmlx as ox
    >>> hinge_loss(ox.numpy.array([0.3, -2.0]), ox.numpy.array([1.0, 1.0]))
    array([0.7, 3. ], dtype=float32)
    """
    x, t = same_shape("hinge_loss", inputs=inputs, targets=targets)
    return reduced("hinge_loss", maximum(1.0 - x * t, 0.0), reduction)


def kl_div_loss(
    inputs: ArrayLike, targets: ArrayLike, axis: int = -1, reduction: Reduction = "none"
) -> Array:
    """Σ eᵗ (t - x) along `axis`, for log probabilities x and t.

    >>> import oxmlx as ox
    >>> p = ox.numpy.log(ox.numpy.array([0.5, 0.5]))
    >>> round(float(kl_div_loss(ox.numpy.log(ox.numpy.array([0.25, 0.75])), p)), 4)
    0.1438
    """
    x, t = same_shape("kl_div_loss", inputs=inputs, targets=targets)
    axis = axis_of("kl_div_loss", axis, x.ndim)
    return reduced("kl_div_loss", (exp(t) * (t - x)).sum(axis), reduction)


def gaussian_nll_loss(
    inputs: ArrayLike,
    targets: ArrayLike,
    vars: ArrayLike,
    full: bool = False,
    eps: float = 1e-6,
    reduction: Reduction = "mean",
) -> Array:
    """(ln v + (x - t)² / v) / 2, where v is the variance, kept ≥ ε.

    Args:
        inputs: the predicted means.
        targets: of the same shape.
        vars: the predicted variances, of the same shape.
        full: add the constant ln(2π) / 2.
        eps: the least variance.
        reduction: 'none', 'mean' or 'sum'.

    >>> import oxmlx as ox
    >>> one = ox.numpy.ones(1)
    >>> gaussian_nll_loss(0 * one, 2 * one, one)
    array(2., dtype=float32)
    """
    who = "gaussian_nll_loss"
    x, t, v = same_shape(who, inputs=inputs, targets=targets, vars=vars)
    v = maximum(v, eps)
    loss = 0.5 * (log(v) + (t - x) ** 2 / v)
    return reduced(who, loss + 0.5 * ln(2 * pi) if full else loss, reduction)


def cosine_similarity_loss(
    x1: ArrayLike,
    x2: ArrayLike,
    axis: int = 1,
    eps: float = 1e-8,
    reduction: Reduction = "none",
) -> Array:
    """x₁·x₂ / max(‖x₁‖ ‖x₂‖, ε) along `axis`.

    >>> import oxmlx as ox
    >>> cosine_similarity_loss(ox.numpy.array([[3.0, 4.0]]), ox.numpy.array([[4.0, 3.0]]))
    array([0.96], dtype=float32)
    """
    who = "cosine_similarity_loss"
    a, b = same_shape(who, x1=x1, x2=x2)
    axis = axis_of(who, axis, a.ndim)
    norms = sqrt((a * a).sum(axis)) * sqrt((b * b).sum(axis))
    return reduced(who, (a * b).sum(axis) / maximum(norms, eps), reduction)


def margin_ranking_loss(
    inputs1: ArrayLike,
    inputs2: ArrayLike,
    targets: ArrayLike,
    margin: float = 0.0,
    reduction: Reduction = "none",
) -> Array:
    """max(margin - t (x₁ - x₂), 0): t is 1 where x₁ should rank higher, else -1.

    >>> import oxmlx as ox
    >>> x = ox.numpy.array([1.0])
    >>> margin_ranking_loss(x, 3 * x, x)
    array([2.], dtype=float32)
    """
    who = "margin_ranking_loss"
    a, b, t = same_shape(who, inputs1=inputs1, inputs2=inputs2, targets=targets)
    return reduced(who, maximum(margin - t * (a - b), 0.0), reduction)


def triplet_loss(
    anchors: ArrayLike,
    positives: ArrayLike,
    negatives: ArrayLike,
    axis: int = -1,
    p: int = 2,
    margin: float = 1.0,
    eps: float = 1e-6,
    reduction: Reduction = "none",
) -> Array:
    """max(‖a - y‖ₚ - ‖a - n‖ₚ + margin, 0) along `axis`: nearer to the positive than the negative.

    Args:
        anchors, positives, negatives: of one shape.
        axis: the axis of the vectors.
        p: the degree of the norm.
        margin: how much nearer.
        eps: added to the p-th power of a norm, whose root has no derivative at 0.
        reduction: 'none', 'mean' or 'sum'.

    >>> import oxmlx as ox
    >>> x = ox.numpy.array([1.0, 0.0])
    >>> triplet_loss(x, x, 3 * x, margin=3.0, eps=0.0)
    array(1., dtype=float32)
    """
    a, y, n = same_shape("triplet_loss", anchors=anchors, positives=positives, negatives=negatives)
    axis = axis_of("triplet_loss", axis, a.ndim)
    near, far = (((abs_(a - x) ** p).sum(axis) + eps) ** (1.0 / p) for x in (y, n))
    return reduced("triplet_loss", maximum(near - far + margin, 0.0), reduction)
