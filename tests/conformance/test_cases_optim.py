"""facts/cases.md, groups 19 and 20: a line that is found, and steps known in every digit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx import optim

onp = ox.numpy


def test_19_linear_regression() -> None:
    x = onp.linspace(-2, 2, 32)
    y, tx = 3 * x + 2, optim.sgd(0.02)
    slope = ox.grad(lambda p: onp.mean((p["w"] * x + p["b"] - y) ** 2))

    def step(_: Any, carry: Any) -> Any:
        params, state = carry
        updates, state = tx.update(slope(params), state, params)
        return optim.apply_updates(params, updates), state

    params = {"w": onp.zeros(()), "b": onp.zeros(())}
    params, _ = ox.lax.fori_loop(0, 1000, step, (params, tx.init(params)))
    assert params["w"].item() == pytest.approx(3, abs=1e-3)
    assert params["b"].item() == pytest.approx(2, abs=1e-3)


CASES = {
    "sgd with momentum": (optim.sgd(0.1, momentum=0.9), [1, 2], [1, 1], 2, [0.71, 1.71]),
    "adamw": (optim.adamw(1e-3, weight_decay=0.01), [1, 2], [0.1, 0.2], 1, [0.998990, 1.998980]),
    "adamw, moments as they are": (
        optim.adamw(1e-3, weight_decay=0.01, bias_correction=False),
        *([1, 2], [0.1, 0.2], 1, [0.996828, 1.996818]),
    ),
    "adam": (optim.adam(1e-3), [1], [1], 2, [0.9980000]),
    "adam, moments as they are": (
        optim.adam(1e-3, bias_correction=False),
        *([1], [1], 2, [0.9925882]),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_20_steps_with_bias_correction_unless_told_otherwise(name: str) -> None:
    tx, start, gradient, count, want = CASES[name]
    p, g = onp.array(start, dtype="float32"), onp.array(gradient, dtype="float32")
    state = tx.init(p)
    for _ in range(count):
        updates, state = tx.update(g, state, p)
        p = optim.apply_updates(p, updates)
    np.testing.assert_allclose(p, want, rtol=0, atol=1e-6)


def test_20_weight_decay_sees_the_parameter_before_the_step() -> None:
    p = onp.array(2.0)
    tx = optim.adamw(0.5, weight_decay=0.25)
    updates, _ = tx.update(onp.array(1.0), tx.init(p), p)
    want = 2 - 0.5 * (1 + 0.25 * 2)
    assert optim.apply_updates(p, updates).item() == pytest.approx(want, abs=1e-5)


def test_20_schedules() -> None:
    halves = optim.exponential_decay(0.1, 10, 0.5, staircase=True)
    np.testing.assert_allclose([halves(t) for t in (0, 9, 10, 20)], [0.1, 0.1, 0.05, 0.025])
    wave = optim.cosine_decay_schedule(0.1, 100)
    np.testing.assert_allclose([wave(t) for t in (0, 50, 100, 150)], [0.1, 0.05, 0, 0], atol=1e-8)
