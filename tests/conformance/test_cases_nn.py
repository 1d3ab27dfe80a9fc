"""facts/cases.md, groups 4, 5, 16, 17 and 18: norms, activations, rotary positions, attention."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
import pytest
from weighted import pull, weights

import oxmlx as ox
from oxmlx.errors import ShapeError

onp, nn = ox.numpy, ox.nn
FIRST = [1.0, 0.0, 0.0]


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def rms_norm(x: Any, eps: float = 1e-5) -> Any:
    return nn.rms_norm(x, None, eps)


def layer_norm(x: Any, eps: float = 1e-5) -> Any:
    return nn.layer_norm(x, None, None, eps)


def test_04_rms_norm() -> None:
    slope = pull(rms_norm, FIRST, onp.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(slope, [0.4298446, -0.0661298, -0.0991947], atol=1e-7)
    assert rms_norm(onp.zeros(3)).tolist() == [0, 0, 0]
    assert np.isnan(rms_norm(onp.zeros(3), 0.0)).all()
    half = rms_norm(onp.full(4, 300, dtype="float16"))  # whose square overflows
    assert (half.tolist(), half.dtype) == ([1, 1, 1, 1], np.float16)


def test_04_rms_norm_where_eps_dominates() -> None:
    x = np.array([1e-4, 2e-4, 3e-4])
    scale = 1 / np.sqrt((x**2).mean() + 1e-5)
    want = scale * np.eye(3)[0] - x[0] * x * scale**3 / 3
    np.testing.assert_allclose(pull(rms_norm, FIRST, onp.array(x)), want, rtol=1e-5)


def test_05_layer_norm() -> None:
    constant = onp.full(3, 3.0)
    assert layer_norm(constant).tolist() == [0, 0, 0]
    slope = pull(layer_norm, FIRST, constant)
    np.testing.assert_allclose(slope, [210.8185, -105.4093, -105.4093], rtol=1e-6)
    slope = pull(layer_norm, FIRST, onp.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(slope, [0.2041318, -0.4082452, 0.2041134], atol=2e-7)


def test_05_a_large_mean_costs_no_accuracy_as_in_mlx() -> None:
    x = onp.array([10000.0, 10001.0, 10002.0, 10003.0])
    want = [-1.34164, -0.44721, 0.44721, 1.34164]
    for f in (layer_norm, nn.standardize, lambda x: nn.LayerNorm(4)(x)):
        np.testing.assert_allclose(f(x), want, atol=1e-5)


def test_05_two_passes_hold_their_promise() -> None:
    x = normal(64, 96) * 3 + 100
    exact = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)
    single = np.asarray(x, np.float32).astype(np.float64)
    centred = single - single.mean(1, keepdims=True)
    rounded = centred / np.sqrt((centred**2).mean(1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(layer_norm(onp.array(x)), rounded, atol=2e-6 * 4)
    np.testing.assert_allclose(layer_norm(onp.array(x, dtype="float64")), exact, atol=1e-12)


def test_16_silu() -> None:
    x = onp.array([0.0, 1.0, -1.0, -1000.0, 1000.0, inf, -inf])
    want = [0, 0.7310586, -0.2689414, -0.0, 1000, inf, np.nan]
    np.testing.assert_allclose(nn.silu(x), want, rtol=1e-6)
    assert np.signbit(nn.silu(x)[3].item())
    slopes = ox.vmap(ox.grad(nn.silu))(onp.array([-100.0, -1000.0, 100.0, 0.0]))
    np.testing.assert_allclose(slopes, [0, 0, 1, 0.5], atol=1e-40)


def test_16_gelu_is_exact_as_in_torch_and_mlx_unless_asked() -> None:
    x = onp.array([1.0, -3.0])
    # Φ(-3) is 0.00134990; the -0.0040499 that the facts give is MLX's, rounded on its way.
    np.testing.assert_allclose(nn.gelu(x), [0.8413447, -0.0040497], rtol=2e-6)
    tanh = nn.gelu(x, approximate=True)
    np.testing.assert_allclose(tanh, [0.8411920, -0.0036374], rtol=2e-5)
    for approximate in (False, True):
        slope = ox.vmap(ox.grad(lambda x, a=approximate: nn.gelu(x, approximate=a)))
        assert slope(onp.array([30.0, -30.0])).tolist() == [1, 0]


def rope(x: Any, dims: int, offset: Any = 0, traditional: bool = False) -> Any:
    options = {"base": 10000.0, "scale": 1.0, "traditional": traditional}
    return nn.rope(onp.array(x), dims, offset=offset, **options)


def turned(x: np.ndarray, offset: Any, traditional: bool) -> np.ndarray:
    """Rotary positions in float64, by complex numbers; x is [B, T, D]."""
    half = x.shape[-1] // 2
    pairs = x.reshape(*x.shape[:-1], half, 2) if traditional else np.stack(np.split(x, 2, -1), -1)
    t = np.reshape(offset, (-1, 1, 1)) + np.arange(x.shape[1])[:, None]
    angle = t * 10000.0 ** (-np.arange(half) / half)
    z = (pairs[..., 0] + 1j * pairs[..., 1]) * np.exp(1j * angle)
    both = np.stack([z.real, z.imag], -1 if traditional else -2)
    return both.reshape(x.shape)


def test_17_rope() -> None:
    one = [-0.30117, 1.38177]
    np.testing.assert_allclose(rope([[[1.0, 1, 5, 6]]], 2, 1, True)[0, 0], [*one, 5, 6], atol=1e-5)
    want = [-0.30117, 0.98995, 1.38177, 1.00995]
    np.testing.assert_allclose(rope([[[0.0] * 4, [1.0] * 4]], 4)[0, 1], want, atol=1e-5)
    want = [0.86232, -0.50637, -0.84147, 0.54030]
    np.testing.assert_allclose(rope([[[1.0, 0, 0, 1]]], 4, 100, True)[0, 0], want, atol=1e-5)
    for dims in (3, 6, 0):
        with pytest.raises(ShapeError, match=r"dims must be even and lie in \[2, 4\]"):
            rope([[[1.0, 0, 0, 1]]], dims)


@pytest.mark.parametrize("traditional", [False, True])
@pytest.mark.parametrize("offset", [0, 5, [0, 7]])
def test_17_rope_of_a_batch(traditional: bool, offset: Any) -> None:
    x = normal(2, 17, 24)
    start = onp.array(offset) if isinstance(offset, list) else offset
    got = rope(x, 24, start, traditional)
    np.testing.assert_allclose(got, turned(x, offset, traditional), atol=2e-6)


@pytest.mark.parametrize("offset", [32_768, 131_072])
def test_17_rope_at_a_far_position_where_mlx_is_off_by_a_hundredth(offset: int) -> None:
    x = normal(1, 32, 24)
    np.testing.assert_allclose(rope(x, 24, offset), turned(x, offset, False), atol=1e-5)


def attention(q: np.ndarray, k: np.ndarray, v: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """In float64; a query that sees no key sees all alike."""
    shared = q.shape[1] // k.shape[1]
    k, v = (np.repeat(x, shared, axis=1) for x in (k, v))
    scores = np.where(seen, q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1]), -1e300)
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True) @ v


def sdpa(q: Any, k: Any, v: Any, mask: Any = None) -> Any:
    return nn.scaled_dot_product_attention(q, k, v, scale=q.shape[-1] ** -0.5, mask=mask)


@pytest.mark.parametrize(
    ("queries", "keys", "dims", "causal"),
    [
        *((4, 4, 16, False), (32, 32, 64, False), (8, 16, 32, True)),
        *((2, 4, 8, True), (1, 5, 8, True), (1, 5, 8, False)),
    ],
)
def test_18_attention_with_masks_lower_right_as_in_mlx(
    queries: int, keys: int, dims: int, causal: bool
) -> None:
    q, k, v = normal(2, 3, queries, dims), normal(2, 3, keys, dims), normal(2, 3, keys, dims)
    k, v = k * 0.9, v[..., ::-1] + 0.1
    seen = np.tril(np.ones((queries, keys), bool), keys - queries if causal else keys)
    want = attention(q, k, v, seen)
    arrays = [onp.array(x) for x in (q, k, v)]
    got = sdpa(*arrays, mask="causal" if causal else None)
    np.testing.assert_allclose(got, want, atol=2e-6)
    np.testing.assert_allclose(sdpa(*arrays, mask=onp.array(seen)), want, atol=2e-6)


def test_18_dot_product_attention_is_upper_left_as_in_jax() -> None:
    q, k = normal(1, 2, 1, 4), normal(1, 4, 1, 4, seed=1)
    got = nn.dot_product_attention(onp.array(q), onp.array(k), onp.array(k), is_causal=True)
    seen = np.tril(np.ones((2, 4), bool))
    want = attention(*(np.moveaxis(x, 2, 1) for x in (q, k, k)), seen)
    np.testing.assert_allclose(got, np.moveaxis(want, 1, 2), atol=2e-6)
    np.testing.assert_allclose(got[0, 0], k[0, 0], atol=1e-6)  # the first query: the first key


def test_18_a_query_that_sees_nothing_sees_all_alike() -> None:
    q, v = onp.array(normal(1, 1, 2, 4)), onp.array(normal(1, 1, 3, 4, seed=1))
    got = sdpa(q, v, v, onp.zeros((2, 3), bool))
    np.testing.assert_allclose(got[0, 0], [np.mean(v[0, 0], axis=0)] * 2, atol=1e-6)


def test_18_grouped_queries_under_vmap() -> None:
    q, kv = normal(5, 1, 4, 3, 8), normal(5, 1, 2, 6, 8, seed=1)
    got = ox.vmap(sdpa)(onp.array(q), onp.array(kv), onp.array(kv))
    for k in range(5):
        want = attention(q[k], kv[k], kv[k], np.ones((3, 6), bool))
        np.testing.assert_allclose(got[k], want, atol=2e-6)


def test_18_gradients_of_attention() -> None:
    shapes = (1, 2, 3, 4), (1, 1, 5, 4), (1, 1, 5, 4)
    xs = [onp.array(normal(*s, seed=k), dtype="float64") for k, s in enumerate(shapes)]
    w = weights(1, 2, 3, 4, dtype="float64")
    grads = pull(lambda *xs: sdpa(*xs, mask="causal"), w, *xs)
    for k, (x, g) in enumerate(zip(xs, grads, strict=True)):
        d = onp.array(normal(*x.shape, seed=9), dtype="float64")
        ends = [
            onp.sum(w * sdpa(*xs[:k], x + h * d, *xs[k + 1 :], "causal")) for h in (1e-6, -1e-6)
        ]
        slope = (ends[0] - ends[1]).item() / 2e-6
        assert onp.sum(g * d).item() == pytest.approx(slope, rel=1e-6)
