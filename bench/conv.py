"""How fast are convolutions, windows and scatters on the CPU, against JAX with one thread?

    python bench/conv.py [word]

Jitted functions are compared, and the gradients of the sum of squares of a convolution, which hold
the convolution itself. `jax / ours` above 1: we are faster. The times are those of the process, for
the cores may be shared. With a word, only rows that have it in their names. The command fails if a
geometric mean is below 1.
"""

from __future__ import annotations

import sys

from command import Command, use_one_core

use_one_core()

COMMAND = Command(__doc__, "jax", "llvmlite")
COMMAND.add_argument("word", nargs="?", default="", help="part of the names of the rows to measure")
WORD = COMMAND.start().word

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from report import interleaved, report

import oxmlx as ox

NHWC, NCHW = ("NHWC", "HWIO", "NHWC"), ("NCHW", "OIHW", "NCHW")
NWC = "NWC", "WIO", "NWC"
LIKE_TORCH = "NHWC", "OHWI", "NHWC"

ONE, TWO = (1, 1), (2, 2)
CONVOLUTIONS: dict[str, tuple[Any, ...]] = {
    "mnist 5x5 1 to 8, stride 2": ((128, 28, 28, 1), (8, 5, 5, 1), TWO, LIKE_TORCH),
    "mnist 3x3 8 to 16": ((128, 14, 14, 8), (16, 3, 3, 8), ONE, LIKE_TORCH),
    "mnist 5x5 1 to 32": ((64, 28, 28, 1), (5, 5, 1, 32), ONE, NHWC),
    "mnist 5x5 1 to 32, NCHW": ((64, 1, 28, 28), (32, 1, 5, 5), ONE, NCHW),
    "mnist 5x5 32 to 64": ((32, 14, 14, 32), (5, 5, 32, 64), ONE, NHWC),
    "cifar 3x3 3 to 32": ((32, 32, 32, 3), (3, 3, 3, 32), ONE, NHWC),
    "cifar 3x3 32 to 32": ((32, 32, 32, 32), (3, 3, 32, 32), ONE, NHWC),
    "cifar 3x3 32 to 32, NCHW": ((32, 32, 32, 32), (32, 32, 3, 3), ONE, NCHW),
    "cifar 3x3 64 to 128, stride 2": ((32, 16, 16, 64), (3, 3, 64, 128), TWO, NHWC),
    "3x3 128 to 128": ((16, 8, 8, 128), (3, 3, 128, 128), ONE, NHWC),
    "1x1 64 to 64": ((16, 16, 16, 64), (1, 1, 64, 64), ONE, NHWC),
    "3x3 32 to 32, one picture": ((1, 28, 28, 32), (3, 3, 32, 32), ONE, NHWC),
    "3x3 32 to 32, dilated": ((16, 28, 28, 32), (3, 3, 32, 32), ONE, NHWC, {"rhs_dilation": TWO}),
    "3x3, 64 groups": ((16, 28, 28, 64), (3, 3, 1, 64), ONE, NHWC, {"feature_group_count": 64}),
    "3x3, 4 groups": ((16, 28, 28, 64), (3, 3, 16, 64), ONE, NHWC, {"feature_group_count": 4}),
    "row, 9 64 to 64": ((16, 256, 64), (9, 64, 64), (1,), NWC),
    "row, 25 1 to 16": ((16, 1024, 1), (25, 1, 16), (1,), NWC),
}
WINDOWS: dict[str, tuple[Any, ...]] = {
    "2x2, NHWC": ((64, 28, 28, 32), (1, 2, 2, 1), (1, 2, 2, 1), "VALID"),
    "2x2, NCHW": ((64, 32, 28, 28), (1, 1, 2, 2), (1, 1, 2, 2), "VALID"),
    "3x3, NHWC": ((64, 28, 28, 32), (1, 3, 3, 1), (1, 1, 1, 1), "SAME"),
    "3x3, NCHW": ((64, 32, 28, 28), (1, 1, 3, 3), (1, 1, 1, 1), "SAME"),
    "row of 25": ((64, 10000), (1, 25), (1, 1), "VALID"),
}


class Case(NamedTuple):
    """A function in both libraries, and its operands."""

    part: str
    name: str
    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    operands: list[np.ndarray]


def convolutions(rng: np.random.Generator) -> Iterator[Case]:
    """Convolutions and their gradients."""
    for name, (x, w, strides, numbers, *others) in CONVOLUTIONS.items():
        options = {"dimension_numbers": numbers, **(others[0] if others else {})}

        def convolve(lib: Any, x: Any, w: Any, s: Any = strides, o: Any = options) -> Any:
            return lib.lax.conv_general_dilated(x, w, s, "SAME", **o)

        def square(lib: Any, x: Any, w: Any, f: Any = convolve) -> Any:
            return (f(lib, x, w) ** 2).sum()

        operands = [rng.normal(size=s).astype(np.float32) for s in (x, w)]
        yield Case("conv", name, *both(convolve), operands)
        for k, what in enumerate(("x", "w")):

            def gradient(lib: Any, x: Any, w: Any, k: int = k, f: Any = square) -> Any:
                return lib.grad(lambda *a: f(lib, *a), k)(x, w)

            yield Case(f"gradient of {what}", name, *both(gradient), operands)


