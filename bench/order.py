"""How fast are scans and sorts on the CPU, against NumPy and JAX with one thread each?

    python bench/order.py

`numpy / ours` compares NumPy's function with our step of a plan, `jax / ours` jitted functions.
Above 1 we are faster. The times are those of the process, for the cores may be shared. NumPy adds
up f32 in f32, its `argsort` is not stable, and its `argpartition` leaves the largest in no order:
ours do more. The command fails if a geometric mean is below 1.
"""

from __future__ import annotations

import sys

from command import Command, use_one_core

use_one_core()

Command(__doc__, "jax", "llvmlite").start()

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np
from report import interleaved, report

import oxmlx as ox
from oxmlx.backends.llvm.shelf import fetch
from oxmlx.ops.sort import argsort

Function = Callable[[Any], Any]
WORDS = 50257


class Row(NamedTuple):
    """What is computed of an array of a shape: by us, by JAX and by NumPy."""

    label: str
    shape: tuple[int, ...]
    ours: Function
    jax: Function
    numpy: Function


def scan(label: str, shape: tuple[int, ...], axis: int, name: str, ufunc: np.ufunc) -> Row:
    """A row of a scan, of the same name in both libraries."""
    ours, theirs = getattr(ox.lax, name), getattr(jax.lax, name)
    return Row(
        f"{name} {label}",
        shape,
        lambda x: ours(x, axis),
        lambda x: theirs(x, axis),
        lambda x: ufunc.accumulate(x, axis),
    )


def sort(label: str, shape: tuple[int, ...], axis: int) -> Row:
    """A row of a sort."""
    return Row(
        f"sort {label}",
        shape,
        lambda x: ox.numpy.sort(x, axis),
        lambda x: jax.numpy.sort(x, axis),
        lambda x: np.sort(x, axis),
    )


def order(label: str, shape: tuple[int, ...], axis: int) -> Row:
    """A row of an argsort."""
    return Row(
        f"argsort {label}",
        shape,
        lambda x: argsort(x, axis),
        lambda x: jax.numpy.argsort(x, axis),
        lambda x: np.argsort(x, axis),
    )


def largest(label: str, shape: tuple[int, ...], k: int) -> Row:
    """A row of a `top_k`."""
    return Row(
        f"top_k {k} {label}",
        shape,
        lambda x: ox.lax.top_k(x, k),
        lambda x: jax.lax.top_k(x, k),
        lambda x: np.argpartition(x, -k, -1),
    )


ROWS = [
    scan("rows", (256, 4096), 1, "cumsum", np.add),
    scan("columns", (256, 4096), 0, "cumsum", np.add),
    scan("long", (10**6,), 0, "cumsum", np.add),
    scan("rows", (256, 4096), 1, "cumprod", np.multiply),
    scan("rows", (256, 4096), 1, "cummax", np.maximum),
    scan("rows", (256, 4096), 1, "cumlogsumexp", np.logaddexp),
    sort("long", (10**6,), 0),
    sort("rows", (1024, 1024), 1),
    sort("columns", (1024, 1024), 0),
    sort("short rows", (16384, 64), 1),
    order("long", (10**6,), 0),
    order("rows", (1024, 1024), 1),
    order("short rows", (16384, 64), 1),
    largest("of words", (1, WORDS), 1),
    largest("of words", (1, WORDS), 50),
    largest("of words, 8 rows", (8, WORDS), 50),
    largest("of experts", (4096, 64), 8),
]


def measure(row: Row) -> dict[str, Any]:
    """A row of the table."""
    cpu = ox.devices("cpu")[0]
    x = np.random.default_rng(0).normal(size=row.shape).astype(np.float32)
    f, g = ox.jit(row.ours), jax.jit(row.jax)
    y, z = ox.device_put(ox.array(x), cpu), jax.device_put(x)
    for a, b in zip(ox.tree.leaves(f(y)), jax.tree.leaves(g(z)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-3)
    eqn = ox.make_jaxpr(row.ours)(y).eqns[-1]
    step = fetch(eqn)
    places = [np.indices(v.aval.shape, v.aval.dtype)[-1] for v in eqn.inputs[1:]]
    start = time.perf_counter()
    row.numpy(x)
    once = time.perf_counter() - start
    times = interleaved(
        {
            "numpy": lambda: row.numpy(x),
            "step": lambda: step([x, *places]),
            "ours": lambda: ox.block_until_ready(f(y)),
            "jax": lambda: jax.block_until_ready(g(z)),
        },
        repeat=max(3, int(0.005 / once)),
        rounds=7,
        clock=time.process_time,
    )
    return {
        "what": row.label,
        "shape": " ".join(map(str, row.shape)),
        "step us": times["step"] * 1e6,
        "jit us": times["ours"] * 1e6,
        "numpy / ours": times["numpy"] / times["step"],
        "jax / ours": times["jax"] / times["ours"],
    }


def main() -> None:
    rows = [measure(row) for row in ROWS]
    report("order", rows)
    theirs = {name: [r[f"{name} / ours"] for r in rows] for name in ("numpy", "jax")}
    means = {name: float(np.exp(np.mean(np.log(ratios)))) for name, ratios in theirs.items()}
    print(", ".join(f"geometric mean of {name} / ours: {m:.2f}" for name, m in means.items()))
    if min(means.values()) < 1:
        sys.exit("slower")


if __name__ == "__main__":
    main()
