"""How fast are training steps on the CPU, against JAX with one thread?

    python bench/train.py

Each program is written once and run by both frameworks: a network, its gradient, AdamW over its
tree of parameters, jitted, with parameters and state donated. Above 1 we are faster. The times are
those of the process, for the cores may be shared; `first s` is the first call, with compiling.
"""

from __future__ import annotations


from command import FLAGS, Command, use_one_core

use_one_core()

Command(__doc__, "jax").start()

import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from report import interleaved, report

import oxmlx as ox

RNG = np.random.default_rng(0)
B1, B2, EPS, RATE, DECAY = 0.9, 0.999, 1e-8, 1e-3, 0.01


def normal(*shape: int) -> np.ndarray:
    """Numbers for a weight of this shape."""
    return (RNG.normal(size=shape) / shape[0] ** 0.5).astype(np.float32)


def cross_entropy(np_: Any, scores: Any, labels: Any) -> Any:
    """The mean over all but the last axis."""
    top = scores.max(-1, keepdims=True)
    log_sum = np_.log(np_.exp(scores - top).sum(-1)) + top[..., 0]
    picked = np_.take_along_axis(scores, labels[..., None], -1)[..., 0]
    return (log_sum - picked).mean()


def mlp(x: Any, params: Any, of: Any) -> Any:
    """x [B, 784]"""
    for w, b in params[:-1]:
        x = of.numpy.maximum(x @ w + b, 0)
    w, b = params[-1]
    return x @ w + b


def cnn(x: Any, params: Any, of: Any) -> Any:
    """x [B, 1, 28, 28]"""
    for w, b in params[:-1]:
        x = of.lax.conv_general_dilated(x, w, (2, 2), "SAME") + b[:, None, None]
        x = of.numpy.maximum(x, 0)
    w, b = params[-1]
    return x.reshape(x.shape[0], -1) @ w + b


def norm(x: Any, scale: Any, of: Any) -> Any:
    """RMS norm of the last axis."""
    return x * of.lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-5) * scale


