"""How fast are our Metal texts on an NVIDIA GPU, next to a copy in its memory?

    python bench/gpu.py [word]

The texts are those of the device metal, compiled with fast math, as Metal compiles them; times are
the GPU's, in its own memory. Each result is compared with the reference first. With a word, only
rows that have it in their names. The command fails if a result is wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from command import Command

COMMAND = Command(__doc__)
COMMAND.add_argument("word", nargs="?", default="", help="part of the names of the rows to measure")
WORD = COMMAND.start().word

import ml_dtypes
import numpy as np
from report import report

import oxmlx as ox
import oxmlx.numpy as jnp
from oxmlx import emulate, nn
from oxmlx.backends.metal.contract import ALONE, Axis, Product
from oxmlx.backends.metal.tuned import new
from oxmlx.emulate import cuda
from oxmlx.ir.device import use_device

ROWS, COLUMNS = 16384, 4096
CLOSE = 64  # ulps of a whole result

Function = Callable[..., Any]


class Task(NamedTuple):
    """What runs on the GPU and what on the reference, the operands, and the operations, where it is
    they that count."""

    what: str
    f: Function
    want: Function
    operands: tuple[np.ndarray, ...]
    operations: float = 0.0


def task(what: str, f: Function, *operands: np.ndarray) -> Task:
    return Task(what, ox.jit(f), f, operands)


def rms_norm(x: Any, w: Any) -> Any:
    return x / jnp.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * w


def gradient(f: Function, count: int) -> Function:
    """The derivatives by the first operands, times the last one."""

    def weighted(*operands: Any) -> Any:
        return (f(*operands[:-1]) * operands[-1]).sum()

    return ox.grad(weighted, tuple(range(count)))


def multiply(text: str, n: int) -> Function:
    """The product of two matrices by a text of kernels/, whichever the device would choose."""
    product = Product(ALONE, ALONE, Axis(n, n, 0, n), Axis(n, 0, 1, 1), Axis(n, 1, n, 0), "f32")

    def f(x: Any, y: Any) -> Any:
        out = new((n, n), np.float32)
        for launch in product.launches(text):
            launch.run(x, y, out)
        return out

    return f


def tasks() -> Iterator[Task]:
    rng = np.random.default_rng(0)

    def normal(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape, np.float32)

    a, b, c = (normal(1 << 24) for _ in range(3))
    yield task("2 x + y, 2^24", lambda x, y: 2 * x + y, a, b)
    yield task(
        "x / (1 + exp -x) y + z, 2^24", lambda x, y, z: x / (1 + jnp.exp(-x)) * y + z, a, b, c
    )
    x, g, w = normal(ROWS, COLUMNS), normal(ROWS, COLUMNS), normal(COLUMNS)
    yield task("softmax, 16384 x 4096", nn.softmax, x)
    yield task("gradient of softmax", gradient(nn.softmax, 1), x, g)
    yield task("RMS norm, 16384 x 4096", rms_norm, x, w)
    yield task("gradients of RMS norm", gradient(rms_norm, 2), x, w, g)
    yield task("sums of rows, 16384 x 4096", lambda x: x.sum(1), x)
    yield task("sums of columns, 16384 x 4096", lambda x: x.sum(0), x)
    yield task("argmax of rows, 16384 x 4096", lambda x: jnp.argmax(x, 1), x)
    yield task("transpose + 1, 16384 x 4096", lambda x: x.T + 1, x)
    yield task("sum, 2^24", lambda x: x.sum(), abs(a))
    yield task("cumsum of rows, 4096 x 4096", lambda x: jnp.cumsum(x, 1), x[:4096])
    yield task("sort, 2^22", jnp.sort, a[: 1 << 22])
    yield task("matrix @ vector, 16384 x 4096", lambda x, v: x @ v, x, w)
    yield task("vector @ matrix, 16384 x 4096", lambda v, x: v @ x, normal(ROWS), x)
    x, w = x.astype(ml_dtypes.bfloat16), w.astype(ml_dtypes.bfloat16)
    yield task("matrix @ vector in bf16", lambda x, v: x @ v, x, w)
    for n in (1024, 2048, 4096):
        both = normal(n, n), normal(n, n)
        for text in ("gemm", "gemm_simdgroup"):
            yield Task(f"{text}, {n}", multiply(text, n), jnp.matmul, both, 2.0 * n**3)


def measure(task: Task, copied: float) -> dict[str, Any]:
    """A row of the table; `copied` are the bytes that a copy moves in a second."""
    with use_device("reference"):
        want = results(task.want, task.operands)
    with use_device("metal"):
        results(task.f, task.operands)
        with cuda.recorded() as jobs:
            got = results(task.f, task.operands)
    error = max(distance(x, y) for x, y in zip(got, want, strict=True))
    time = cuda.seconds(jobs)
    rate = sum(x.nbytes for x in (*task.operands, *want)) / time
    return {
        "what": task.what,
        "ms": time * 1e3,
        "GB/s": rate / 1e9,
        "of a copy": rate / copied,
        "TFLOP/s": task.operations / time / 1e12 if task.operations else "",
        "launches": len(jobs),
        "off by (ulps)": error,
    }


def results(f: Function, operands: tuple[np.ndarray, ...]) -> list[np.ndarray]:
    """What a function gives on the device that is chosen."""
    return [np.asarray(x) for x in ox.tree.leaves(f(*map(ox.array, operands)))]


def distance(got: np.ndarray, want: np.ndarray) -> float:
    """|got - want| / |want|, of whole arrays, in ulps; nothing but equal will do for integers."""
    if want.dtype.kind in "iu":
        return 0.0 if np.array_equal(got, want) else np.inf
    off = np.linalg.norm((got.astype("f8") - want.astype("f8")).ravel())
    whole = np.linalg.norm(want.astype("f8").ravel())
    return float(off / whole / float(ml_dtypes.finfo(want.dtype).eps))


def main() -> int:
    ox.config.update("metal", "cuda")
    try:
        print(", ".join(d.deviceName for d in cuda.get_devices()))
    except emulate.EmulationError as error:
        print(f"Nothing is measured: {error.problem}. {error.advice}")
        return 0
    size = 1 << 30
    copied = 2 * size / cuda.copy_seconds(size)
    print(f"a copy in its memory: {copied / 1e9:.0f} GB/s, read and written")
    with emulate.mode(fast_math=True):
        rows = [measure(t, copied) for t in COMMAND.choose(WORD, tasks(), lambda t: t.what)]
    report("gpu", rows)
    return int(not all(r["off by (ulps)"] <= CLOSE for r in rows))


if __name__ == "__main__":
    sys.exit(main())
