"""Windows as kernels: `impl` for every shape, and neighbours as the lanes of a vector."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oxmlx as ox
from oxmlx import debug
from oxmlx.api.executable import plan_of
from oxmlx.backends.llvm.backend import Cpu
from oxmlx.backends.llvm.render import Renderer
from oxmlx.backends.llvm.target import target
from oxmlx.ir.aval import Aval
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.stage import stage
from oxmlx.ir.trace import bind
from oxmlx.ops.window import (
    ArgWindowMax,
    ArgWindowMin,
    ReduceWindow,
    ReduceWindowMax,
    ReduceWindowMin,
    ReduceWindowSum,
)

BF16 = np.dtype(ml_dtypes.bfloat16)
KINDS: list[Any] = [ReduceWindowSum, ReduceWindowMax, ReduceWindowMin, ArgWindowMax, ArgWindowMin]
DTYPES = ["float32", "float64", "float16", BF16, "int8", "uint32", "int64"]


def program(prim: ReduceWindow, x: np.ndarray) -> Jaxpr:
    return stage(lambda x: [bind(prim, x)], [Aval(x.shape, x.dtype)])[0]


@st.composite
def windows(draw: Any) -> tuple[ReduceWindow, tuple[int, ...]]:
    """Any window, and the shape that it slides over."""
    rank, small = draw(st.integers(1, 4)), st.integers(1, 3)

    def each(values: Any) -> tuple[Any, ...]:
        return tuple(draw(values) for _ in range(rank))

    shape = (*each(st.integers(1, 7))[1:], draw(st.sampled_from([1, 5, 16, 33])))
    ends = each(st.tuples(st.integers(-1, 3), st.integers(-1, 3)))
    fields = each(st.integers(1, 4)), each(small), ends, each(st.integers(1, 2)), each(small)
    kind = draw(st.sampled_from(KINDS))
    return kind(*fields, 0) if kind in (ArgWindowMax, ArgWindowMin) else kind(*fields), shape


@settings(max_examples=150)
@given(windows(), st.sampled_from(DTYPES), st.integers(0, 99))
def test_any_window(case: tuple[ReduceWindow, tuple[int, ...]], dtype: Any, seed: int) -> None:
    prim, shape = case
    x = np.random.default_rng(seed).integers(-9, 10, shape).astype(dtype)
    plan = plan_of(program(prim, x), Cpu(), strict=False)
    assert not plan.host_steps
    (got,) = Cpu().load(plan)([x])
    want = prim.impl(x)
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


def test_large_windows_are_left_to_numpy() -> None:
    x = np.ones((80, 80), np.float32)
    for n, hosts in ((32, 0), (33, 1)):
        prim = ReduceWindowSum((n, n), (1, 1), ((0, 0),) * 2, (1, 1), (1, 1))
        assert len(plan_of(program(prim, x), Cpu(), strict=False).host_steps) == hosts


@pytest.mark.parametrize("window", [(1, 2, 2, 1), (1, 1, 2, 2)], ids=["NHWC", "NCHW"])
def test_lanes_run_along_the_output(window: tuple[int, ...]) -> None:
    """A row of its own a window has not, and what is left of it would not fill a vector."""
    prim = ReduceWindowMax(window, window, ((0, 0),) * 4, (1,) * 4, (1,) * 4)
    plan = plan_of(program(prim, np.ones((2, 8, 8, 8), np.float32)), Cpu(), strict=False)
    (kernel,) = plan.kernels
    renderer = Renderer(kernel, target().lanes)
    assert renderer.across == kernel.grid[-1:] and not renderer.rows.passes


def pool(x: Any, window: int = 3, stride: int = 1, ends: Any = "SAME") -> Any:
    """The largest element of windows."""
    sizes, strides = (1, window, window, 1), (1, stride, stride, 1)
    return ox.lax.reduce_window(x, -np.inf, ox.lax.max, sizes, strides, ends)


def kernels(f: Any) -> list[str]:
    avals = [Aval((4, 8, 8, 16), np.dtype("float32"))]
    jaxpr = stage(lambda x: [f(x)], avals)[0]
    return [k.name for k in plan_of(jaxpr, Cpu(), strict=False).kernels]


def test_what_is_dear_is_computed_once_for_all_windows_that_show_it() -> None:
    assert kernels(lambda x: pool(ox.numpy.maximum(x, 0))) == ["max_reduce_window_max"]
    assert kernels(lambda x: pool(ox.numpy.tanh(x))) == ["tanh", "reduce_window_max"]
    apart = kernels(lambda x: pool(ox.numpy.tanh(x), 2, 2, "VALID"))
    assert apart == ["tanh_reduce_window_max"]


def test_a_new_shape_compiles_nothing() -> None:
    f, compiled = ox.jit(pool), list[int]()
    with ox.default_device("cpu"):
        for n in (6, 9, 12):
            ox.eval(f(ox.numpy.ones((2, n, n + 1, 5))))
            compiled.append(debug.kernels_compiled("cpu"))
    assert compiled[1] == compiled[2]


@pytest.mark.parametrize("monoid", [ox.lax.add, ox.lax.max])
def test_eager_jitted_and_strict_bits_agree(monoid: Any) -> None:
    x = np.random.default_rng(0).normal(size=(3, 20, 20, 7)).astype(np.float32)

    def f(x: Any) -> Any:
        start = 0.0 if monoid is ox.lax.add else -np.inf
        y = ox.lax.reduce_window(ox.numpy.exp(x), start, monoid, (1, 3, 3, 1), (1, 2, 2, 1), "SAME")
        return y * 2

    outs: list[Any] = []
    with ox.default_device("cpu"):
        x = ox.array(x)
        for strict in (False, True):
            with ox.config.context(strict=strict):
                outs += [f(x), ox.jit(f)(x)]
    assert len({np.asarray(y).tobytes() for y in outs}) == 1