def windows(rng: np.random.Generator) -> Iterator[Case]:
    """Reductions of windows, and the gradient of the largest element."""
    for name, (shape, *params) in WINDOWS.items():
        operands = [rng.normal(size=shape).astype(np.float32)]

        def total(lib: Any, x: Any, p: Any = params) -> Any:
            return lib.lax.reduce_window(x, 0.0, lib.lax.add, *p)

        def largest(lib: Any, x: Any, p: Any = params) -> Any:
            return lib.lax.reduce_window(x, -np.inf, lib.lax.max, *p)

        def gradient(lib: Any, x: Any, f: Any = largest) -> Any:
            return lib.grad(lambda x: (f(lib, x) ** 2).sum())(x)

        for part, f in (("sum", total), ("max", largest), ("gradient of max", gradient)):
            yield Case(part, name, *both(f), operands)


def scatters(rng: np.random.Generator) -> Iterator[Case]:
    """Updates of rows, of elements, of columns."""
    table = rng.normal(size=(50257, 256)).astype(np.float32)
    rows, updates = rng.integers(0, 50257, 8192), rng.normal(size=(8192, 256)).astype(np.float32)
    rows = rows.astype(np.int32)

    def gradient(lib: Any, x: Any, i: Any) -> Any:
        return lib.grad(lambda x: (x[i] ** 2).sum())(x)

    def total(lib: Any, x: Any, i: Any, y: Any) -> Any:
        return x.at[i].add(y)

    def put(lib: Any, x: Any, i: Any, y: Any) -> Any:
        return x.at[i].set(y)

    def histogram(lib: Any, x: Any, i: Any) -> Any:
        return x.at[i].add(1.0)

    def columns(lib: Any, x: Any, i: Any) -> Any:
        return x.at[:, i].add(1.0)

    yield Case("scatter", "gradient of a lookup", *both(gradient), [table, rows])
    yield Case("scatter", "add rows", *both(total), [table, rows, updates])
    yield Case("scatter", "set rows", *both(put), [table, rows, updates])
    yield Case("scatter", "columns", *both(columns), [table[:2000], rows[:200] % 256])
    counts = np.zeros(1000, np.float32)
    yield Case("scatter", "histogram", *both(histogram), [counts, rows % 1000])


def both(f: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """A function of a library, in ours and in JAX, jitted."""
    return ox.jit(lambda *a: f(ox, *a)), jax.jit(lambda *a: f(jax, *a))


def measure(case: Case) -> dict[str, Any]:
    """A row of the table."""
    cpu = ox.devices("cpu")[0]
    ours = [ox.device_put(ox.array(v, dtype=v.dtype), cpu) for v in case.operands]
    theirs = [jnp.asarray(v) for v in case.operands]
    got, want = np.asarray(case.ours(*ours)), np.asarray(case.theirs(*theirs))
    error = np.max(np.abs(got - want)) / np.max(np.abs(want))
    assert error < 1e-4, (case.name, case.part, error)
    start = time.perf_counter()
    jax.block_until_ready(case.theirs(*theirs))
    once = time.perf_counter() - start
    times = interleaved(
        {
            "ours": lambda: ox.block_until_ready(case.ours(*ours)),
            "jax": lambda: jax.block_until_ready(case.theirs(*theirs)),
        },
        repeat=max(1, int(0.005 / once)),
        rounds=9,
        clock=time.process_time,
    )
    return {
        "what": case.part,
        "of": case.name,
        "ours us": times["ours"] * 1e6,
        "jax us": times["jax"] * 1e6,
        "jax / ours": times["jax"] / times["ours"],
    }


def main() -> None:
    rng = np.random.default_rng(0)
    cases = [c for part in (convolutions, windows, scatters) for c in part(rng)]
    rows = [measure(c) for c in COMMAND.choose(WORD, cases, lambda c: f"{c.part} {c.name}")]
    report("conv", rows)
    means: list[float] = []
    for part in dict.fromkeys(r["what"] for r in rows):
        ratios = [r["jax / ours"] for r in rows if r["what"] == part]
        means.append(float(np.exp(np.mean(np.log(ratios)))))
        print(f"geometric mean of jax / ours, {part}: {means[-1]:.2f}")
    if min(means) < 1:
        sys.exit("slower than JAX")


if __name__ == "__main__":
    main()
