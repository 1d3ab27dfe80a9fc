"""What the texts of kernels/ are called with, and what numpy says: odd shapes, strides, offsets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from ml_dtypes import bfloat16

from oxmlx.backends.metal.library import MODULES, find
from oxmlx.backends.metal.texts import kernel_text
from oxmlx.config import config

EPS = 2.0**-24
MOST_GROUPS = 64  # of 32 threads, which is as small as a device may make them


class Case(NamedTuple):
    """A kernel, its operands and numbers, the memory that it leaves, and how far from it rounding
    may lead."""

    kernel: str
    operands: tuple[np.ndarray, ...]
    numbers: np.ndarray
    result: np.ndarray
    tolerance: Any = 0.0
    groups: int = 2

    def run(self, text: str | None = None) -> np.ndarray:
        """The memory that a dispatch leaves; each of its groups must have come to its end."""
        text = text or kernel_text(self.kernel)
        device = find(MODULES[config.metal or "emulate"]).Device()
        function = device.kernel(text).function(self.kernel)
        out, done = device.buffer(unwritten(self.result)), device.buffer(4 * MOST_GROUPS)
        function(self.groups * function.limit, *self.operands, out, self.numbers, done)
        flags = np.frombuffer(done, "uint32")
        np.testing.assert_array_equal(
            flags, np.where(np.arange(MOST_GROUPS) < flags[0], flags[0], 0)
        )
        assert flags[0] > 0
        return np.frombuffer(out, self.result.dtype)

    def check(self, got: np.ndarray) -> None:
        """Compare; what no kernel should write has to be as it was."""
        want = self.result.reshape(-1)
        if want.dtype.kind in "iu":
            np.testing.assert_array_equal(got, want)
            return
        got, want = got.astype("float64"), want.astype("float64")
        usual = np.isfinite(want)
        np.testing.assert_array_equal(got[~usual], want[~usual])
        bound = np.broadcast_to(self.tolerance, self.result.shape).reshape(-1)[usual]
        got, want = got[usual], want[usual]
        wrong = ~(np.abs(got - want) <= bound)
        assert not wrong.any(), f"{got[wrong][:5]}, wanted {want[wrong][:5]}"


CANARY = 777


def unwritten(like: np.ndarray) -> np.ndarray:
    """Memory in which what is not written can be told."""
    return np.full(like.size, CANARY, like.dtype).view("uint8")


def uints(*values: int) -> np.ndarray:
    return np.array(values, "uint32")


class Placed(NamedTuple):
    """A view of an array within memory that begins before it, and goes on behind a result."""

    memory: np.ndarray
    view: np.ndarray

    @property
    def at(self) -> int:
        return (address(self.view) - address(self.memory)) // self.memory.itemsize

    def numbers(self) -> list[int]:
        """A Matrix: where it is, and its strides."""
        return [self.at, *(s // self.memory.itemsize for s in self.view.strides)]


def address(x: np.ndarray) -> int:
    return x.__array_interface__["data"][0]


def placed(
    shape: tuple[int, ...], order: tuple[int, ...], dtype: Any, rest: Any, behind: int = 0
) -> Placed:
    """Room for an array whose axes lie in this order."""
    long = [shape[a] for a in order]
    size = int(np.prod(long))
    memory = np.full(5 + size + behind, rest).astype(dtype)
    view = memory[5 : 5 + size].reshape(long).transpose(np.argsort(order))
    return Placed(memory, view)


# Products of matrices


STORED: dict[str, tuple[Any, str]] = {
    "gemv_bf16": (bfloat16, "uint16"),
    "gemv_f16": ("float16", "float16"),
    "gemm_bf16": (bfloat16, "uint16"),
    "gemm_f16": ("float16", "float16"),
}
"""The dtype of the matrices, and what of it can be handed to the device."""
UNITS = {"float32": 0.0, "uint16": 2.0**-7, "float16": 2.0**-10}
"""In the last place that is rounded once more."""


def product(
    kernel: str,
    sizes: tuple[int, int, int, int, int],
    orders: tuple[tuple[int, ...], ...] = ((0, 1, 2, 3),) * 3,
    special: bool = False,
    broadcast: bool = False,
    groups: int = 2,
) -> Case:
    """Two axes of a batch, then rows, columns and terms; the memory order of a, b and c."""
    outer, inner, m, n, k = sizes
    rng = np.random.default_rng(m + n + k)
    stored, bits = STORED.get(kernel, ("float32", "float32"))
    shapes = (outer, inner, m, k), (outer, 1 if broadcast else inner, k, n), (outer, inner, m, n)
    # What a kernel should not read would show, and so would what it should not write.
    a, b = (placed(s, o, stored, np.nan) for s, o in zip(shapes[:2], orders[:2], strict=True))
    c = placed(shapes[2], orders[2], stored, CANARY, 7)
    for x in (a, b):
        x.view[...] = rng.normal(size=x.view.shape)
    if special:
        a.view[0, 0, 0, -1], a.view[0, 0, m // 2, 0], b.view[-1, -1, 0, n // 2] = (
            *(np.inf, np.nan, -np.inf),
        )
    left, right = a.view.astype("float64"), b.view.astype("float64")
    with np.errstate(invalid="ignore"):
        exact = left @ right
        unit = UNITS[bits] * np.abs(exact)
        bound = (k + 10) * EPS * (np.abs(left) @ np.abs(right)) + unit
    c.view[...] = exact
    error = placed(shapes[2], orders[2], "float64", 0, 7)
    if k > 1:  # else there is nothing to add up, and ties are to be rounded to even
        error.view[...] = bound
    strides = [a.numbers(), b.numbers(), c.numbers()]
    if broadcast:
        strides[1][2] = 0
    numbers = uints(outer * inner, inner, m, n, k, *(x for s in strides for x in s))
    operands = a.memory.view(bits), b.memory.view(bits)
    return Case(kernel, operands, numbers, c.memory, error.memory, groups)


ROWS, COLUMNS = (0, 1, 2, 3), (0, 1, 3, 2)


def products(kernel: str) -> list[Case]:
    few = "gemv" in kernel
    rows = 5 if few else 67
    return [
        product(kernel, (2, 3, 3, 5, 7), (ROWS, (1, 0, 3, 2), (3, 0, 2, 1))),
        product(kernel, (1, 1, rows, 71, 19), (ROWS, COLUMNS if few else ROWS, ROWS)),
        product(kernel, (1, 1, 1, 1, 1)),
        product(kernel, (1, 1, rows, 37, 83), (COLUMNS, COLUMNS, COLUMNS), groups=1),
        product(kernel, (3, 2, 2, 66, 33), ((2, 0, 1, 3), (0, 1, 2, 3), (2, 1, 0, 3)), False, True),
        product(kernel, (1, 1, 4, 33, 40), special=True),
        product(kernel, (1, 1, 5, 300, 1)),
        product(kernel, (1, 1, 2, 3, 300)),
    ]


# Sums


def sum_rows_partial(rows: int, length: int, chunk: int, special: bool = False) -> Case:
    rng = np.random.default_rng(length)
    memory = np.full(rows * (length + 3) + 2, np.nan, "float32")
    x = memory[2:].reshape(rows, length + 3)[:, :length]
    x[...] = rng.uniform(-1, 3, x.shape)
    if special:
        x[0, length // 2], x[-1, 0] = np.inf, np.nan
    chunks = -(-length // chunk)
    padded = np.zeros((rows, chunks * chunk))
    padded[:, :length] = x
    parts = padded.reshape(rows, chunks, chunk)
    bound = (chunk / 32 + 16) * EPS * np.abs(parts).sum(2)
    numbers = uints(rows, length, chunk, chunks, 2, length + 3)
    result = parts.sum(2).astype("float32")
    return Case("sum_rows_partial", (memory,), numbers, result, bound)


def sum_finish(rows: int, chunks: int, special: bool = False) -> Case:
    x = np.random.default_rng(chunks).uniform(-1, 3, (rows, chunks)).astype("float32")
    if special:
        x[0, chunks // 2], x[-1, 0] = -np.inf, np.nan
    result = np.full(rows + 4, CANARY, "float32")
    result[3:-1] = x.sum(1, "float64")
    bound = np.zeros(rows + 4)
    bound[3:-1] = (chunks / 32 + 8) * EPS * np.abs(x).sum(1)
    return Case("sum_finish", (x,), uints(rows, chunks, 3), result, bound)


def along(shape: tuple[int, int, int]) -> list[int]:
    """The numbers of rows along the middle axis: inner, outer, step."""
    _, length, inner = shape
    return [inner, length * inner, inner]


KINDS = {"uint32": 0, "int32": 1, "float32": 2}
BLOCK = 2048


def keys(shape: tuple[int, int, int], dtype: str) -> Placed:
    """Few values, so that some are equal; special floats, and those next to zero."""
    rng = np.random.default_rng(shape[1])
    x = placed(shape, (0, 1, 2), dtype, 0)
    if dtype == "float32":
        some = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, -np.nan, 1e-45, -1e-45, 3e38, -3e38])
        some = np.concatenate([some, rng.normal(size=30)])
    else:
        some = rng.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, 40, dtype, endpoint=True)
    x.view[...] = rng.choice(some.astype(dtype), shape)
    return x


def scan(shape: tuple[int, int, int], reverse: bool = False, special: bool = False) -> Case:
    x = placed(shape, (0, 1, 2), "float32", np.nan)
    x.view[...] = np.random.default_rng(shape[1]).uniform(-1, 2, shape)
    if special:
        x.view[0, shape[1] // 2], x.view[-1, shape[1] // 3] = np.inf, np.nan
    y = placed(shape, (0, 1, 2), "float32", CANARY, 7)
    error = placed(shape, (0, 1, 2), "float64", 0, 7)
    way = slice(None, None, -1 if reverse else 1)
    y.view[:, way] = np.cumsum(x.view[:, way], 1, "float64")
    size = np.cumsum(np.abs(x.view[:, way]), 1, "float64")
    error.view[:, way] = (shape[1] / 128 + 16) * EPS * size
    numbers = uints(shape[0] * shape[2], shape[1], *along(shape), reverse, x.at, y.at)
    return Case("scan", (x.memory,), numbers, y.memory, error.memory)


def scan_product(shape: tuple[int, int, int], kind: str, reverse: bool = False) -> Case:
    """Of numbers about 1; of some whose products are too large or too small for a float, while
    those of more are not; or of what is passed on."""
    rng, length = np.random.default_rng(shape[1]), shape[1]
    x, y = (placed(shape, (0, 1, 2), "float32", v, b) for v, b in ((np.nan, 0), (CANARY, 7)))
    x.view[...] = np.exp(rng.normal(size=shape) / 50) * rng.choice([-1, 1], shape)
    if kind in ("large", "small"):
        waves = np.resize([1e30, 2e30, 1e-30, 5e-31], length)[None, :, None]
        x.view[...] *= waves if kind == "large" else 1 / waves
    elif kind == "special":
        x.view[0, length // 2], x.view[-1, length // 3] = np.inf, np.nan
        x.view[0, length // 2 + 40 :: 50] = 0
    error = placed(shape, (0, 1, 2), "float64", 0, 7)
    way = slice(None, None, -1 if reverse else 1)
    with np.errstate(all="ignore"):
        exact = np.cumprod(x.view[:, way], 1, "float64")
        y.view[:, way] = exact
        size = np.nan_to_num(np.abs(exact), nan=0, posinf=0)
    factors = np.arange(1, length + 1)[:, None]
    error.view[:, way] = factors * EPS * size + 2.0**-126
    numbers = uints(shape[0] * shape[2], length, *along(shape), reverse, x.at, y.at)
    return Case("scan_product", (x.memory,), numbers, y.memory, error.memory)


def scan_product_int(shape: tuple[int, int, int], reverse: bool = False) -> Case:
    """Of odd numbers: those of even ones are soon 0."""
    x, y = keys(shape, "uint32"), placed(shape, (0, 1, 2), "uint32", CANARY, 7)
    x.view[...] |= 1
    way = slice(None, None, -1 if reverse else 1)
    y.view[:, way] = np.cumprod(x.view[:, way], 1, "uint32")
    numbers = uints(shape[0] * shape[2], shape[1], *along(shape), reverse, x.at, y.at)
    return Case("scan_product_int", (x.memory,), numbers, y.memory)


def scan_int(shape: tuple[int, int, int], reverse: bool = False) -> Case:
    x, y = keys(shape, "uint32"), placed(shape, (0, 1, 2), "uint32", CANARY, 7)
    way = slice(None, None, -1 if reverse else 1)
    y.view[:, way] = np.cumsum(x.view[:, way], 1, "uint32")
    numbers = uints(shape[0] * shape[2], shape[1], *along(shape), reverse, x.at, y.at)
    return Case("scan_int", (x.memory,), numbers, y.memory)


def scan_max(shape: tuple[int, int, int], dtype: str, least: bool, reverse: bool = False) -> Case:
    """Of numbers that rise, or else the first few would be the largest; and of special ones."""
    x, y = keys(shape, dtype), placed(shape, (0, 1, 2), dtype, CANARY, 7)
    way = slice(None, None, -1 if reverse else 1)
    if dtype != "float32":
        noise = np.random.default_rng(shape[1]).integers(0, 30, shape)
        rising = (3 * np.arange(shape[1])[None, :, None] + noise).astype(dtype)
        x.view[:, way] = ~rising if least else rising
    numpys = np.minimum if least else np.maximum
    y.view[:, way] = numpys.accumulate(x.view[:, way], 1)
    flags = [KINDS[dtype], least]
    numbers = uints(shape[0] * shape[2], shape[1], *along(shape), reverse, x.at, y.at, *flags)
    return Case("scan_max", (x.memory.view("uint32"),), numbers, y.memory)


# Order


def rows_of(x: np.ndarray) -> np.ndarray:
    """The middle axis as the last of two."""
    return np.moveaxis(x, 1, 2).reshape(-1, x.shape[1])


def places_of(rows: np.ndarray, falling: bool) -> np.ndarray:
    """The places in rows in order, those of equals as they were."""
    if not falling:
        return np.argsort(rows, 1, kind="stable")
    return rows.shape[1] - 1 - np.argsort(rows[:, ::-1], 1, kind="stable")[:, ::-1]


def in_runs(rows: np.ndarray, size: int, falling: bool) -> np.ndarray:
    """Those of runs of so many elements."""
    starts = range(0, rows.shape[1], size)
    parts = [s + places_of(rows[:, s : s + size], falling) for s in starts]
    return np.concatenate(parts, 1).astype("uint32")


def sort(shape: tuple[int, int, int], dtype: str, falling: bool = False) -> Case:
    x = keys(shape, dtype)
    rows, length = rows_of(x.view), shape[1]
    blocks = -(-length // BLOCK)
    numbers = uints(len(rows), length, blocks, *along(shape), x.at, KINDS[dtype], falling)
    return Case("sort", (x.memory.view("uint32"),), numbers, in_runs(rows, BLOCK, falling))


def sort_merge(shape: tuple[int, int, int], run: int, dtype: str, falling: bool = False) -> Case:
    x = keys(shape, dtype)
    rows, length = rows_of(x.view), shape[1]

    def sorted_by(size: int) -> np.ndarray:
        return in_runs(rows, size, falling)

    numbers = uints(len(rows), length, run, *along(shape), x.at, KINDS[dtype], falling)
    operands = x.memory.view("uint32"), sorted_by(run)
    return Case("sort_merge", operands, numbers, sorted_by(2 * run))


def permute(shape: tuple[int, int, int], count: int, places: bool = False) -> Case:
    rng = np.random.default_rng(shape[1])
    x = placed(shape, (0, 1, 2), "uint32", CANARY)
    y = placed((shape[0], count, shape[2]), (0, 1, 2), "uint32", CANARY, 7)
    x.view[...] = rng.integers(0, 2**32, shape, "uint32")
    order = rng.permuted(
        np.broadcast_to(np.arange(shape[1]), (shape[0] * shape[2], shape[1])), axis=1
    ).astype("uint32", "C")
    wanted = np.moveaxis(order.reshape(shape[0], shape[2], shape[1]), 2, 1)[:, :count]
    y.view[...] = wanted if places else np.take_along_axis(x.view, wanted, 1)
    taken = count, count * shape[2], places
    numbers = uints(shape[0] * shape[2], shape[1], *along(shape), x.at, y.at, *taken)
    return Case("permute", (x.memory, order), numbers, y.memory)


CASES: dict[str, Callable[[], list[Case]]] = {
    "gemm": lambda: products("gemm"),
    "gemm_bf16": lambda: products("gemm_bf16"),
    "gemm_f16": lambda: products("gemm_f16"),
    "gemm_simdgroup": lambda: products("gemm_simdgroup"),
    "gemv": lambda: products("gemv"),
    "gemv_bf16": lambda: products("gemv_bf16"),
    "gemv_f16": lambda: products("gemv_f16"),
    "gemv_columns": lambda: products("gemv_columns"),
    "permute": lambda: [
        *(permute((5, 211, 3), 211), permute((1, 1, 1), 1), permute((2, 1000, 1), 1000)),
        *(permute((3, 70, 5), 9), permute((3, 70, 5), 70, True), permute((2, 301, 2), 7, True)),
    ],
    "scan": lambda: [
        *(scan((3, 37, 2)), scan((5, 1301, 1)), scan((1, 1, 1)), scan((2, 700, 3), reverse=True)),
        *(scan((3, 1100, 1), special=True), scan((2, 90, 2), reverse=True, special=True)),
    ],
    "scan_int": lambda: [
        *(scan_int((3, 37, 2)), scan_int((5, 1301, 1)), scan_int((1, 1, 1))),
        scan_int((2, 700, 3), reverse=True),
    ],
    "scan_product": lambda: [
        *(scan_product((3, 37, 2), "usual"), scan_product((5, 1301, 1), "large")),
        *(scan_product((1, 1, 1), "usual"), scan_product((2, 700, 3), "usual", reverse=True)),
        *(scan_product((3, 1100, 1), "small"), scan_product((2, 190, 2), "special")),
        *(scan_product((3, 190, 1), "special", True), scan_product((2, 90, 2), "large", True)),
    ],
    "scan_product_int": lambda: [
        *(scan_product_int((3, 37, 2)), scan_product_int((5, 1301, 1))),
        *(scan_product_int((1, 1, 1)), scan_product_int((2, 700, 3), reverse=True)),
    ],
    "scan_max": lambda: [
        *(scan_max((3, 37, 2), "float32", True), scan_max((5, 1301, 1), "int32", False)),
        *(scan_max((1, 1, 1), "uint32", True), scan_max((2, 700, 3), "uint32", False, True)),
        *(scan_max((3, 1301, 1), "float32", False), scan_max((2, 90, 2), "int32", True, True)),
        scan_max((4, 1100, 1), "uint32", True),
    ],
    "sort": lambda: [
        *(sort((3, 37, 2), "float32"), sort((5, 97, 1), "int32"), sort((1, 1, 1), "uint32")),
        *(sort((2, 701, 1), "uint32"), sort((1, 2048 + 300, 2), "float32")),
        *(sort((3, 65, 2), "float32", True), sort((1, 2048 + 9, 1), "uint32", True)),
    ],
    "sort_merge": lambda: [
        *(sort_merge((2, 101, 3), 8, "float32"), sort_merge((3, 64, 1), 32, "int32")),
        *(sort_merge((1, 1, 1), 2, "uint32"), sort_merge((1, 601, 1), 512, "uint32")),
        *(sort_merge((2, 5, 1), 8, "float32"), sort_merge((2, 101, 2), 16, "float32", True)),
    ],
    "sum_finish": lambda: [
        *(sum_finish(5, 37), sum_finish(1, 1), sum_finish(21, 1201), sum_finish(3, 70, True)),
    ],
    "sum_rows_partial": lambda: [
        *(sum_rows_partial(5, 701, 300), sum_rows_partial(1, 1, 1)),
        *(sum_rows_partial(1, 10007, 4096), sum_rows_partial(3, 300, 1024, True)),
    ],
}
