"""Kernels as native code: the law `lower = impl`, and any shape, layout and vector width."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import row_programs
from cases import Case, every_case, kernel_of_case, run, same
from hypothesis import given, settings
from hypothesis import strategies as st
from row_programs import PROGRAMS, SHAPES

import oxmlx.numpy as jnp
from oxmlx.backends import interpreter
from oxmlx.backends.llvm import launch
from oxmlx.backends.llvm.backend import Cpu
from oxmlx.backends.llvm.block import pack_numbers
from oxmlx.backends.llvm.launch import Launcher, make_launcher
from oxmlx.backends.llvm.render import ENTRY, Renderer
from oxmlx.backends.llvm.scan import MONOIDS
from oxmlx.backends.llvm.target import target
from oxmlx.compile.collapse import collapse
from oxmlx.dtypes import is_complex, is_float
from oxmlx.errors import MissingRule
from oxmlx.ir.kernel import (
    Buffer,
    Expr,
    Index,
    Kernel,
    Operand,
    Store,
    const,
    fold,
    kernel_of,
    prefix,
    scalar,
)
from oxmlx.ops.math import Sin
from oxmlx.testing.rules import has_rule

F32, F64, I32 = np.dtype("float32"), np.dtype("float64"), np.dtype("int32")
LOWERED = [c for c in every_case() if has_rule(type(c.prim), "lower")]

HOST = {"digamma", "polygamma"}
"""Primitives that run on the host, whatever their operands."""


def native(case: Case) -> bool:
    kernel = kernel_of_case(case)
    return not Cpu().obstacle(case.prim, kernel.stores[0].value)


NATIVE = [c for c in LOWERED if native(c)]


@pytest.mark.parametrize("case", NATIVE, ids=str)
def test_native_code_is_impl(case: Case) -> None:
    same(make_launcher(kernel_of_case(case))(case.operands)[0], run(case)[0])


def test_what_runs_on_the_host_is_published() -> None:
    for case in LOWERED:
        (out,) = run(case)
        whole = case.prim.name in ("dot_general", *MONOIDS)  # the library has them
        whole |= case.prim.name == "conv_general" and is_float(out.dtype)
        complex_ = is_complex(out.dtype) or any(is_complex(x.dtype) for x in case.operands)
        double = case.prim.name == "erf_inv" and out.dtype == np.float64
        known = whole or complex_ or double or case.prim.name in HOST
        assert (case in NATIVE) != known, case


# Programs over shapes


def kernels(f: Callable[[Any], Any], shape: tuple[int, ...], dtype: Any = F32) -> list[Kernel]:
    return row_programs.kernels(f, shape, dtype, Cpu().obstacle)


def agree(kernel: Kernel, rng: np.random.Generator, ulps: float = 64) -> None:
    # mostly positive, for a sum that cancels says little about its terms
    inputs = [rng.uniform(-1, 3, b.shape).astype(b.dtype) for b in kernel.inputs]
    want = interpreter.run(kernel, *inputs)
    shapes = [b.shape for b in kernel.outputs]
    for launched in (make_launcher(kernel), make_launcher(collapse(kernel), shapes)):
        for x, y in zip(launched(inputs), want, strict=True):
            same(x, y, ulps)


@pytest.mark.parametrize("name", PROGRAMS)
@settings(max_examples=25)
@given(SHAPES, st.integers(0, 2**32 - 1))
def test_any_shape(name: str, shape: tuple[int, int], seed: int) -> None:
    if "arg" in name and 0 in shape:
        return  # refused where it is traced
    for kernel in kernels(PROGRAMS[name], shape):
        agree(kernel, np.random.default_rng(seed))


@pytest.mark.parametrize("dtype", [ml_dtypes.bfloat16, "float16", "float64", "int8", "uint64"])
@pytest.mark.parametrize("name", ["map of a window", "row sums", "column sums"])
def test_any_dtype(name: str, dtype: Any) -> None:
    for kernel in kernels(PROGRAMS[name], (37, 70), dtype):
        agree(kernel, np.random.default_rng(0))


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_new_shape_compiles_nothing(name: str) -> None:
    def texts(shape: tuple[int, int]) -> list[str]:
        return [Renderer(k, 16).text() for k in kernels(PROGRAMS[name], shape)]

    assert texts((7, 33)) == texts((1000, 257))
    for kernel in kernels(PROGRAMS[name], (7, 33)):
        make_launcher(kernel)
    before = set(target().engines)
    for kernel in kernels(PROGRAMS[name], (9, 130)):
        make_launcher(kernel)
    assert set(target().engines) <= before


@pytest.mark.parametrize("lanes", [4, 8, 32])
@pytest.mark.parametrize("name", PROGRAMS)
def test_any_width_of_vectors(name: str, lanes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target(), "lanes", lanes)
    for kernel in kernels(PROGRAMS[name], (5, 77)):
        agree(kernel, np.random.default_rng(0))


@pytest.mark.parametrize("columns", [40, 90])
@pytest.mark.parametrize("name", ["map", "rows", "columns", "row sums"])
def test_rows_and_lanes_can_be_divided(name: str, columns: int) -> None:
    """Who calls a kernel may give any part of it to anybody: the bits are the same."""
    (kernel,) = kernels(PROGRAMS[name], (23, columns))
    x = np.random.default_rng(0).normal(size=(23, columns)).astype(np.float32)
    launcher = make_launcher(kernel)
    assert isinstance(launcher, Launcher)
    (want,) = launcher([x])
    got = np.full_like(want, np.nan)
    run = ctypes.CFUNCTYPE(None, ctypes.c_void_p, *[ctypes.c_int64] * 4)(
        target().address(launcher.text, ENTRY)
    )
    block = np.array([x.ctypes.data, got.ctypes.data, *pack_numbers(kernel)], np.int64)
    rows, lanes, *_ = launcher.division
    cuts = [0, 1, 17, lanes] if lanes else [0, 0]
    for first, last in pairwise([0, 2, rows] if rows > 2 else [0, rows]):
        for start, stop in pairwise(cuts):
            run(block.ctypes.data, first, last, start, stop)
    assert got.tobytes() == want.tobytes()


# What the cases of primitives do not reach


def test_inputs_may_be_views_and_lie_anywhere() -> None:
    (kernel,) = kernels(PROGRAMS["map"], (6, 50))
    raw = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
    odd = np.frombuffer(b"?" + raw.tobytes(), np.uint8)[1:].view(np.float32).reshape(6, 50)
    for x in (raw.T, odd, raw.reshape(6, 50)[::-1]):
        same(make_launcher(kernel)([x])[0], interpreter.run(kernel, np.ascontiguousarray(x))[0])


def test_long_sums_are_accurate() -> None:
    x = np.random.default_rng(0).uniform(0, 1, (1, 3_000_000)).astype(np.float32)
    for name, shape in (("sum of all", x.shape), ("row sums", x.shape), ("column sums", (-1, 1))):
        data = x.reshape(shape)
        (kernel,) = kernels(PROGRAMS[name], data.shape)
        (out,) = make_launcher(kernel)([data])
        assert abs(float(out.reshape(())) / float(data.astype(F64).sum()) - 1) < 1e-6


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("n", [1, 16, 40, 64, 65, 200])
@pytest.mark.parametrize("extreme", [jnp.max, jnp.min])
def test_an_extreme_finds_a_nan_wherever_it_is(extreme: Any, n: int, sign: int) -> None:
    x = np.random.default_rng(0).normal(size=(n, n)).astype(np.float32)
    np.fill_diagonal(x, np.copysign(np.float32(np.nan), sign))
    (kernel,) = kernels(lambda x: extreme(x, 1), (n, n))
    assert np.isnan(make_launcher(kernel)([x])[0]).all()


@pytest.mark.parametrize("n", [1, 16, 40, 64, 65, 200])
@pytest.mark.parametrize("extreme", [jnp.max, jnp.min])
def test_an_extreme_of_infinities(extreme: Any, n: int) -> None:
    infinity = np.float32(-np.inf if extreme is jnp.max else np.inf)
    (kernel,) = kernels(lambda x: extreme(x, 1), (3, n))
    x = np.full((3, n), infinity)
    assert (make_launcher(kernel)([x])[0] == infinity).all()


def test_a_running_sum_inside_an_expression() -> None:
    x = np.random.default_rng(0).normal(size=(3, 40)).astype(np.float32)

    def lower(index: tuple[Expr, ...], x: Operand, *, out: Any) -> Expr:
        i, j = index
        return prefix("add", x.extents[1], j, lambda k: x((i, k))) * const(2.0)

    kernel = kernel_of("cumsum", [x], x, lower)
    same(make_launcher(kernel)([x])[0], (2 * np.cumsum(x, 1)).astype(np.float32), 64)


def test_a_fold_of_its_own_for_every_element() -> None:
    x = np.random.default_rng(0).normal(size=(5, 40)).astype(np.float32)

    def lower(index: tuple[Expr, ...], x: Operand, *, out: Any) -> Expr:
        i, j = index
        product = fold("add", (x.extents[0],), lambda k: x((k[0], j)) * x((i, j)))
        return scalar("exp", product)

    kernel = kernel_of("each", [x], x, lower)
    agree(kernel, np.random.default_rng(1))


def test_arrays_that_an_index_cannot_count_stay_with_numpy() -> None:
    x = Operand.of(Buffer("x", (2**16, 2**15), F32))
    assert "more elements than an index can count" in Cpu().obstacle(Sin(), x((0, 0)))
    assert Cpu().obstacle(Sin(), Operand.of(Buffer("x", (2**15, 2**15), F32))((0, 0))) == ""


def test_what_llvm_refuses_runs_in_the_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Renderer, "text", lambda self: "define nothing")
    monkeypatch.setattr(launch, "_texts", {})
    (kernel,) = kernels(PROGRAMS["rows"], (3, 4))
    with pytest.warns(RuntimeWarning, match="runs in the interpreter, which is slow: cpu: LLVM"):
        launcher = make_launcher(kernel)
    x = np.ones((3, 4), np.float32)
    same(launcher([x])[0], interpreter.run(kernel, x)[0])


def test_sums_over_points_are_refused() -> None:
    x, y = Buffer("x", (4,), F32), Buffer("y", (), F32)
    i = Index("i0", x.extents[0])
    kernel = Kernel("total", (i,), (Store(y, (), Operand.of(x)((i,)), "add"),))
    with pytest.raises(MissingRule, match="cannot add to y: f32"):
        Renderer(kernel, 8).text()


def test_the_text_of_a_kernel(golden: Callable[[str, str], None]) -> None:
    (kernel,) = kernels(PROGRAMS["row sums"], (3, 100), I32)
    golden("row_sums.ll", Renderer(kernel, 4).text())


def test_kernels_of_one_form_have_one_text() -> None:
    """Over all cases and programs: form and text are as good as each other."""
    every = [*map(kernel_of_case, NATIVE)]
    for program in PROGRAMS.values():
        every += [k for shape in ((7, 33), (9, 130), (12, 12)) for k in kernels(program, shape)]
    forms: dict[Any, str] = {}
    texts: dict[str, Any] = {}
    for kernel in every:
        text = Renderer(kernel, 16).text()
        assert forms.setdefault(kernel.form, text) == text
        texts.setdefault(text, kernel.form)
    assert len(forms) < 0.9 * len(every)
    assert len(texts) > 0.9 * len(forms)
