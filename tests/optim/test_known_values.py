"""Values known from elsewhere: by hand, from MLX, from torch."""

from __future__ import annotations

from typing import Any

import mlx.core as mx
import mlx.optimizers as mlx_optim
import numpy as np
import pytest

import oxmlx as ox
from oxmlx import optim


def steps(tx: Any, params: Any, grads: Any, count: int) -> Any:
    state = tx.init(params)
    for _ in range(count):
        updates, state = tx.update(grads, state, params)
        params = optim.apply_updates(params, updates)
    return np.asarray(params)


P, G = np.array([1.0, 2.0]), np.array([0.1, 0.2])


@pytest.mark.parametrize(
    ("tx", "params", "grads", "count", "wanted"),
    [
        (optim.sgd(0.1, 0.9), P, np.ones(2), 2, [0.71, 1.71]),
        (optim.adamw(1e-3, weight_decay=0.01), P, G, 1, [0.998990, 1.998980]),
        (
            optim.adamw(1e-3, weight_decay=0.01, bias_correction=False),
            *(P, G, 1, [0.996828, 1.996818]),
        ),
        (optim.adam(1e-3), 1.0, 1.0, 2, 0.9980000),
        (optim.adam(1e-3, bias_correction=False), 1.0, 1.0, 2, 0.9925882),
    ],
)
def test_a_few_steps(tx: Any, params: Any, grads: Any, count: int, wanted: Any) -> None:
    np.testing.assert_allclose(steps(tx, params, grads, count), wanted, rtol=0, atol=1e-6)


def test_linear_regression_finds_the_line() -> None:
    x = ox.device_put(np.linspace(-2, 2, 32, dtype=np.float32))
    y = 3 * x + 2
    tx = optim.sgd(0.02)
    value = ox.grad(lambda p: ((p["w"] * x + p["b"] - y) ** 2 @ (0 * x + 1)) / 32)

    @ox.jit
    def step(params: Any, state: Any) -> Any:
        updates, state = tx.update(value(params), state, params)
        return optim.apply_updates(params, updates), state

    params = {"w": 0.0, "b": 0.0}
    state = tx.init(params)
    for _ in range(1000):
        params, state = step(params, state)
    assert float(params["w"]) == pytest.approx(3, abs=1e-3)
    assert float(params["b"]) == pytest.approx(2, abs=1e-3)


def test_halving_every_ten_steps() -> None:
    for schedule in (
        optim.piecewise_constant_schedule(0.1, {10: 0.5, 20: 0.5}),
        optim.exponential_decay(0.1, 10, 0.5, staircase=True),
    ):
        values = [float(schedule(n)) for n in (0, 9, 10, 20)]
        assert values == pytest.approx([0.1, 0.1, 0.05, 0.025])


def test_cosine_stays_down_after_the_end() -> None:
    schedule = optim.cosine_decay_schedule(0.1, 100, alpha=0.01)
    values = [float(schedule(n)) for n in (0, 50, 100, 150, 10**6)]
    assert values == pytest.approx([0.1, 0.0505, 0.001, 0.001, 0.001], rel=1e-6)
    mlx = mlx_optim.cosine_decay(0.1, 100, 0.001)
    assert values[:4] == pytest.approx([mlx(mx.array(n)).item() for n in (0, 50, 100, 150)])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (optim.sgd(0.1, 0.9), lambda o: o.SGD(0.1, momentum=0.9)),
        (optim.sgd(0.1, 0.9, nesterov=True), lambda o: o.SGD(0.1, momentum=0.9, nesterov=True)),
        (optim.adam(0.01, bias_correction=False), lambda o: o.Adam(0.01)),
        (optim.adam(0.01), lambda o: o.Adam(0.01, bias_correction=True)),
        (
            optim.adamw(0.01, 0.8, 0.99, weight_decay=0.1, bias_correction=False),
            lambda o: o.AdamW(0.01, betas=[0.8, 0.99], weight_decay=0.1),
        ),
        (
            optim.lion(0.01, 0.9, 0.99, weight_decay=0.1),
            lambda o: o.Lion(0.01, betas=[0.9, 0.99], weight_decay=0.1),
        ),
        (
            optim.rmsprop(0.01, decay=0.99, eps_in_sqrt=False),
            lambda o: o.RMSprop(0.01, alpha=0.99),
        ),
        (optim.adagrad(0.1, 0.0, 0.0), lambda o: o.Adagrad(0.1, eps=1e-30)),
    ],
)
def test_mlx_does_the_same(ours: Any, theirs: Any) -> None:
    rng = np.random.default_rng(0)
    start = rng.normal(size=(3, 4)).astype(np.float32)
    noise = rng.normal(size=(20, 3, 4)).astype(np.float32)
    params, state = start, ours.init(start)
    other, optimizer = {"w": mx.array(start)}, theirs(mlx_optim)
    for n in noise:
        updates, state = ours.update(n, state, params)
        params = optim.apply_updates(params, updates)
        other = optimizer.apply_gradients({"w": mx.array(n)}, other)
    np.testing.assert_allclose(np.asarray(params), np.array(other["w"]), rtol=1e-6, atol=2e-6)
