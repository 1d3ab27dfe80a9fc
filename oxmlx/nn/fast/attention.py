"""Attention."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from oxmlx import numpy as onp
from oxmlx.control.composite import composite
from oxmlx.dtypes import Dtype
from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.nn.precision import largest, widen
from oxmlx.numpy.arguments import Array, ArrayLike, inexact, value
from oxmlx.ops.convert import cast, promote_dtypes
from oxmlx.ops.dot import dot_general
from oxmlx.ops.identity import stop_gradient
from oxmlx.ops.logic import le
from oxmlx.ops.math import exp
from oxmlx.ops.select import maximum, select


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
            numbers to add; broadcast to [B, N, Tq, Tk]. A query that sees no key
            gets the mean of v.
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
    queries, keys, values = (inexact(x, who) for x in (q, k, v))
    check_heads(who, queries, keys, values)
    if isinstance(mask, str) and mask != "causal":
        raise ArgumentError(who, f"mask got {mask!r}", 'It takes "causal", an array or None.')
    causal = isinstance(mask, str)
    seen = None if mask is None or causal else value(mask, who)
    drains = None if sinks is None else inexact(sinks, who)
    if drains is not None and drains.shape != (queries.shape[1],):
        raise ShapeError(who, f"sinks must be one number a query head, got {drains.aval}")
    dtype = promote_dtypes(who, queries, keys, values)[0].dtype
    return _attention(
        queries, keys, values, seen, drains, scale=float(scale), causal=causal, dtype=dtype
    )


def check_heads(who: str, q: Any, k: Any, v: Any) -> None:
    """Refuse queries, keys and values that do not fit together."""
    got = f"got q {q.aval}, k {k.aval}, v {v.aval}"
    if not q.ndim == k.ndim == v.ndim == 4:
        raise ShapeError(
            who,
            f"wants [batch, heads, time, features], {got}",
            "Split the features into heads first, and move these before the time.",
        )
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
        last = onp.arange(keys - queries, keys, dtype="int32")
        mask = le(onp.arange(keys, dtype="int32"), onp.expand_dims(last, 1))
    if mask is not None:
        scores = masked(scores, mask, (batch, heads, queries, keys))
    top = largest(scores, (4,))
    if sinks is not None:
        sinks = onp.reshape(widen(sinks), (groups, shared, 1, 1))
        top = maximum(top, stop_gradient(sinks))
    e = exp(scores - top)
    total = e.sum(-1, keepdims=True)
    if sinks is not None:
        total = total + exp(sinks - top)
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
        raise ShapeError(
            "scaled_dot_product_attention",
            problem,
            "Its axes are [batch, heads, queries, keys]; leading ones may be left out.",
        )
    split = (1, 1) if have[1] == 1 else (groups, shared)
    mask = onp.reshape(mask, (have[0], *split, *have[2:]))
    if mask.dtype == np.bool_:
        return select(mask, scores, float(np.finfo(scores.dtype).min))
    return scores + cast(mask, scores.dtype)
