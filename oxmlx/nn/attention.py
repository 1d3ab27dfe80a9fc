"""Attention layers."""

from __future__ import annotations

from math import sqrt
from typing import Any, Literal, TypeAlias

from oxmlx import numpy as onp
from oxmlx import random
from oxmlx.dtypes import DtypeLike
from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.nn.cache import KVCache
from oxmlx.nn.fast import rope, scaled_dot_product_attention
from oxmlx.nn.linear import Linear
from oxmlx.nn.module import Module
from oxmlx.numpy.arguments import Array, ArrayLike

Mask: TypeAlias = 'Literal["causal"] | ArrayLike | None'


def split_heads(x: Any, heads: int) -> Any:
    """[B, T, H · D] → [B, H, T, D]"""
    if x.ndim != 3:
        raise ShapeError(
            "attention",
            f"wants [batch, time, features], got {x.aval}",
            "Add a batch axis with x[None].",
        )
    batch, time, features = x.shape
    return onp.moveaxis(onp.reshape(x, (batch, time, heads, features // heads)), 2, 1)


def join_heads(x: Any) -> Any:
    """[B, H, T, D] → [B, T, H · D]"""
    batch, heads, time, features = x.shape
    return onp.reshape(onp.moveaxis(x, 1, 2), (batch, time, heads * features))


def check_divides(who: str, n: int, m: int, what: str) -> None:
    """Refuse an n that does not divide m."""
    if n < 1 or m % n:
        raise ArgumentError(
            who, f"{what}: {m} cannot be divided by {n}", "Choose a number that divides it."
        )


class RoPE(Module):
    """Rotary positions: see `rope`.

    Args:
        dims: how many leading features are turned.
        traditional: pair neighbours, instead of the two halves.
        base: of the frequencies.
        scale: a factor of the positions.
        freqs: dims / 2 numbers that divide the positions, instead of those that `base` gives.

    >>> import oxmlx as ox
    >>> RoPE(2)(ox.numpy.array([[[1.0, 0.0], [1.0, 0.0]]]))[0, 1]
    array([0.5403023, 0.841471 ], dtype=float32)
    """

    dims: int
    traditional: bool = False
    base: float = 10000.0
    scale: float = 1.0
    freqs: tuple[float, ...] | None = None

    def __call__(self, x: ArrayLike, offset: int | ArrayLike = 0) -> Array:
        """x [B, ..., T, D] at the positions offset, offset + 1, … → the same shape"""
        return rope(
            x,
            self.dims,
            traditional=self.traditional,
            base=self.base if self.freqs is None else None,
            scale=self.scale,
            offset=offset,
            freqs=self.freqs,
        )


class MultiHeadAttention(Module):
    """Attention of queries to keys and values, each projected to several heads.

    Args:
        dims: the extent of the queries, the heads together, and the output.
        num_heads: how many heads; divides dims.
        query_input_dims, key_input_dims, value_input_dims: the extents of the inputs, if not dims.
        value_dims: of the projected values, if not dims.
        value_output_dims: of the output, if not dims.
        bias: whether the projections have one.
        key: for the projections.

    Raises:
        ArgumentError: num_heads does not divide dims.

    >>> import oxmlx as ox
    >>> attend = MultiHeadAttention(8, 2, key=ox.random.key(0))
    >>> x = ox.numpy.ones((1, 5, 8))
    >>> attend(x, x, x, mask="causal").shape
    (1, 5, 8)
    """

    query_proj: Linear
    key_proj: Linear
    value_proj: Linear
    out_proj: Linear
    num_heads: int

    def __init__(
        self,
        dims: int,
        num_heads: int,
        query_input_dims: int | None = None,
        key_input_dims: int | None = None,
        value_input_dims: int | None = None,
        value_dims: int | None = None,
        value_output_dims: int | None = None,
        bias: bool = False,
        *,
        key: Any,
        dtype: DtypeLike = "float32",
    ) -> None:
        value_dims = value_dims or dims
        for n, what in ((dims, "dims into heads"), (value_dims, "value_dims into heads")):
            check_divides("MultiHeadAttention", num_heads, n, what)
        key_input_dims = key_input_dims or dims
        q, k, v, o = random.split(key, 4)
        self.query_proj = Linear(query_input_dims or dims, dims, bias, key=q, dtype=dtype)
        self.key_proj = Linear(key_input_dims, dims, bias, key=k, dtype=dtype)
        inputs = value_input_dims or key_input_dims
        self.value_proj = Linear(inputs, value_dims, bias, key=v, dtype=dtype)
        self.out_proj = Linear(value_dims, value_output_dims or dims, bias, key=o, dtype=dtype)
        self.num_heads = num_heads

    def __call__(
        self, queries: ArrayLike, keys: ArrayLike, values: ArrayLike, mask: Mask = None
    ) -> Array:
        """queries [B, Tq, ·], keys and values [B, Tk, ·] → [B, Tq, dims]

        The mask is that of `scaled_dot_product_attention`.
        """
        q = split_heads(self.query_proj(queries), self.num_heads)
        k = split_heads(self.key_proj(keys), self.num_heads)
        v = split_heads(self.value_proj(values), self.num_heads)
        scale = 1 / sqrt(q.shape[-1])
        return self.out_proj(
            join_heads(scaled_dot_product_attention(q, k, v, scale=scale, mask=mask))
        )


class GroupedQueryAttention(Module):
    """Causal self-attention of a decoder: heads share keys and values, with positions and a cache.

    Args:
        dims: the extent of input and output.
        num_heads: how many query heads.
        num_kv_heads: how many heads of keys and values; divides num_heads, and is it by default.
        head_dim: the extent of a head; dims / num_heads by default.
        rope: turns queries and keys by their positions.
        bias: whether the projections have one.
        key: for the projections.

    Raises:
        ArgumentError: the numbers of heads do not divide.

    >>> import oxmlx as ox
    >>> attend = GroupedQueryAttention(8, 4, 2, rope=RoPE(2), key=ox.random.key(0))
    >>> x = ox.numpy.ones((1, 5, 8))
    >>> y, _ = attend(x, mask="causal")
    >>> again, cache = attend(x, cache=ox.nn.KVCache(1, 2, 16, 2))
    >>> y.shape, cache.offset, bool(abs(again - y).max() < 1e-6)
    ((1, 5, 8), array(5, dtype=int32), True)
    """

    q_proj: Linear
    k_proj: Linear
    v_proj: Linear
    o_proj: Linear
    rope: RoPE | None
    num_heads: int
    num_kv_heads: int

    def __init__(
        self,
        dims: int,
        num_heads: int,
        num_kv_heads: int | None = None,
        head_dim: int | None = None,
        rope: RoPE | None = None,
        bias: bool = False,
        *,
        key: Any,
        dtype: DtypeLike = "float32",
    ) -> None:
        who = "GroupedQueryAttention"
        num_kv_heads = num_heads if num_kv_heads is None else num_kv_heads
        check_divides(who, num_kv_heads, num_heads, "query heads among those of keys and values")
        if head_dim is None:
            check_divides(who, num_heads, dims, "dims into heads")
            head_dim = dims // num_heads
        q, k, v, o = random.split(key, 4)
        self.q_proj = Linear(dims, num_heads * head_dim, bias, key=q, dtype=dtype)
        self.k_proj = Linear(dims, num_kv_heads * head_dim, bias, key=k, dtype=dtype)
        self.v_proj = Linear(dims, num_kv_heads * head_dim, bias, key=v, dtype=dtype)
        self.o_proj = Linear(num_heads * head_dim, dims, bias, key=o, dtype=dtype)
        self.rope, self.num_heads, self.num_kv_heads = rope, num_heads, num_kv_heads

    def __call__(
        self, x: ArrayLike, mask: Mask = None, cache: KVCache | None = None
    ) -> tuple[Array, KVCache | None]:
        """x [B, T, dims] → ([B, T, dims], the cache with these positions too)

        With a cache a position sees itself and those before; a bool mask [..., T, capacity] hides
        more of them.
        """
        q = split_heads(self.q_proj(x), self.num_heads)
        k = split_heads(self.k_proj(x), self.num_kv_heads)
        v = split_heads(self.v_proj(x), self.num_kv_heads)
        if self.rope is not None:
            offset = 0 if cache is None else cache.offset
            q, k = self.rope(q, offset), self.rope(k, offset)
        if cache is not None:
            cache = cache.update(k, v)
            k, v = cache.keys, cache.values
            seen = cache.mask(q.shape[2])
            mask = seen if mask is None or isinstance(mask, str) else onp.logical_and(seen, mask)
        y = scaled_dot_product_attention(q, k, v, scale=1 / sqrt(q.shape[-1]), mask=mask)
        return self.o_proj(join_heads(y)), cache
