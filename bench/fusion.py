"""How fast are fused kernels on the CPU, against JAX with one thread each?

    python bench/fusion.py

Both run the same text, jitted, and allocate their results; `jax / ours` above 1 means that we are
faster. The command fails if a row is below 1, or their geometric mean below 2.
"""

from __future__ import annotations

import os
import sys

from command import Command

FLAGS = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["XLA_FLAGS"] = FLAGS
if hasattr(os, "sched_setaffinity"):  # the time of a process is that of one core then
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

Command(__doc__, "jax", "llvmlite").start()

import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from report import compare, report

import oxmlx as ox

Program = Callable[..., Any]


def programs(lib: Any, jnp: Any) -> dict[str, tuple[Program, str]]:
    """Programs in the names that both libraries have, and what they take: `x` and `g` are matrices,
    `r` a row, `l` labels."""

    def softmax(x: Any, axis: int = -1) -> Any:
        e = jnp.exp(x - lib.lax.stop_gradient(jnp.max(x, axis, keepdims=True)))
        return e / jnp.sum(e, axis, keepdims=True)

    def log_softmax(x: Any) -> Any:
        x = x - lib.lax.stop_gradient(jnp.max(x, -1, keepdims=True))
        return x - jnp.log(jnp.sum(jnp.exp(x), -1, keepdims=True))

    def layer_norm(x: Any, scale: Any, bias: Any) -> Any:
        x = x - jnp.mean(x, -1, keepdims=True)
        return x * lib.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + 1e-5) * scale + bias

    def rms_norm(x: Any, scale: Any) -> Any:
        return x * lib.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + 1e-5) * scale

    def gelu(x: Any) -> Any:
        return 0.5 * x * (1 + jnp.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))

    def cross_entropy(x: Any, labels: Any) -> Any:
        hot = jnp.arange(x.shape[1])[None] == labels[:, None]
        return -jnp.sum(jnp.where(hot, log_softmax(x), 0.0), -1)

    def causal(x: Any) -> Any:
        n, m = x.shape
        seen = jnp.arange(m)[None] <= jnp.arange(n)[:, None]
        return softmax(jnp.where(seen, x * 0.125, -1e30))

    def adamw(x: Any, g: Any) -> Any:
        m, v = 0.1 * g, 0.001 * g * g
        return x - 1e-3 * (m / (jnp.sqrt(v) + 1e-8) + 0.01 * x), m, v

    def vjp(f: Program) -> Program:
        return lambda g, *xs: lib.vjp(f, *xs)[1](g)

    return {
        "x + x * x": (lambda x: x + x * x, "x"),
        "exp(x) * 2 + 1": (lambda x: jnp.exp(x) * 2 + 1, "x"),
        "gelu": (gelu, "x"),
        "gelu vjp": (vjp(gelu), "gx"),
        "adamw": (adamw, "xg"),
        "sum of all": (jnp.sum, "x"),
        "row sums": (lambda x: jnp.sum(x, 1), "x"),
        "column sums": (lambda x: jnp.sum(x, 0), "x"),
        "argmax of rows": (lambda x: jnp.argmax(x, 1), "x"),
        "softmax": (softmax, "x"),
        "softmax of columns": (lambda x: softmax(x, 0), "x"),
        "softmax vjp": (vjp(softmax), "gx"),
        "causal softmax": (causal, "x"),
        "log softmax": (log_softmax, "x"),
        "cross entropy": (cross_entropy, "xl"),
        "cross entropy grad": (
            lib.grad(lambda x, labels: jnp.sum(cross_entropy(x, labels))),
            "xl",
        ),
        "layer norm": (layer_norm, "xrr"),
        "layer norm vjp": (vjp(layer_norm), "gxrr"),
        "rms norm": (rms_norm, "xr"),
        "rms norm vjp": (vjp(rms_norm), "gxr"),
    }


def arguments(kinds: str, shape: tuple[int, int]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    rows, columns = shape
    make = {
        "x": lambda: rng.normal(size=shape).astype(np.float32),
        "g": lambda: rng.normal(size=shape).astype(np.float32),
        "r": lambda: rng.normal(size=columns).astype(np.float32),
        "l": lambda: rng.integers(0, columns, rows).astype(np.int32),
    }
    return [make[k]() for k in kinds]


def close(ours: Any, theirs: Any, name: str) -> None:
    """Both must compute the same thing before their times mean anything."""
    for a, b in zip(ox.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        scale = float(np.max(np.abs(np.asarray(b))))
        difference = float(np.max(np.abs(np.asarray(a) - np.asarray(b))))
        assert difference <= 2e-5 * max(scale, 1), (name, difference, scale)


def main() -> None:
    cpu = ox.devices("cpu")[0]
    ours, theirs = programs(ox, ox.numpy), programs(jax, jax.numpy)
    rows: list[dict[str, Any]] = []
    for shape in ((4096, 1024), (32, 50257), (256, 64)):
        for name, (f, kinds) in ours.items():
            data = arguments(kinds, shape)
            mine = [ox.device_put(a, cpu) for a in data]
            peers = [jax.device_put(a) for a in data]
            f, g = ox.jit(f), jax.jit(theirs[name][0])
            start = time.perf_counter()
            out = ox.block_until_ready(f(*mine))
            ready = time.perf_counter()
            wanted = jax.block_until_ready(g(*peers))
            end = time.perf_counter()
            close(out, wanted, name)
            found = compare(
                lambda f=f, mine=mine: ox.block_until_ready(f(*mine)),
                lambda g=g, peers=peers: jax.block_until_ready(g(*peers)),
                repeat=min(300, 10 * round(2**22 / np.prod(shape))),  # turns of some 10 ms
                clock=time.process_time,  # both have one thread, and the cores may be shared
            )
            rows.append(
                {
                    "program": name,
                    "shape": "x".join(map(str, shape)),
                    "jax / ours": found.ratio,
                    "ours (ms)": found.time * 1e3,
                    "first call (ms)": (ready - start) * 1e3,
                    "jax's (ms)": (end - ready) * 1e3,
                }
            )
    print(f"jax {jax.__version__}, XLA_FLAGS={FLAGS}")
    report("fusion", rows)
    ratios = [r["jax / ours"] for r in rows]
    mean = float(np.exp(np.mean(np.log(ratios))))
    print(f"geometric mean {mean:.2f}, least {min(ratios):.2f}")
    if min(ratios) < 1 or mean < 2:
        sys.exit("a bound is missed")


if __name__ == "__main__":
    main()
