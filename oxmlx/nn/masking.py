"""Attention with the layout and the masks of `jax.nn`."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from oxmlx import numpy as onp
from oxmlx.errors import ArgumentError, DtypeError, ShapeError
from oxmlx.nn.fast import scaled_dot_product_attention
from oxmlx.numpy.arguments import Array, ArrayLike, inexact
from oxmlx.numpy.arguments import value as as_array
from oxmlx.ops.logic import lt


def dot_product_attention(
    query: ArrayLike,
    key: ArrayLike,
    value: ArrayLike,
    bias: ArrayLike | None = None,
    mask: ArrayLike | None = None,
    *,
    scale: float | None = None,
    is_causal: bool = False,
    query_seq_lengths: ArrayLike | None = None,
    key_value_seq_lengths: ArrayLike | None = None,
    local_window_size: int | tuple[int, int] | None = None,
    implementation: str | None = None,
) -> Array:
    """softmax(scale · q kᵀ + bias) v with time before heads, as in JAX.

    Args:
        query: [B, T, N, H], or without B.
        key, value: [B, S, K, H], where K divides N.
        bias: numbers to add, broadcast to [B, N, T, S].
        mask: bools that say which keys are seen, broadcast to [B, N, T, S].
        scale: 1 / √H by default.
        is_causal: a query sees keys up to its own position, counted from the start: upper-left,
            unlike `scaled_dot_product_attention`.
        query_seq_lengths, key_value_seq_lengths: [B], how many positions count; the output of
            other queries is 0.
        local_window_size: how many keys to the left and right of its position a query sees.
        implementation: None or "xla"; for JAX's argument order only.

    Raises:
        ShapeError: the shapes do not fit.
        ArgumentError: the implementation is unknown.
        DtypeError: the mask is not of bools.

    >>> import oxmlx as ox
    >>> q = ox.numpy.ones((2, 1, 4))
    >>> v = ox.numpy.arange(2.0).reshape(2, 1, 1)
    >>> dot_product_attention(q, q, v, is_causal=True)[:, 0, 0]
    array([0. , 0.5], dtype=float32)
    """
    who = "dot_product_attention"
    if implementation not in (None, "xla"):
        raise ArgumentError(
            who, f"implementation got {implementation!r}", "It takes None or 'xla'."
        )
    q, k, v = (inexact(x, who) for x in (query, key, value))
    if not q.ndim == k.ndim == v.ndim or q.ndim not in (3, 4):
        problem = f"wants [batch, time, heads, features], got {q.aval}, {k.aval}, {v.aval}"
        raise ShapeError(who, problem)
    batched = q.ndim == 4
    q, k, v = (onp.moveaxis(x if batched else onp.expand_dims(x, 0), 2, 1) for x in (q, k, v))
    times = q.shape[2], k.shape[2]
    seen = [*window(times, is_causal, local_window_size)]
    lengths = query_seq_lengths, key_value_seq_lengths
    kept = [None if n is None else below(n, t) for n, t in zip(lengths, times, strict=True)]
    seen += [onp.expand_dims(x, (1, 3 - axis)) for axis, x in enumerate(kept) if x is not None]
    if mask is not None:
        given: Any = as_array(mask, who)
        if given.dtype.kind != "b":
            problem = f"mask must be of bools, got {given.aval}"
            raise DtypeError(who, problem, "Numbers to add to the logits are passed as bias.")
        seen.append(given)
    out: Any = scaled_dot_product_attention(
        q, k, v, scale=1 / sqrt(q.shape[3]) if scale is None else scale, mask=joined(seen, bias)
    )
    if kept[0] is not None:
        out = onp.where(onp.expand_dims(kept[0], (1, 3)), out, 0.0)
    out = onp.moveaxis(out, 1, 2)
    return out if batched else onp.squeeze(out, 0)


def window(times: tuple[int, int], causal: bool, size: Any) -> list[Any]:
    """Which keys [T, S] each query may see by its position."""
    q: Any = onp.expand_dims(onp.arange(times[0], dtype="int32"), 1)
    k: Any = onp.arange(times[1], dtype="int32")
    left, right = (size, size) if isinstance(size, int) else size or (None, None)
    rules = [k <= q] if causal else []
    rules += [] if left is None else [k >= q - left, k <= q + right]
    return rules


def below(lengths: Any, time: int) -> Any:
    """Which positions [B, time] count."""
    n = as_array(lengths, "dot_product_attention")
    return lt(onp.arange(time, dtype="int32"), onp.expand_dims(n, 1))


def joined(seen: list[Any], bias: Any) -> Any:
    """One mask of all: bools, or numbers if there is a bias."""
    both: Any = None
    for rule in seen:
        both = rule if both is None else onp.logical_and(both, rule)
    if bias is None or both is None:
        return both if bias is None else bias
    least = float(np.finfo(np.float32).min)
    return onp.where(both, inexact(bias, "dot_product_attention"), least)
