"""The whole stack on a small scale, in the order in which a newcomer meets it: a few seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
import oxmlx.numpy as jnp
from oxmlx import nn, optim

KINDS = {device.kind for device in ox.devices()}


@pytest.fixture(params=["reference", "cpu"], autouse=True)
def device(request: pytest.FixtureRequest) -> Any:
    if request.param not in KINDS:
        pytest.skip("llvmlite has no wheel for this platform")
    with ox.default_device(request.param):
        yield request.param


@pytest.fixture
def x(device: str) -> Any:
    return ox.array([1.0, 2.0, 3.0])


def f(x: Any) -> Any:
    """Σ x sin x; its gradient is sin x + x cos x"""
    return jnp.sum(x * jnp.sin(x))


def close(x: Any, y: Any) -> bool:
    return np.allclose(np.asarray(x), np.asarray(y), rtol=1e-5, atol=1e-6)


def test_trace_and_print(x: Any) -> None:
    assert str(ox.make_jaxpr(f)(x)) == (
        "{ lambda ; a:f32[3]. let\n"
        "    b:f32[3] = sin a\n"
        "    c:f32[3] = mul a b\n"
        "    d:f32[] = reduce_sum[axes=(0,)] c\n"
        "  in (d,) }"
    )


def test_run(x: Any, device: str) -> None:
    assert jnp.zeros(2).device.kind == device
    assert close(f(x), np.sum(np.asarray(x) * np.sin(np.asarray(x))))


def test_transform(x: Any) -> None:
    a = np.asarray(x)
    slope, bend = np.sin(a) + a * np.cos(a), 2 * np.cos(a) - a * np.sin(a)
    assert close(ox.grad(f)(x), slope)
    assert close(ox.jvp(f, (x,), (x,))[1], slope @ a)
    assert close(ox.vjp(f, x)[1](2.0)[0], 2 * slope)
    assert close(ox.hessian(f)(x), np.diag(bend))
    assert close(ox.vmap(ox.grad(f))(jnp.stack([x, 2 * x]))[0], slope)
    assert close(ox.grad(ox.checkpoint(f))(x), slope)


def test_compile(x: Any) -> None:
    slow = ox.value_and_grad(f)
    fast = ox.jit(slow)
    for n in (1.0, 2.0):
        assert all(close(a, b) for a, b in zip(fast(n * x), slow(n * x), strict=True))
    assert fast.traces == 1


def test_loop_and_branch(x: Any) -> None:
    def step(total: Any, y: Any) -> Any:
        total = ox.lax.cond(y > 1.5, lambda: total + y, lambda: total * 2.0)
        return total, total

    def last(start: Any) -> Any:
        return ox.lax.scan(step, start, x)[0]

    assert close(ox.jit(last)(4.0), (4.0 * 2 + 2) + 3)
    assert close(ox.jit(ox.grad(last))(4.0), 2.0)
    assert close(ox.lax.while_loop(lambda n: n < 100, lambda n: 2 * n, 3), 192)


def test_a_rule_of_ones_own(x: Any) -> None:
    @ox.custom_vjp
    def clipped(x: Any) -> Any:
        return x * x

    clipped.defvjp(lambda x: (x * x, x), lambda x, ct: (jnp.clip(2 * x * ct, -3, 3),))
    assert close(ox.jit(ox.vmap(ox.grad(clipped)))(x), [2, 3, 3])


def test_random_numbers() -> None:
    key = ox.random.key(0)
    assert ox.random.bits(key, (2,)).tolist() == [4070199207, 4202968722]
    assert abs(float(ox.random.normal(key, (1000,)).mean())) < 0.1


class Net(nn.Module):
    first: nn.Linear
    norm: nn.LayerNorm
    last: nn.Linear

    def __init__(self, *, key: Any) -> None:
        k1, k2 = ox.random.split(key)
        self.first, self.norm = nn.Linear(2, 16, key=k1), nn.LayerNorm(16)
        self.last = nn.Linear(16, 1, key=k2)

    def __call__(self, x: Any) -> Any:
        return self.last(nn.gelu(self.norm(self.first(x))))


def test_train_save_and_load(tmp_path: Path) -> None:
    model = Net(key=ox.random.key(1))
    tx = optim.chain(optim.clip_by_global_norm(1.0), optim.adamw(3e-2))
    x = ox.random.normal(ox.random.key(2), (64, 2))
    y = x[:, :1] * x[:, 1:]

    @ox.jit
    def step(model: Net, state: Any) -> Any:
        loss, gradient = ox.value_and_grad(lambda m: jnp.mean((m(x) - y) ** 2))(model)
        updates, state = tx.update(gradient, state, model)
        return optim.apply_updates(model, updates), state, loss

    state, losses = tx.init(model), []
    for _ in range(40):
        model, state, loss = step(model, state)
        losses.append(float(loss))
    assert losses[-1] < 0.1 * losses[0]
    assert step.traces == 1

    ox.io.save(tmp_path / "net.safetensors", model.state_dict())
    other = Net(key=ox.random.key(3)).load_state_dict(ox.io.load(tmp_path / "net.safetensors"))
    assert other(x).tolist() == model(x).tolist()


def test_mistakes_say_what_to_do(x: Any) -> None:
    with pytest.raises(ox.errors.ShapeError, match="broadcast"):
        x + jnp.ones(4)
    with pytest.raises(ox.errors.ConcretizationError, match="test_tiny"):
        ox.jit(lambda x: 1.0 if x > 0 else 2.0)(1.0)
