"""Normalisation, rotary positions and attention as composites, with the signatures of `mlx.core.fast`.

16-bit inputs are computed in float32 and rounded once, at the end.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from oxmlx import numpy as onp
from oxmlx.control.composite import composite
from oxmlx.dtypes import Dtype, is_float
from oxmlx.errors import ArgumentError, DtypeError, ShapeError
from oxmlx.numpy.arguments import Array, ArrayLike, inexact, value
from oxmlx.ops.convert import cast, promote_dtypes
from oxmlx.ops.dot import dot_general
from oxmlx.ops.identity import stop_gradient

FLOAT32 = np.dtype(np.float32)


def widen(x: Any) -> Any:
    """16-bit floats as float32; others as they are."""
    return cast(x, FLOAT32) if x.dtype.itemsize == 2 else x


def normalised_dtype(who: str, x: Any, **scales: Any) -> Dtype:
    """The dtype of a norm of x with these factors of its last axis.

    Raises:
        DtypeError: x is complex.
        ShapeError: x has no axis, or a factor is not of its last axis' shape.
    """
    if not is_float(x.dtype):
        raise DtypeError(who, f"needs real numbers, got {x.aval}")
    if x.ndim == 0:
        raise ShapeError(who, f"needs at least one axis, got {x.aval}")
    given = {name: s for name, s in scales.items() if s is not None}
    for name, s in given.items():
        if s.shape != x.shape[-1:]:
            raise ShapeError(
                who, f"{name} must be of shape {x.shape[-1:]}, got {s.aval} for {x.aval}"
            )
    return promote_dtypes(who, x, *given.values())[0].dtype


def rms_norm(x: ArrayLike, weight: ArrayLike | None, eps: float) -> Array:
    """x / √(mean(x²) + ε) · weight over the last axis.

    Args:
        x: [..., D].
        weight: [D], or None for ones.
        eps: added to the mean square.

    Raises:
        ShapeError: the weight is not of the shape of the last axis.

    >>> import oxmlx as ox
    >>> rms_norm(ox.numpy.array([300.0, 300.0], ox.dtypes.float16), None, 1e-5)
    array([1., 1.], dtype=float16)
    """
    x = inexact(x, "rms_norm")
    weight = None if weight is None else inexact(weight, "rms_norm")
    dtype = normalised_dtype("rms_norm", x, weight=weight)
    return _rms_norm(x, weight, eps=float(eps), dtype=dtype)


@composite("rms_norm")
def _rms_norm(x: Any, weight: Any, *, eps: float, dtype: Dtype) -> Any:
    x = widen(x)
    y = x * onp.reciprocal(onp.sqrt(onp.mean(x * x, axis=-1, keepdims=True) + eps))
    return cast(y if weight is None else y * widen(weight), dtype)


def layer_norm(x: ArrayLike, weight: ArrayLike | None, bias: ArrayLike | None, eps: float) -> Array:
    """(x - mean) / √(variance + ε) · weight + bias over the last axis, the variance in two passes.

    Args:
        x: [..., D].
        weight, bias: [D], or None for ones and zeros.
        eps: added to the variance.

    Raises:
        ShapeError: weight or bias is not of the shape of the last axis.

    >>> import oxmlx as ox
    >>> layer_norm(ox.numpy.array([10000.0, 10001.0, 10002.0, 10003.0]), None, None, 1e-5)
    array([-1.3416355 , -0.44721183,  0.44721183,  1.3416355 ], dtype=float32)
    """
    x = inexact(x, "layer_norm")
    weight, bias = (None if s is None else inexact(s, "layer_norm") for s in (weight, bias))
    dtype = normalised_dtype("layer_norm", x, weight=weight, bias=bias)
    return _layer_norm(x, weight, bias, eps=float(eps), dtype=dtype)


@composite("layer_norm")
def _layer_norm(x: Any, weight: Any, bias: Any, *, eps: float, dtype: Dtype) -> Any:
    x = widen(x)
    centred = x - onp.mean(x, axis=-1, keepdims=True)
    variance = onp.mean(centred * centred, axis=-1, keepdims=True)
    y = centred * onp.reciprocal(onp.sqrt(variance + eps))
    y = y if weight is None else y * widen(weight)
    return cast(y if bias is None else y + widen(bias), dtype)


def scaled_dot_product_attention(
    q: ArrayLike,
    k: ArrayLike,
    v: ArrayLike,
    *,
    scale: float,
    mask: Literal["causal"] | ArrayLike | None = None,
    sinks: ArrayLike | None = None,
) -> Array:
    """softmax(scale · q kᵀ + mask) v, for several heads; query heads may share keys and values.

    Args:
        q: [B, N, Tq, D].
        k: [B, M, Tk, D], where M divides N: query head n reads head n // (N / M).
        v: [B, M, Tk, Dv].
        scale: usually 1 / √D.
        mask: "causal" (the last query sees every key), bools that say which keys are seen, or
            numbers to add; broadcast to [B, N, Tq, Tk]. A query that sees no key gets the mean of v.
        sinks: [N], a logit a head that takes its share of the softmax and gives nothing.

    Returns:
        [B, N, Tq, Dv]

    Raises:
        ShapeError: the shapes do not fit.
        ArgumentError: the mask is a word other than "causal".

    >>> import oxmlx as ox
    >>> q = ox.numpy.ones((1, 1, 2, 4))
    >>> v = ox.numpy.arange(2.0).reshape(1, 1, 2, 1)
    >>> scaled_dot_product_attention(q, q, v, scale=0.5, mask="causal")[0, 0, :, 0]
    array([0. , 0.5], dtype=float32)
    """
    who = "scaled_dot_product_attention"
    q, k, v = (inexact(x, who) for x in (q, k, v))
    check_heads(who, q, k, v)
    if isinstance(mask, str):
        if mask != "causal":
            raise ArgumentError(who, f"mask got {mask!r}", 'It takes "causal", an array or None.')
        causal, mask = True, None
    else:
        causal, mask = False, None if mask is None else value(mask, who)
    if sinks is not None:
        sinks = inexact(sinks, who)
        if sinks.shape != (q.shape[1],):
            raise ShapeError(who, f"sinks must be one number a query head, got {sinks.aval}")
    dtype = promote_dtypes(who, q, k, v)[0].dtype
    return _attention(q, k, v, mask, sinks, scale=float(scale), causal=causal, dtype=dtype)


def check_heads(who: str, q: Any, k: Any, v: Any) -> None:
    """Refuse queries, keys and values that do not fit together."""
    got = f"got q {q.aval}, k {k.aval}, v {v.aval}"
    if not q.ndim == k.ndim == v.ndim == 4:
        raise ShapeError(who, f"wants [batch, heads, time, features], {got}")
    if q.shape[0] != k.shape[0] or k.shape[:3] != v.shape[:3] or q.shape[3] != k.shape[3]:
        raise ShapeError(who, f"batch, keys' heads and times, and features must agree, {got}")
    if k.shape[1] == 0 or q.shape[1] % k.shape[1]:
        raise ShapeError(who, f"the number of query heads must be a multiple of key heads, {got}")


@composite("scaled_dot_product_attention")
def _attention(
    q: Any, k: Any, v: Any, mask: Any, sinks: Any, *, scale: float, causal: bool, dtype: Dtype
) -> Any:
    batch, heads, queries, features = q.shape
    groups, keys = k.shape[1:3]
    shared = heads // groups
    q, k, v = (widen(x) for x in promote_dtypes("attention", q, k, v))
    q = onp.reshape(q * scale, (batch, groups, shared, queries, features))
    # [b, g, s, i, j] = Σ_d q[b, g, s, i, d] k[b, g, j, d]
    scores = dot_general(q, k, ((4,), (3,)), ((0, 1), (0, 1)))
    if causal:
        last = onp.arange(queries, dtype="int32") + (keys - queries)
        mask = onp.arange(keys, dtype="int32") <= onp.expand_dims(last, 1)
    if mask is not None:
        scores = masked(scores, mask, (batch, heads, queries, keys))
    top = onp.max(scores, axis=-1, keepdims=True, initial=-np.inf)
    if sinks is not None:
        sinks = onp.reshape(widen(sinks), (groups, shared, 1, 1))
        top = onp.maximum(top, sinks)
    top = stop_gradient(top)
    e = onp.exp(scores - top)
    total = onp.sum(e, axis=-1, keepdims=True)
    if sinks is not None:
        total = total + onp.exp(sinks - top)
    out = dot_general(e / total, v, ((4,), (2,)), ((0, 1), (0, 1)))
    return cast(onp.reshape(out, (batch, heads, queries, v.shape[3])), dtype)


def masked(scores: Any, mask: Any, shape: tuple[int, ...]) -> Any:
    """Scores [b, g, s, i, j] under a mask that broadcasts to [b, n, i, j].

    Raises:
        ShapeError: it does not.
    """
    groups, shared = scores.shape[1:3]
    have = (1,) * (4 - mask.ndim) + mask.shape
    if mask.ndim > 4 or any(n not in (1, m) for n, m in zip(have, shape, strict=True)):
        problem = f"the mask must broadcast to {shape}, got {mask.aval}"
        raise ShapeError("scaled_dot_product_attention", problem)
    split = (1, 1) if have[1] == 1 else (groups, shared)
    mask = onp.reshape(mask, (have[0], *split, *have[2:]))
    if mask.dtype == np.bool_:
        return onp.where(mask, scores, float(np.finfo(scores.dtype).min))
    return scores + cast(mask, scores.dtype)
