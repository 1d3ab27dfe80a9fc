"""How fast are matrix products on the CPU, against NumPy's BLAS and JAX with one thread each?

    python bench/gemm.py

`numpy / ours` compares steps of a plan: `dot_general` on the host, for 16-bit floats with their
conversions, and by our library. `jax / ours` compares jitted functions. Above 1 we are faster. The
times are those of the process, for the cores may be shared. The command fails if the geometric mean
over NumPy is below 1, or a product that we take from NumPy is slower by a fifth.
"""

from __future__ import annotations

import sys

from command import Command, use_one_core

use_one_core()

Command(__doc__, "jax", "llvmlite").start()

import time
from typing import Any

import jax
import ml_dtypes
import numpy as np
from report import interleaved, report

import oxmlx as ox
from oxmlx.backends.llvm.contract import Contraction, name_of
from oxmlx.ir.aval import Aval
from oxmlx.ops.dot import DotGeneral

KN, NK = ((1,), (0,)), ((1,), (1,))
ALONE = ((), ())
HEADS = ((0,), (0,))
SHAPES: dict[str, tuple[Any, Any, tuple[int, ...], tuple[int, ...]]] = {
    "16 16 16": (KN, ALONE, (16, 16), (16, 16)),
    "64 64 64": (KN, ALONE, (64, 64), (64, 64)),
    "256 256 256": (KN, ALONE, (256, 256), (256, 256)),
    "1024 1024 1024": (KN, ALONE, (1024, 1024), (1024, 1024)),
    "64 784 128": (KN, ALONE, (64, 784), (784, 128)),
    "64 784 128, W as (out, in)": (NK, ALONE, (64, 784), (128, 784)),
    "gradient of W": (((0,), (0,)), ALONE, (64, 784), (64, 128)),
    "1 576 1536": (KN, ALONE, (1, 576), (576, 1536)),
    "1 576 1536, W as (out, in)": (NK, ALONE, (1, 576), (1536, 576)),
    "1 4096 4096": (KN, ALONE, (1, 4096), (4096, 4096)),
    "1 4096 4096, W as (out, in)": (NK, ALONE, (1, 4096), (4096, 4096)),
    "4 576 1536, W as (out, in)": (NK, ALONE, (4, 576), (1536, 576)),
    "8 576 1536, W as (out, in)": (NK, ALONE, (8, 576), (1536, 576)),
    "attention scores": (((2,), (2,)), HEADS, (8, 128, 64), (8, 128, 64)),
    "attention values": (((2,), (1,)), HEADS, (8, 128, 128), (8, 128, 64)),
    "decoding scores": (((2,), (2,)), HEADS, (9, 1, 64), (9, 200, 64)),
    "1000 1000 2": (KN, ALONE, (1000, 1000), (1000, 2)),
    "10000 10 10": (KN, ALONE, (10000, 10), (10, 10)),
}
DTYPES = {"f32": np.float32, "f64": np.float64, "bf16": ml_dtypes.bfloat16}


def measure(label: str, dtype: str, x: np.ndarray, y: np.ndarray, prim: Any) -> dict[str, Any]:
    """A row of the table."""
    cpu = ox.devices("cpu")[0]
    avals = [Aval(v.shape, v.dtype) for v in (x, y)]
    taken = name_of(prim, avals)
    step = Contraction(prim, *avals, prim.abstract(*avals))
    axes = prim.contract, prim.batch
    f = ox.jit(lambda x, y: ox.lax.dot_general(x, y, axes))
    g = jax.jit(lambda x, y: jax.lax.dot_general(x, y, axes))
    ours, theirs = (
        [put(v) for v in (x, y)]
        for put in (lambda v: ox.device_put(ox.array(v, dtype=v.dtype), cpu), jax.device_put)
    )
    wanted = prim.impl(x.astype(np.float64), y.astype(np.float64))
    scale = np.max(np.abs(wanted))
    error = np.max(np.abs(np.asarray(f(*ours)).astype(np.float64) - wanted)) / scale
    assert error < (1e-2 if x.dtype.itemsize == 2 else 1e-5), (label, dtype, error)
    start = time.perf_counter()
    prim.impl(x, y)
    once = time.perf_counter() - start
    times = interleaved(
        {
            "numpy": lambda: prim.impl(x, y),
            "step": lambda: step([x, y]),
            "ours": lambda: ox.block_until_ready(f(*ours)),
            "jax": lambda: jax.block_until_ready(g(*theirs)),
        },
        repeat=max(1, int(0.005 / once)),
        rounds=9,
        clock=time.process_time,
    )
    flops = 2 * step.work
    return {
        "product": label,
        "dtype": dtype,
        "by": taken or "host",
        "step us": times["step"] * 1e6,
        "jit us": times["ours"] * 1e6,
        "GF/s": flops / times["step"] / 1e9,
        "numpy / ours": times["numpy"] / times["step"],
        "jax / ours": times["jax"] / times["ours"],
    }


def main() -> None:
    rng = np.random.default_rng(0)
    jax.config.update("jax_enable_x64", True)
    rows: list[dict[str, Any]] = []
    for dtype, kind in DTYPES.items():
        for label, (contract, batch, *shapes) in SHAPES.items():
            x, y = (rng.normal(size=s).astype(kind) for s in shapes)
            rows.append(measure(label, dtype, x, y, DotGeneral(contract, batch)))
    report("gemm", rows)
    ratios = [r["numpy / ours"] for r in rows if r["by"] != "host"]
    mean = float(np.exp(np.mean(np.log(ratios))))
    theirs = float(np.exp(np.mean(np.log([r["jax / ours"] for r in rows]))))
    print(f"geometric mean of numpy / ours: {mean:.2f}, of jax / ours: {theirs:.2f}")
    if mean < 1 or min(ratios) < 1 / 1.2:
        sys.exit("slower than NumPy")


if __name__ == "__main__":
    main()
