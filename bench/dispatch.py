"""What does Python cost: recording an op, tracing a gradient, keying a module, importing?

    python bench/dispatch.py

Every figure has a bound; the command fails if one is missed.
"""

from __future__ import annotations

import os

from command import Command

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

Command(__doc__, "jax").start()

import subprocess
import sys
import tempfile
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from report import interleaved, report

import oxmlx as ox
from oxmlx import nn


def calls_to_record() -> int:
    """Python calls, operator to pending equation, of one addition."""
    x = ox.numpy.ones(3)
    x + x
    count = 0

    def note(frame: Any, event: str, arg: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    x + x
    sys.setprofile(None)
    return count


def record() -> list[dict[str, Any]]:
    x = ox.numpy.ones(10)
    # Making a handle every time keeps the pending program short, as real programs do.
    times = interleaved(
        {"x + x": lambda: x + x, "x * 2.0": lambda: x * 2.0, "sin(x)": lambda: ox.numpy.sin(x)},
        repeat=5000,
    )
    rows = [row(f"record {name} (µs)", t * 1e6, 4.0) for name, t in times.items()]
    return [row("Python calls to record x + x", calls_to_record(), 40), *rows]


def mlp(np_like: Any, weights: list[Any], x: Any) -> Any:
    for w in weights:
        x = np_like.tanh(x @ w)
    return (x * x).sum()


def trace_gradient() -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(64, 64)).astype(np.float32) for _ in range(8)]
    x = rng.normal(size=(32, 64)).astype(np.float32)
    ours, theirs = [ox.array(w) for w in weights], [jnp.asarray(w) for w in weights]
    ours_x, theirs_x = ox.array(x), jnp.asarray(x)
    times = interleaved(
        {
            "ours": lambda: ox.make_jaxpr(ox.grad(lambda ws: mlp(ox.numpy, ws, ours_x)))(ours),
            "jax": lambda: jax.make_jaxpr(jax.grad(lambda ws: mlp(jnp, ws, theirs_x)))(theirs),
        },
        repeat=5,
    )
    return [row("trace the gradient of an 8-layer MLP / jax", times["ours"] / times["jax"], 3.0)]


class Block(nn.Module):
    """Nine leaves."""

    a: ox.Array
    b: ox.Array
    c: ox.Array
    d: ox.Array
    e: ox.Array
    f: ox.Array
    g: ox.Array
    h: ox.Array
    i: ox.Array


class Model(nn.Module):
    """Thirty blocks, as SmolLM2 has."""

    blocks: tuple[Block, ...]


def key_module() -> list[dict[str, Any]]:
    x = ox.numpy.ones(3)
    model = Model(tuple(Block(*[x] * 9) for _ in range(30)))
    cache: dict[Any, Any] = {}

    def key() -> Any:
        leaves, treedef = ox.tree.flatten(model)
        return cache.get((treedef, tuple([v.aval for v in leaves])))

    plain = {"blocks": [{str(k): jnp.ones(3) for k in range(9)} for _ in range(30)]}
    identity = jax.jit(lambda m: m["blocks"][0]["0"])
    ours = ox.jit(lambda m: m.blocks[0].a)
    times = interleaved(
        {"key": key, "jit": lambda: ours(model), "jax": lambda: identity(plain)}, repeat=200
    )
    return [
        row("flatten and key a module of 270 leaves (µs)", times["key"] * 1e6, 25.0),
        row(
            "jit call on that module / jax's on a dict of as many",
            times["jit"] / times["jax"],
            None,
        ),
    ]


def import_time() -> list[dict[str, Any]]:
    """From bytecode, as pip and the first import leave it, also where this shell forbids it."""

    def once(code: str) -> float:
        timer = f"import time; t = time.perf_counter(); {code}; print(time.perf_counter() - t)"
        out = subprocess.run(
            [sys.executable, "-c", timer], capture_output=True, text=True, check=True, env=env
        )
        return float(out.stdout) * 1e3

    with tempfile.TemporaryDirectory() as bytecode:
        env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        env["PYTHONPYCACHEPREFIX"] = bytecode
        numpy, both = (
            min(once(code) for _ in range(8)) for code in ("import numpy", "import oxmlx")
        )
    return [row("import oxmlx, above numpy (ms)", both - numpy, 60.0)]


def row(what: str, value: float, bound: float | None) -> dict[str, Any]:
    met = "" if bound is None else "yes" if value <= bound else "NO"
    return {"what": what, "value": value, "bound": "" if bound is None else bound, "met": met}


def main() -> None:
    rows = [*record(), *trace_gradient(), *key_module(), *import_time()]
    report("dispatch", rows)
    if any(r["met"] == "NO" for r in rows):
        sys.exit("a bound is missed")


if __name__ == "__main__":
    main()
