"""Attention: against MLX and JAX, masks and their alignment, heads that share keys, caches."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import mlx.core as mx
import mlx.nn
import numpy as np
import pytest
from agreement import agree

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import ShapeError

onp = ox.numpy
RNG = np.random.default_rng(0)
sdpa = nn.scaled_dot_product_attention


def some(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype(np.float32)


def reference(q: Any, k: Any, v: Any, scale: float, mask: Any = None) -> Any:
    """In float64: [B, N, Tq, D] and [B, M, Tk, D], a bool mask."""
    n = q.shape[1] // k.shape[1]
    k, v = jnp.repeat(k, n, 1), jnp.repeat(v, n, 1)
    s = jnp.einsum("bhid,bhjd->bhij", q * scale, k)
    if mask is not None:
        s = jnp.where(mask, s, -1e300)
    return jnp.einsum("bhij,bhjd->bhid", jax.nn.softmax(s, -1), v)


def lower_right(queries: int, keys: int) -> np.ndarray:
    return np.arange(keys) <= np.arange(queries)[:, None] + keys - queries


@pytest.mark.parametrize(("heads", "kv"), [(1, 1), (4, 4), (4, 2), (6, 1)])
@pytest.mark.parametrize(
    ("queries", "keys", "d", "dv"), [(4, 4, 16, 16), (32, 32, 64, 64), (2, 4, 8, 3), (1, 7, 8, 8)]
)
@pytest.mark.parametrize("mask", [None, "causal", "bool", "add"])
def test_values_are_those_of_mlx(
    heads: int, kv: int, queries: int, keys: int, d: int, dv: int, mask: Any
) -> None:
    q, k, v = some(2, heads, queries, d), some(2, kv, keys, d), some(2, kv, keys, dv)
    given: Any = mask
    if mask == "bool":
        given = (RNG.uniform(size=(2, heads, queries, keys)) < 0.7) | (np.arange(keys) == 0)
    elif mask == "add":
        given = some(heads, queries, keys)
    theirs = mx.array(given) if isinstance(given, np.ndarray) else given
    if dv != d:  # mlx wants one extent
        theirs_v = np.concatenate([v, np.zeros((2, kv, keys, d - dv), np.float32)], -1)
    else:
        theirs_v = v
    wanted = mx.fast.scaled_dot_product_attention(
        mx.array(q), mx.array(k), mx.array(theirs_v), scale=0.3, mask=theirs
    )
    y = sdpa(*map(onp.array, (q, k, v)), scale=0.3, mask=given)
    np.testing.assert_allclose(y, np.array(wanted)[..., :dv], rtol=2e-5, atol=2e-6)


def test_causal_masks_are_aligned_at_the_lower_right() -> None:
    q, k, v = some(1, 1, 2, 4), some(1, 1, 4, 4), some(1, 1, 4, 4)
    y = sdpa(*map(onp.array, (q, k, v)), scale=0.5, mask="causal")
    with jax.enable_x64(True):
        wanted = reference(*(jnp.array(x, float) for x in (q, k, v)), 0.5, lower_right(2, 4))
    np.testing.assert_allclose(y, wanted, rtol=1e-5, atol=1e-6)
    first = sdpa(*map(onp.array, (q, k[:, :, :3], v[:, :, :3])), scale=0.5)
    np.testing.assert_allclose(y[:, :, 0], first[:, :, 0], rtol=1e-5)
    one = sdpa(*map(onp.array, (q[:, :, 1:], k, v)), scale=0.5, mask="causal")
    np.testing.assert_allclose(y[:, :, 1:], one, rtol=1e-5)


def test_a_query_that_sees_nothing_gets_the_mean() -> None:
    q, k, v = (onp.array(some(1, 2, 3, 4)) for _ in range(3))
    mask = np.ones((3, 3), bool)
    mask[1] = False
    y = np.asarray(sdpa(q, k, v, scale=0.5, mask=mask))
    np.testing.assert_allclose(y[:, :, 1], np.asarray(v).mean(2), rtol=1e-5)
    more = sdpa(onp.array(some(1, 1, 3, 4)), k[:, :1, :2], v[:, :1, :2], scale=0.5, mask="causal")
    np.testing.assert_allclose(more[0, 0, 0], np.asarray(v)[0, 0, :2].mean(0), rtol=1e-5)


@pytest.mark.parametrize(("heads", "kv", "causal"), [(2, 2, False), (4, 2, True)])
def test_every_transformation_agrees_with_jax(heads: int, kv: int, causal: bool) -> None:
    q, k, v = RNG.normal(size=(1, heads, 2, 3)), *(RNG.normal(size=(2, 1, kv, 3, 3)))
    mask = lower_right(2, 3) if causal else None
    agree(
        lambda q, k, v: sdpa(q, k, v, scale=0.4, mask="causal" if causal else None),
        lambda q, k, v: reference(q, k, v, 0.4, mask),
        *(q, k, v),
    )


def test_gradient_of_an_additive_mask() -> None:
    q, k, v, bias = *(RNG.normal(size=(3, 1, 2, 3, 4))), RNG.normal(size=(2, 3, 3))
    agree(
        lambda b: sdpa(*(onp.array(x, dtype="float64") for x in (q, k, v)), scale=0.5, mask=b),
        lambda b: jnp.einsum(
            "bhij,bhjd->bhid", jax.nn.softmax(jnp.einsum("bhid,bhjd->bhij", q / 2, k) + b, -1), v
        ),
        bias,
        skip=["float32"],  # q, k and v are float64
    )


def test_grouped_heads_under_vmap() -> None:
    q, k, v = some(3, 1, 4, 5, 8), some(3, 1, 2, 5, 8), some(3, 1, 2, 5, 8)
    f = lambda q, k, v: sdpa(q, k, v, scale=0.3, mask="causal")  # noqa: E731
    whole = ox.vmap(f)(*map(onp.array, (q, k, v)))
    for n in range(3):
        np.testing.assert_allclose(
            whole[n], f(*(onp.array(x[n]) for x in (q, k, v))), rtol=1e-5, atol=1e-6
        )


def test_sinks_take_their_share() -> None:
    q, k, v, sinks = some(2, 4, 3, 8), some(2, 2, 5, 8), some(2, 2, 5, 8), some(4)
    wanted = mx.fast.scaled_dot_product_attention(
        *map(mx.array, (q, k, v)), scale=0.3, mask="causal", sinks=mx.array(sinks)
    )
    ours = [onp.array(x) for x in (q, k, v)]
    y = sdpa(*ours, scale=0.3, mask="causal", sinks=onp.array(sinks))
    np.testing.assert_allclose(y, np.array(wanted), rtol=2e-5, atol=2e-6)
    grads = ox.grad(lambda s: onp.sum(sdpa(*ours, scale=0.3, sinks=s) * onp.array(q)))(
        onp.array(sinks)
    )
    extra = np.zeros((2, 2, 1, 8), np.float32)
    k2, v2 = (onp.array(np.concatenate([x, extra], 2)) for x in (k, v))
    column = lambda s: onp.concatenate(  # noqa: E731
        [onp.zeros((4, 3, 5)), onp.broadcast_to(onp.reshape(s, (4, 1, 1)), (4, 3, 1))], -1
    )
    other = ox.grad(
        lambda s: onp.sum(sdpa(ours[0], k2, v2, scale=0.3, mask=column(s)) * onp.array(q))
    )(onp.array(sinks))
    np.testing.assert_allclose(grads, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_computed_in_float32(dtype: str) -> None:
    q, k, v = (onp.array(some(1, 2, 16, 32)).astype(dtype) for _ in range(3))
    y = sdpa(q, k, v, scale=0.2, mask="causal")
    wide = sdpa(*(x.astype("float32") for x in (q, k, v)), scale=0.2, mask="causal")
    assert y.dtype.name == dtype
    np.testing.assert_array_equal(
        np.asarray(y, np.float32), np.asarray(wide.astype(dtype), np.float32)
    )


def test_it_is_one_equation() -> None:
    q = onp.ones((1, 2, 3, 4))
    jaxpr = ox.make_jaxpr(lambda q: sdpa(q, q, q, scale=0.5, mask="causal"))(q)
    assert [e.prim.label for e in jaxpr.eqns] == ["scaled_dot_product_attention"]


@pytest.mark.parametrize("bias", [False, True])
def test_multi_head_attention_is_that_of_mlx(bias: bool) -> None:
    ours = nn.MultiHeadAttention(8, 2, 6, 5, 7, bias=bias, key=ox.random.key(0))
    theirs = mlx.nn.MultiHeadAttention(8, 2, 6, 5, 7, bias=bias)
    theirs.load_weights([(n, mx.array(np.asarray(x))) for n, x in ours.state_dict().items()])
    q, k, v = some(3, 4, 6), some(3, 5, 5), some(3, 5, 7)
    np.testing.assert_allclose(
        ours(*map(onp.array, (q, k, v))), np.array(theirs(*map(mx.array, (q, k, v)))), rtol=1e-4,
        atol=1e-5,
    )  # fmt: skip


def attention(rope: Any = None) -> nn.GroupedQueryAttention:
    return nn.GroupedQueryAttention(12, 6, 2, rope=rope, key=ox.random.key(1))


def test_decoding_with_a_cache_is_decoding_at_once() -> None:
    layer = attention(nn.RoPE(2))
    x = onp.array(some(2, 7, 12))
    whole, none = layer(x, mask="causal")
    assert none is None
    step = ox.jit(lambda layer, x, cache: layer(x, cache=cache))
    cache: Any = nn.KVCache(2, 2, 10, 2)
    parts = []
    for piece in (x[:, :3], x[:, 3:4], x[:, 4:5], x[:, 5:6], x[:, 6:]):
        y, cache = step(layer, piece, cache)
        parts.append(y)
    assert int(cache.offset) == 7 and step.traces == 2
    np.testing.assert_allclose(onp.concatenate(parts, 1), whole, rtol=1e-4, atol=1e-5)


def test_a_mask_with_a_cache_hides_more() -> None:
    layer, x = attention(), onp.array(some(1, 4, 12))
    shown = np.ones((4, 6), bool)
    shown[:, 0] = False
    y, _ = layer(x, mask=shown, cache=nn.KVCache(1, 2, 6, 2))
    rest, _ = layer(x[:, 1:], mask="causal")
    np.testing.assert_allclose(y[:, 1:], rest, rtol=1e-4, atol=1e-5)


def test_the_cache_is_a_pytree_with_room_for_so_many() -> None:
    cache = nn.KVCache(1, 1, 4, 2, dtype="float16")
    assert len(ox.tree.leaves(cache)) == 3 and cache.capacity == 4
    ones = onp.ones((1, 1, 3, 2))
    cache = cache.update(ones, 2 * ones)
    assert cache.keys.dtype == np.float16 and int(cache.offset) == 3
    assert np.asarray(cache.values)[0, 0, :, 0].tolist() == [2, 2, 2, 0]
    np.testing.assert_array_equal(cache.mask(2), [[1, 1, 0, 0], [1, 1, 1, 0]])
    with pytest.raises(ShapeError, match="got 3 positions after 3 of 4"):
        cache.update(ones, ones)
    late = ox.jit(lambda c, x: c.update(x, x))(cache, ones)
    assert np.isnan(np.asarray(late.keys)).any()
    with pytest.raises(ShapeError, match=r"got f32\[1,2,3,2\] for a cache"):
        cache.update(onp.ones((1, 2, 3, 2)), ones)