def transformer(x: Any, params: Any, of: Any) -> Any:
    """x i32[B, T]: letters"""
    jnp = of.numpy
    table, places, layers, last = params
    x = table[x] + places
    count, dims = places.shape
    hidden = jnp.tril(jnp.ones((count, count), bool))
    for scale, qkv, out, scale2, up, down in layers:
        y = norm(x, scale, of) @ qkv
        q, k, v = (
            p.reshape(-1, count, 4, dims // 4).transpose(0, 2, 1, 3) for p in jnp.split(y, 3, -1)
        )
        scores = q @ k.transpose(0, 1, 3, 2) * (dims // 4) ** -0.5
        scores = jnp.where(hidden, scores, -jnp.inf)
        e = jnp.exp(scores - scores.max(-1, keepdims=True))
        y = (e / e.sum(-1, keepdims=True)) @ v
        x = x + y.transpose(0, 2, 1, 3).reshape(-1, count, dims) @ out
        y = norm(x, scale2, of) @ up
        x = x + (y / (1 + jnp.exp(-y))) @ down
    return norm(x, last, of) @ table.T


def make_step(of: Any, model: Callable[..., Any]) -> Callable[..., Any]:
    """(parameters, (m, v, count), x, labels) -> (the next ones, the loss)"""
    jnp, tree = of.numpy, of.tree

    def loss_of(params: Any, x: Any, labels: Any) -> Any:
        return cross_entropy(jnp, model(x, params, of), labels)

    def step(params: Any, state: Any, x: Any, labels: Any) -> Any:
        m, v, count = state
        loss, gradient = of.value_and_grad(loss_of)(params, x, labels)
        count = count + 1
        m = tree.map(lambda m, g: B1 * m + (1 - B1) * g, m, gradient)
        v = tree.map(lambda v, g: B2 * v + (1 - B2) * g * g, v, gradient)
        c1, c2 = 1 - B1**count, 1 - B2**count

        def update(p: Any, m: Any, v: Any) -> Any:
            return p - RATE * (m / c1 / (jnp.sqrt(v / c2) + EPS) + DECAY * p)

        return tree.map(update, params, m, v), (m, v, count), loss

    return of.jit(step, donate_argnums=(0, 1))


def layer(*shape: int) -> Any:
    """A weight and a bias for its last axis, or for the first of a convolution."""
    return normal(*shape), np.zeros(shape[0] if len(shape) == 4 else shape[-1], np.float32)


def block(dims: int) -> Any:
    """The parameters of a layer of the transformer."""
    one = np.ones(dims, np.float32)
    up, down = normal(dims, 4 * dims), normal(4 * dims, dims)
    return one, normal(dims, 3 * dims), normal(dims, dims), one.copy(), up, down


def letters(*shape: int) -> np.ndarray:
    return RNG.integers(0, 80, shape).astype(np.int32)


def programs() -> dict[str, tuple[Callable[..., Any], Any, Any, Any]]:
    """A model, its parameters, a batch, and labels."""
    digits = RNG.integers(0, 10, 64).astype(np.int32)
    small = [layer(64, 64), layer(64, 64), layer(64, 10)]
    large = [layer(784, 512), layer(512, 512), layer(512, 10)]
    images = [layer(16, 1, 5, 5), layer(32, 16, 3, 3), layer(32 * 49, 10)]
    text = [normal(80, 128), normal(64, 128), [block(128) for _ in range(4)], normal(128)]
    return {
        "MLP 64-64-64-10, batch 64": (mlp, small, RNG.random((64, 64), np.float32), digits),
        "MLP 784-512-512-10, batch 64": (mlp, large, RNG.random((64, 784), np.float32), digits),
        "CNN on 28x28, batch 64": (cnn, images, RNG.random((64, 1, 28, 28), np.float32), digits),
        "transformer 4x128, 16x64": (transformer, text, letters(16, 64), letters(16, 64)),
    }


class Training:
    """A run by one framework."""

    def __init__(self, of: Any, model: Any, params: Any, x: Any, labels: Any) -> None:
        put = of.numpy.array
        zeros = of.tree.map(lambda p: of.numpy.zeros(p.shape), params)
        self.step, self.wait = make_step(of, model), of.block_until_ready
        self.params = of.tree.map(put, params)
        self.state = zeros, of.tree.map(put, zeros), put(0)
        self.data = put(x), put(labels)
        start = time.perf_counter()
        self.losses = [float(self.run())]
        self.first = time.perf_counter() - start
        self.losses += [float(self.run()) for _ in range(4)]

    def run(self) -> Any:
        """A step; the loss before it."""
        self.params, self.state, loss = self.step(self.params, self.state, *self.data)
        return self.wait(loss)


def main() -> None:
    rows: list[dict[str, Any]] = []
    for name, program in programs().items():
        ours, theirs = Training(ox, *program), Training(jax, *program)
        np.testing.assert_allclose(ours.losses, theirs.losses, rtol=1e-3)
        start = time.perf_counter()
        theirs.run()
        repeat = max(1, int(0.1 / (time.perf_counter() - start)))
        times = interleaved(
            {"ours": ours.run, "jax": theirs.run}, repeat, rounds=9, clock=time.process_time
        )
        rows.append(
            {
                "program": name,
                "ours ms": times["ours"] * 1e3,
                "jax ms": times["jax"] * 1e3,
                "first s": ours.first,
                "jax first s": theirs.first,
                "jax / ours": times["jax"] / times["ours"],
            }
        )
    report("train", rows)
    mean = float(np.exp(np.mean(np.log([r["jax / ours"] for r in rows]))))
    print(f"geometric mean of jax / ours: {mean:.2f}; jax {jax.__version__}, flags: {FLAGS}")


if __name__ == "__main__":
    main()
