"""Folds along columns: threads that share a column, few columns and many, and their memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import oxmlx as ox
import oxmlx.numpy as np_
from oxmlx import emulate
from oxmlx.backends import interpreter
from oxmlx.backends.metal import launch
from oxmlx.backends.metal.backend import Metal
from oxmlx.backends.metal.elements import MOST_STATES
from oxmlx.backends.metal.gpu import Gpu
from oxmlx.backends.metal.launch import make_launcher
from oxmlx.backends.metal.render import render
from oxmlx.compile.fuse import fuse
from oxmlx.ir.aval import Aval
from oxmlx.ir.kernel import Kernel
from oxmlx.ir.stage import stage
from oxmlx.ops.reduction import argmax, reduce_max, reduce_sum


def only(f: Any, shape: tuple[int, ...]) -> Kernel:
    jaxpr, _ = stage(f, [Aval(shape, np.dtype("float32"))])
    (kernel,) = fuse(jaxpr, Metal().obstacle).kernels
    return kernel


def sums(x: Any) -> Any:
    return [reduce_sum(x * x, (0,))]


def places(x: Any) -> Any:
    return [argmax(x, 0)]


MODES: list[dict[str, Any]] = [
    {"instrumented": True},  # 32 columns a group, that 8 simdgroups share
    {"instrumented": True, "groups": 2},  # a column a thread
    {"instrumented": True, "groups": 2, "threads_limit": 96},
    {"order": "random", "seed": 1, "groups": 1, "threads_limit": 32},
    {"fast_math": True},
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", [sums, places])
def test_any_columns(f: Any, mode: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    for shape in ((70, 5), (3, 300), (131, 33), (1, 64), (40, 1)):
        kernel, x = only(f, shape), rng.normal(size=shape).astype("float32")
        with emulate.mode(**mode):
            (got,) = make_launcher(kernel)([x])
        (want,) = interpreter.run(kernel, x)
        np.testing.assert_allclose(got, want, rtol=1e-5)


@pytest.mark.parametrize("mode", [{}, {"groups": 1, "threads_limit": 32}])
@pytest.mark.parametrize("count", [1, MOST_STATES + 1])
def test_sums_of_long_columns_are_accurate(count: int, mode: dict[str, Any]) -> None:
    """One accumulator that meets so many numbers is off by 1e-4."""

    def f(x: Any) -> Any:
        return [sum(reduce_sum(x * (k + 1.0), (0,)) for k in range(count))]

    x = np.stack([np.full(200_003, 0.1, "float32"), np.full(200_003, 1e4, "float32")], 1)
    x += np.random.default_rng(0).random((len(x), 1), "float32") * [0, 1]
    with emulate.mode(**mode):
        (got,) = make_launcher(only(f, x.shape))([x])
    want = sum((x * np.float32(k + 1)).sum(0, dtype="float64") for k in range(count))
    np.testing.assert_allclose(got, want, rtol=1e-6)


def test_columns_with_many_accumulators_are_not_shared(device: Gpu) -> None:
    def maxima(count: int) -> Any:
        return lambda x: [sum(reduce_max(x * (k + 1.0), (0,)) for k in range(count))]

    assert "slots" in render(only(maxima(MOST_STATES), (5, 70)))
    many = only(maxima(MOST_STATES + 1), (5, 70))
    assert "threadgroup float" not in render(many)
    x = np.random.default_rng(0).normal(size=(5, 70)).astype("float32")
    for got, want in zip(make_launcher(many)([x]), interpreter.run(many, x), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5)


def test_kernels_whose_memory_is_too_much_for_one_go_one_by_one(
    device: Gpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    def launches(rows: int) -> int:
        with ox.default_device("metal"):
            xs = [ox.array(np.ones((rows, 70 + k), "float32")) for k in range(3)]
            step, before = ox.jit(lambda xs: [np_.sum(x * x, 0) for x in xs]), device.dispatches
            for y in step(xs):
                np.testing.assert_array_equal(np.asarray(y), rows)
            return device.dispatches - before

    assert launches(4) == 1
    monkeypatch.setattr(launch, "MOST_MEMORY", 3 * 8 * 256 - 1)
    assert launches(5) == 3
