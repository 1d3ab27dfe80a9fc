"""How exact float32 and 16-bit floats are."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

import oxmlx as ox
from differences.rows import row

onp = ox.numpy


@row("running sums in float32")
def running_sums() -> None:
    x = np.full(10**6, 0.1, np.float32)
    exact = np.cumsum(x, dtype=np.float64)

    def error(sums: Any) -> float:
        """The largest of all prefixes, in halves of the last place."""
        return float(np.max(np.abs(np.asarray(sums, np.float64) / exact - 1)) * 2**24)

    assert error(jnp.cumsum(jnp.array(x))) > 3
    assert error(onp.cumsum(onp.array(x, device="cpu"))) <= 1


@row("variance of nn.standardize")
def standardize() -> None:
    x = [10000.0, 10001.0, 10002.0, 10003.0]
    assert abs(jax.nn.standardize(jnp.array(x))[0] + 474) < 1
    want = [-1.34164, -0.44721, 0.44721, 1.34164]
    np.testing.assert_allclose(ox.nn.standardize(onp.array(x)), want, atol=1e-5)


@row("16-bit softmax")
def softmax() -> None:
    n = 70_000
    assert jax.nn.softmax(jnp.ones(n, "float16"))[0] == 0
    got = float(ox.nn.softmax(onp.ones(n, dtype="float16"))[0])
    np.testing.assert_allclose(got, 1 / n, rtol=1e-2)


@row("16-bit optax.global_norm")
def global_norm() -> None:
    x = np.full(300, 300, np.float16)
    assert optax.global_norm(jnp.array(x)) == np.inf
    norm = ox.optim.global_norm(onp.array(x))
    np.testing.assert_allclose(norm, 300 * 300**0.5, rtol=1e-6)
