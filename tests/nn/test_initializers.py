"""Initial values against `jax.nn.initializers`: the same bits of randomness, the same arrays."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

import oxmlx as ox
from oxmlx.nn import initializers as ours

theirs = jax.nn.initializers
onp = ox.numpy
SCALED = [
    *("glorot_uniform", "glorot_normal", "xavier_uniform", "xavier_normal", "lecun_uniform"),
    *("lecun_normal", "he_uniform", "he_normal", "kaiming_uniform", "kaiming_normal"),
]


def same(init: Any, wanted: Any, shape: tuple[int, ...], rtol: float = 1e-5) -> None:
    x = init(ox.random.key(3), shape)
    y = wanted(jax.random.key(3), shape, np.float32)
    assert x.dtype == np.float32
    np.testing.assert_allclose(x, y, rtol=rtol, atol=1e-7)


@pytest.mark.parametrize("name", SCALED)
@pytest.mark.parametrize(
    "options",
    [{}, {"in_axis": 0, "out_axis": 1}, {"in_axis": (1, 2), "out_axis": 0, "batch_axis": 3}],
    ids=str,
)
def test_scaled_ones(name: str, options: dict[str, Any]) -> None:
    shape = (5, 4, 3, 2)
    same(getattr(ours, name)(**options), getattr(theirs, name)(**options), shape)


@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg", "fan_geo_avg"])
@pytest.mark.parametrize("distribution", ["truncated_normal", "normal", "uniform"])
def test_variance_scaling(mode: Any, distribution: Any) -> None:
    args = 1.7, mode, distribution
    same(ours.variance_scaling(*args), theirs.variance_scaling(*args), (30, 40))
    x = np.asarray(ours.variance_scaling(*args)(ox.random.key(0), (300, 200)))
    fan = {"fan_in": 300, "fan_out": 200, "fan_avg": 250, "fan_geo_avg": 60000**0.5}[mode]
    assert abs(x.var() * fan / 1.7 - 1) < 0.02 and abs(x.mean()) < 1e-3


def test_plain_ones() -> None:
    same(ours.normal(0.3), theirs.normal(0.3), (7, 3))
    same(ours.uniform(0.3), theirs.uniform(0.3), (7, 3))
    same(ours.truncated_normal(0.3, lower=-1.0), theirs.truncated_normal(0.3, lower=-1.0), (7, 3))
    same(ours.zeros, theirs.zeros, (2, 3))
    same(ours.ones, theirs.ones, (2, 3))
    same(ours.constant(4.0), theirs.constant(4.0), (2, 3))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_dtypes(dtype: str) -> None:
    key = ox.random.key(0)
    for init in (ours.normal(), ours.he_normal(), ours.uniform(), ours.truncated_normal()):
        assert init(key, (3, 2), dtype).dtype.name == dtype
    assert ours.lecun_normal(dtype=dtype)(key, (3, 2)).dtype.name == dtype
    assert ours.constant(1, dtype)(key, (2,)).dtype.name == dtype
