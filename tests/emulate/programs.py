"""Kernels of tests/emulate/texts, what to call them with, and what numpy says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import oxmlx.emulate as metalcompute

TEXTS = Path(__file__).parent / "texts"
GOLDEN = Path(__file__).parents[1] / "golden"


class Program(NamedTuple):
    """A kernel, its operands, the result, and how far from it rounding may lead.

    Of the rest an int is a buffer of so many bytes.
    """

    text: str
    function: str
    threads: int
    operands: tuple[Any, ...]
    result: np.ndarray
    rest: tuple[Any, ...]
    rtol: float

    def run(self, text: str | None = None) -> np.ndarray:
        """The result of a dispatch: operands, the result, the rest."""
        device = metalcompute.Device()
        function = device.kernel(text or self.text).function(self.function)
        out = device.buffer(self.result.nbytes)
        rest = [device.buffer(x) if isinstance(x, int) else x for x in self.rest]
        function(self.threads, *self.operands, out, *rest)
        return np.frombuffer(out, self.result.dtype).reshape(self.result.shape)

    def check(self, got: np.ndarray) -> None:
        np.testing.assert_allclose(got, self.result, rtol=self.rtol, atol=1e-6)


def text(name: str) -> str:
    return (TEXTS / f"{name}.metal").read_text(encoding="utf-8")


def uints(*values: int) -> np.ndarray:
    return np.array(values, "uint32")


def numpy_softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp((x - x.max(1, keepdims=True)).astype("float64"))
    return (e / e.sum(1, keepdims=True)).astype("float32")


def softmax() -> Program:
    x = np.random.default_rng(0).normal(size=(7, 300)).astype("float32")
    # Without the right maximum exp overflows; the first and the last simdgroup have to find one.
    x[0, 3] = x[1, 230] = x[2, 40] = 200
    shape = uints(*x.shape)
    return Program(text("softmax"), "softmax", 7 * 256, (x,), numpy_softmax(x), (shape,), 2e-6)


def count() -> Program:
    x = np.random.default_rng(1).integers(0, 256, 5000, "uint8")
    counts = np.bincount(x, minlength=256).astype("uint32")
    return Program(text("count"), "count", 3000, (x,), counts, (uints(x.size),), 0)


def running_sum() -> Program:
    x = np.random.default_rng(2).random((5, 100)).astype("float16")
    y = np.cumsum(x, 1, "float32").astype("float16")
    return Program(text("running_sum"), "running_sum", 5 * 32, (x,), y, (uints(5, 100),), 1e-3)


def matmul() -> Program:
    rng = np.random.default_rng(3)
    a, b = rng.random((37, 21), "float32"), rng.random((21, 50), "float32")
    sizes = uints(37, 50, 21)
    return Program(text("matmul"), "matmul", 12 * 256, (a, b), a @ b, (sizes,), 1e-5)


def tiles() -> Program:
    rng = np.random.default_rng(4)
    a, b = rng.random((24, 16), "float32"), rng.random((16, 40), "float32")
    return Program(text("tiles"), "tiles", 200, (a, b), a @ b, (uints(24, 40, 16),), 1e-5)


def golden(name: str, operands: tuple[Any, ...], result: np.ndarray, rtol: float) -> Program:
    """A text that we print; its block of numbers is read off it."""
    printed = (GOLDEN / f"{name}.metal").read_text(encoding="utf-8")
    values: dict[str, Any] = {f"n{k}": size for k, size in enumerate(result.shape)}
    values["c0"] = -np.inf
    block = re.search(r"struct P \{(.*?)\};", printed, re.DOTALL)
    assert block is not None
    fields = re.findall(r"(int|float) (\w+);", block[1])
    packed = np.array(
        tuple(values[n] for _, n in fields), np.dtype([(n, f"{t}32") for t, n in fields])
    )
    function = re.search(r"kernel void (\w+)", printed)
    assert function is not None
    flags = 4 * 2048  # what is written last, to show that all groups have run
    return Program(printed, function[1], 2048, operands, result, (packed, flags), rtol)


def golden_bell() -> Program:
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(2, 9, 70)).astype("float32")
    return golden("bell", (x, y), np.exp(-(x * x)) * y + 1, 1e-5)


def golden_softmax() -> Program:
    x = np.random.default_rng(6).normal(size=(9, 70)).astype("float32")
    return golden("softmax", (x,), numpy_softmax(x), 2e-6)


PROGRAMS: list[Callable[[], Program]] = [
    *(softmax, count, running_sum, matmul, tiles, golden_bell, golden_softmax),
]
