"""Attention with JAX's masks against `jax.nn.dot_product_attention`."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

import oxmlx as ox
from oxmlx import nn

onp = ox.numpy
RNG = np.random.default_rng(0)
Q, K, V = (RNG.normal(size=(2, n, h, 8)).astype(np.float32) for n, h in ((5, 4), (6, 2), (6, 2)))
MASK = RNG.uniform(size=(2, 4, 5, 6)) < 0.7
MASK[..., 0] = True
BIAS = RNG.normal(size=(1, 4, 5, 6)).astype(np.float32)

OPTIONS: list[Any] = [
    {},
    {"scale": 0.1},
    {"is_causal": True},
    {"mask": MASK},
    {"mask": MASK[:, :1]},
    {"bias": BIAS},
    {"bias": BIAS, "mask": MASK, "is_causal": True},
    pytest.param({"local_window_size": 1}, marks=pytest.mark.jax("0.8.2")),
    pytest.param({"local_window_size": (2, 0)}, marks=pytest.mark.jax("0.8.2")),
    {"key_value_seq_lengths": np.array([3, 6], np.int32)},
    pytest.param(
        {"query_seq_lengths": np.array([2, 5], np.int32), "is_causal": True},
        marks=pytest.mark.jax("0.7.2"),
    ),
    {
        "query_seq_lengths": np.array([2, 4], np.int32),
        "key_value_seq_lengths": np.array([4, 1], np.int32),
        "bias": BIAS,
    },
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "-".join(o))
def test_it_is_that_of_jax(options: dict[str, Any]) -> None:
    y = nn.dot_product_attention(*map(onp.array, (Q, K, V)), **options)
    wanted = jax.nn.dot_product_attention(Q, K, V, **options)
    np.testing.assert_allclose(y, wanted, rtol=2e-5, atol=2e-6)
    w = np.cos(np.arange(Q.size, dtype=np.float32)).reshape(Q.shape)
    grads = ox.grad(
        lambda q, k, v: onp.sum(onp.array(w) * nn.dot_product_attention(q, k, v, **options)),
        (0, 1, 2),
    )(*map(onp.array, (Q, K, V)))
    expected = jax.grad(
        lambda q, k, v: (w * jax.nn.dot_product_attention(q, k, v, **options)).sum(), (0, 1, 2)
    )(Q, K, V)
    for a, b in zip(grads, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_without_a_batch_axis() -> None:
    y = nn.dot_product_attention(*(onp.array(x[0]) for x in (Q, K, V)), is_causal=True)
    wanted = jax.nn.dot_product_attention(Q[0], K[0], V[0], is_causal=True)
    np.testing.assert_allclose(y, wanted, rtol=2e-5, atol=2e-6)
