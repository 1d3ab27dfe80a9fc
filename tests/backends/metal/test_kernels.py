"""Kernels as Metal code, on the Linux executor: the law `lower = impl`, any shape, any dtype."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
import row_programs
from cases import F32, Case, every_case, in_single, kernel_of_case, run, same
from hypothesis import given, settings
from hypothesis import strategies as st
from metal_batch import compile_together
from row_programs import PROGRAMS, SHAPES

import oxmlx.numpy as ox
from oxmlx import default_device, emulate, jit
from oxmlx.backends import interpreter
from oxmlx.backends.metal.backend import Metal
from oxmlx.backends.metal.launch import MOST_POINTS, make_launcher
from oxmlx.backends.metal.scalars import MEMORY
from oxmlx.compile.collapse import collapse
from oxmlx.dtypes import short_name
from oxmlx.ir.kernel import Buffer, Kernel, Operand
from oxmlx.ops.math import Sin
from oxmlx.testing.rules import has_rule

BATCH = 64

HOST = {"digamma", "lgamma", "polygamma"}
"""Primitives that run on the host, whatever their operands."""


def native(case: Case) -> bool:
    kernel = kernel_of_case(case)
    return not Metal().obstacle(case.prim, kernel.stores[0].value)


LOWERED = [in_single(c) for c in every_case() if has_rule(type(c.prim), "lower")]
NATIVE = [c for c in LOWERED if native(c)]


@pytest.mark.parametrize("k", range(len(NATIVE)), ids=lambda k: str(NATIVE[k]))
def test_metal_code_is_impl(k: int) -> None:
    start = k // BATCH * BATCH
    with emulate.mode(instrumented=True, order="random", groups=2, threads_limit=64):
        compile_together(map(kernel_of_case, NATIVE[start : start + BATCH]))
        same(make_launcher(kernel_of_case(NATIVE[k]))(NATIVE[k].operands)[0], run(NATIVE[k])[0])


def test_what_runs_on_the_host_is_published() -> None:
    for case in LOWERED:
        whole = case.prim.kind == "fold" and case.prim.reuses
        dtypes = {x.dtype for x in (*run(case), *case.operands)}
        unknown = any(short_name(d) not in MEMORY for d in dtypes)
        inside = case.prim.name in ("abs", "angle", "complex", "conj", "imag", "real")
        known = whole or unknown or case.prim.name in HOST or inside
        assert (case in NATIVE) != known or (inside and case in NATIVE), case


# Programs over shapes


def kernels(name: str, shape: tuple[int, ...], dtype: Any = F32) -> list[Kernel]:
    return row_programs.kernels(PROGRAMS[name], shape, dtype, Metal().obstacle)


def agree(kernel: Kernel, rng: np.random.Generator, ulps: float = 64) -> None:
    # mostly positive, for a sum that cancels says little about its terms
    inputs = [rng.uniform(-1, 3, b.shape).astype(b.dtype) for b in kernel.inputs]
    want = interpreter.run(kernel, *inputs)
    shapes = [b.shape for b in kernel.outputs]
    for launched in (make_launcher(kernel), make_launcher(collapse(kernel), shapes)):
        for x, y in zip(launched(inputs), want, strict=True):
            same(x, y, ulps)


@pytest.fixture(scope="module")
def programs(emulated: None) -> None:
    """Every text that the programs have, whatever the shape."""
    every = [k for name in PROGRAMS for s in ((3, 4), (4, 1)) for k in kernels(name, s)]
    compile_together([*every, *map(collapse, every)])


@pytest.mark.parametrize("name", PROGRAMS)
@settings(max_examples=15, deadline=None)
@given(SHAPES, st.integers(0, 2**32 - 1))
def test_any_shape(programs: None, name: str, shape: tuple[int, int], seed: int) -> None:
    if "arg" in name and 0 in shape:
        return  # refused where it is traced
    for kernel in kernels(name, shape):
        agree(kernel, np.random.default_rng(seed))


TYPED = [
    (name, dtype)
    for name in PROGRAMS
    for dtype in (ml_dtypes.bfloat16, "float16", "int8", "uint16", "int32", "uint64", "bool")
    if np.dtype(dtype).kind not in "iub" or name not in ("rows", "columns")
    if dtype != "bool" or name in ("any", "map of a transpose", "row sums", "argmax of rows")
]


@pytest.fixture(scope="module")
def typed(emulated: None) -> None:
    every = [k for name, dtype in TYPED for k in kernels(name, (5, 70), dtype)]
    compile_together([*every, *map(collapse, every)])


@pytest.mark.parametrize(("name", "dtype"), TYPED)
def test_any_dtype(typed: None, name: str, dtype: Any) -> None:
    for kernel in kernels(name, (5, 70), dtype):
        agree(kernel, np.random.default_rng(0))


@pytest.mark.parametrize("name", PROGRAMS)
def test_fewer_groups_than_rows_and_any_order(programs: None, name: str) -> None:
    for kernel in kernels(name, (7, 300)):
        for mode in ({"groups": 2}, {"order": "random", "seed": 3}, {"threads_limit": 64}):
            with emulate.mode(**mode):
                agree(kernel, np.random.default_rng(0))


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_races_and_nothing_is_read_beyond_its_end(name: str) -> None:
    for kernel in kernels(name, (5, 67)):
        with emulate.mode(instrumented=True, groups=2):
            agree(kernel, np.random.default_rng(0))


SPECIAL = np.array([0.0, -0.0, 1.5, -2.5, np.inf, -np.inf, np.nan, 3e38, -3e38, 1e-30], F32)


@pytest.mark.parametrize("fast_math", [False, True])
@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: ox.where(x < y, x, y),
        lambda x, y: ox.maximum(x, y) - ox.minimum(y, 0),
        lambda x, y: ox.where(ox.isnan(x) | ox.isinf(y), 1.0, -x),
        lambda x, y: ox.where(ox.isfinite(x), ox.inf, ox.nan),
        lambda x, y: ox.stack([x == y, x != y, x <= y, x >= x, ox.signbit(x)]),
        lambda x, y: ox.stack([ox.max(x), ox.min(y), ox.argmax(x), ox.argmin(y)]),
        lambda x, y: ox.concatenate([ox.sign(x), ox.abs(y), x[::-1], ox.copysign(x, y)]),
    ],
)
def test_special_values_are_bits(f: Any, fast_math: bool) -> None:
    """Fast math assumes that there are no NaNs and infinities; the text must not."""
    x, y = (a.reshape(-1) for a in np.meshgrid(SPECIAL, SPECIAL))
    with emulate.mode(fast_math=fast_math), default_device("metal"):
        got = jit(f)(x, y)
    with default_device("reference"):
        want = jit(f)(x, y)
    np.testing.assert_array_equal(np.asarray(got), np.asarray(want))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16"])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: ox.maximum(x, 0),
        lambda x: ox.minimum(3, -x),
        lambda x: ox.clip(x, 1, 5),
        lambda x: 1 // x,
        lambda x: 7 % x,
        lambda x: ox.maximum(~x, 1) + (x << 2),
        lambda x: ox.maximum(ox.where(x > 2, x * x, 1), 0),
        lambda x: ox.maximum(ox.arange(x.size, dtype=x.dtype) * x, 0),
    ],
)
def test_constants_are_of_the_type_that_they_meet(f: Any, dtype: str) -> None:
    """C++ widens narrow integers, and finds no function that takes both."""
    x = np.arange(-20, 20).astype(dtype)
    with default_device("reference"):
        want = np.asarray(jit(f)(x))
    with default_device("metal"):  # of a text that is refused pytest would raise the warning
        np.testing.assert_array_equal(np.asarray(jit(f)(x)), want)


@pytest.mark.parametrize(
    "f",
    [
        lambda: ox.arange(5) // ox.arange(5),
        lambda: ox.arange(70000) * ox.arange(70000) // 7,
        lambda: (ox.arange(100, dtype="int8") * ox.arange(100, dtype="int8")).astype("int32"),
        lambda: (ox.arange(5000).astype("float16") + 1).astype("float32"),
    ],
)
def test_values_made_of_indices_have_bounds(f: Any) -> None:
    """Where an element is does not overflow; what it is may."""
    with default_device("reference"):
        want = np.asarray(jit(f)())
    with default_device("metal"):
        np.testing.assert_array_equal(np.asarray(jit(f)()), want)


def test_arrays_that_an_index_cannot_count_stay_with_numpy() -> None:
    x = Operand.of(Buffer("x", (MOST_POINTS + 1,), F32))
    assert "more elements than an index can count" in Metal().obstacle(Sin(), x((0,)))
    assert Metal().obstacle(Sin(), Operand.of(Buffer("x", (MOST_POINTS,), F32))((0,))) == ""
