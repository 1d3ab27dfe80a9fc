"""Values at the edges of arithmetic."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import oxmlx as ox
from differences.rows import row

onp = ox.numpy


@row("integer division by zero")
def division_by_zero() -> None:
    assert ((jnp.array(5) // 0).item(), (jnp.array(5) % 0).item()) == (-2, 0)
    assert ((onp.array(5) // 0).item(), (onp.array(5) % 0).item()) == (-1, 5)
    for x in (5, -5, 0):
        a = onp.array(x)
        assert (0 * (a // 0) + a % 0).item() == x


@row("subnormal numbers")
def subnormals() -> None:
    x = np.float32(1e-40)
    assert jax.jit(lambda x: x * 2)(x) == 0
    assert ox.jit(lambda x: x * 2)(x).item() == pytest.approx(2e-40, rel=1e-4)
    assert jnp.exp(-100.0) == 0
    assert onp.exp(-100.0).item() == pytest.approx(3.8e-44, rel=0.02)


@row("quantiles of infinities")
def quantiles() -> None:
    x = [-np.inf, 1.0, 2.0, np.inf]
    assert np.isnan(jnp.quantile(jnp.array(x), 0.0))
    assert onp.quantile(onp.array(x), onp.array([0.0, 1.0])).tolist() == [-np.inf, np.inf]


@row("convolution with an empty window")
def empty_window() -> None:
    shapes = (1, 1, 2), (1, 1, 0)
    with pytest.raises(ValueError, match="window to have positive value"):
        jax.lax.conv_general_dilated(*map(jnp.ones, shapes), (1,), [(0, 0)])
    out = ox.lax.conv_general_dilated(*map(onp.ones, shapes), (1,), [(0, 0)])
    assert out.tolist() == [[[0, 0, 0]]]


@row("activations of integers")
def integer_activations() -> None:
    for name in ("sigmoid", "softplus", "silu"):
        wanted = getattr(ox.nn, name)(onp.array(2.0))
        assert getattr(ox.nn, name)(onp.array(2)).item() == wanted.item()
    with pytest.raises(TypeError):
        jax.nn.sigmoid(jnp.array(2))
