"""ox.nn where it is not jax.nn."""

from __future__ import annotations

import inspect

import jax
import jax.numpy as jnp
import numpy as np

import oxmlx as ox
from differences.rows import row

onp, nn = ox.numpy, ox.nn


@row("nn.gelu")
def gelu() -> None:
    x = np.linspace(-3, 3, 7, dtype=np.float32)
    for approximate in (False, True):
        want = jax.nn.gelu(x, approximate=approximate)
        np.testing.assert_allclose(nn.gelu(onp.array(x), approximate=approximate), want, atol=1e-6)
    np.testing.assert_allclose(jax.nn.gelu(x), jax.nn.gelu(x, approximate=True))
    np.testing.assert_array_equal(nn.gelu(onp.array(x)), nn.gelu(onp.array(x), approximate=False))
    assert abs(jax.nn.gelu(1.0) - nn.gelu(1.0).item()) > 1e-4


@row("norms")
def norms() -> None:
    assert not hasattr(jax.nn, "layer_norm")
    for layer in (nn.LayerNorm, nn.RMSNorm, nn.GroupNorm, nn.BatchNorm):
        assert inspect.signature(layer).parameters["eps"].default == 1e-5


@row("causal masks")
def causal_masks() -> None:
    q, k = np.ones((1, 2, 1, 4), np.float32), np.ones((1, 4, 1, 4), np.float32)
    v = np.arange(4, dtype=np.float32).reshape(1, 4, 1, 1) * np.ones(4, np.float32)
    theirs = jax.nn.dot_product_attention(q, k, v, is_causal=True)[0, :, 0, 0]
    assert theirs.tolist() == [0, 0.5]
    same = nn.dot_product_attention(*map(onp.array, (q, k, v)), is_causal=True)
    assert same[0, :, 0, 0].tolist() == [0, 0.5]
    heads = (onp.moveaxis(onp.array(x), 2, 1) for x in (q, k, v))
    ours = nn.scaled_dot_product_attention(*heads, scale=0.5, mask="causal")
    assert ours[0, 0, :, 0].tolist() == [1, 1.5]
    assert jnp.tril(jnp.ones((2, 4))).tolist() == [[1, 0, 0, 0], [1, 1, 0, 0]]
