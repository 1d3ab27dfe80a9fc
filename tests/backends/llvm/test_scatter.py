"""Scatters by the library: the bits of `impl` for every mode, dtype and order of axes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oxmlx as ox
from oxmlx import debug
from oxmlx.api.executable import plan_of
from oxmlx.backends.llvm import scatter as library
from oxmlx.backends.llvm.backend import Cpu
from oxmlx.ir.aval import Aval
from oxmlx.ir.stage import stage
from oxmlx.ops.indexing import Scatter

BF16 = np.dtype(ml_dtypes.bfloat16)
NUMBERS = ["float32", "float64", "float16", BF16, "int8", "uint16", "int32", "uint64"]
COMBINES = ["set", "add", "mul", "min", "max"]
INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint32", "uint64"]


def run(prim: Scatter, *operands: np.ndarray) -> np.ndarray:
    """What the library makes of it."""
    avals = [Aval(x.shape, x.dtype) for x in operands]
    atoms = [SimpleNamespace(aval=a) for a in avals]
    out = SimpleNamespace(aval=prim.abstract(*avals))
    eqn: Any = SimpleNamespace(prim=prim, inputs=atoms, outputs=[out])
    assert library.name_of(eqn) == "scatter"
    return library.scatter(eqn)(operands)[0]


def values(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Numbers whose sums and products do not overflow."""
    return rng.integers(0, 4, shape).astype(dtype) + np.array(rng.integers(0, 2), dtype)


@st.composite
def scatters(draw: Any) -> tuple[Scatter, list[np.ndarray]]:
    """A scatter and its operands; many indices meet, and some lie outside."""
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    batch, rank = draw(st.integers(0, 2)), draw(st.integers(1, 3))
    shape = tuple(draw(st.integers(1, 5)) for _ in range(batch + rank - 1))
    shape += (draw(st.sampled_from([1, 2, 15, 16, 17, 40, 300])),)
    axes = tuple(draw(st.permutations(range(batch, len(shape)))))[: draw(st.integers(1, rank))]
    lead = shape[:batch] + draw(st.sampled_from([(), (1,), (7,), (2, 3), (0,)]))
    prim = Scatter(axes, batch, draw(st.sampled_from(COMBINES)), draw(st.booleans()))
    indices = [
        rng.integers(0 if i[0] == "u" else -shape[a] - 2, shape[a] + 2, lead)
        .clip(np.iinfo(i).min, np.iinfo(i).max)
        .astype(i)
        for a, i in ((a, draw(st.sampled_from(INTEGERS))) for a in axes)
    ]
    rest = tuple(n for a, n in enumerate(shape) if a >= batch and a not in axes)
    dtype = draw(st.sampled_from(NUMBERS))
    return prim, [values(rng, shape, dtype), values(rng, lead + rest, dtype), *indices]


@settings(max_examples=300)
@given(scatters())
def test_any_scatter(case: tuple[Scatter, list[np.ndarray]]) -> None:
    prim, operands = case
    got, want = run(prim, *operands), prim.impl(*operands)
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("combine", COMBINES)
@pytest.mark.parametrize("dtype", ["float32", BF16, "int16"], ids=str)
def test_updates_come_in_order(combine: str, dtype: Any) -> None:
    """Sums round differently in another order, and the last one stays."""
    rng = np.random.default_rng(0)
    scale = 9 if dtype == "int16" else 1
    x, updates = (
        (rng.uniform(0.9, 1.1, (n, 40)) * rng.choice([-scale, scale], (n, 40))).astype(dtype)
        for n in (5, 600)
    )
    prim, rows = Scatter((0,), 0, combine), rng.integers(-6, 6, 600).astype(np.int32)
    want = np.ascontiguousarray(prim.impl(x, updates, rows))
    assert run(prim, x, updates, rows).tobytes() == want.tobytes()


@pytest.mark.parametrize("dtype", ["complex64", "complex128", "bool", "bfloat16"])
def test_other_elements_are_set(dtype: str) -> None:
    rng = np.random.default_rng(0)
    x, updates = (rng.normal(size=s).astype(ox.dtypes.as_dtype(dtype)) for s in ((4, 3), (2, 3)))
    prim, rows = Scatter((0,)), np.array([3, -4], np.int32)
    assert run(prim, x, updates, rows).tobytes() == prim.impl(x, updates, rows).tobytes()


def test_operands_are_read_however_they_lie() -> None:
    rng = np.random.default_rng(0)
    x, updates = rng.normal(size=(30, 20)), rng.normal(size=(7, 20))
    rows = rng.integers(0, 30, 14)[::2]
    prim = Scatter((0,), 0, "add")
    want = prim.impl(x, updates, rows)
    for a, b in ((x, updates), (np.asfortranarray(x), np.asfortranarray(updates))):
        np.testing.assert_array_equal(run(prim, a, b, rows), want)
    zero, one = np.broadcast_to(0.0, x.shape), np.broadcast_to(1.0, updates.shape)
    np.testing.assert_array_equal(run(prim, zero, one, rows), prim.impl(zero, one, rows))


SHARED = {
    "neighbours": (Scatter((0,), 0, "add"), (50, 4096), (300, 4096), 50),
    "lines": (Scatter((1,), 0, "add"), (4096, 50), (300, 4096), 50),
    "batches": (Scatter((1,), 1, "add"), (40, 50, 100), (40, 300, 100), 50),
}


@pytest.mark.parametrize("name", SHARED)
def test_bits_do_not_depend_on_threads(name: str) -> None:
    prim, shape, update, n = SHARED[name]
    rng = np.random.default_rng(0)
    x, updates = (rng.normal(size=s).astype(np.float32) for s in (shape, update))
    rows = rng.integers(0, n, update[: 1 + prim.batch]).astype(np.int32)
    got: set[bytes] = set()
    for threads in (1, 2, 4):
        with ox.config.context(num_threads=threads):
            got.add(run(prim, x, updates, rows).tobytes())
    assert got == {np.ascontiguousarray(prim.impl(x, updates, rows)).tobytes()}


def test_a_new_shape_compiles_nothing() -> None:
    def f(x: Any, i: Any, y: Any) -> Any:
        return x.at[i].add(y)

    compiled: list[int] = []
    with ox.default_device("cpu"):
        for n, width, k in ((5, 3, 2), (7, 40, 9), (100, 1, 30)):
            x, y = ox.numpy.ones((n, width)), ox.numpy.ones((k, width))
            ox.eval(ox.jit(f)(x, ox.numpy.arange(k) % n, y))
            compiled.append(debug.kernels_compiled("cpu"))
    assert compiled[1] == compiled[2]


def test_the_gradient_of_a_lookup_leaves_nothing_to_the_host() -> None:
    def loss(x: Any, i: Any) -> Any:
        return (x[i] ** 2).sum()

    def program(x: Any, i: Any) -> Any:
        return [ox.grad(loss)(x, i)]

    avals = [Aval((50, 8), np.dtype("float32")), Aval((20,), np.dtype("int32"))]
    plan = plan_of(stage(program, avals)[0], Cpu(), strict=False)
    assert "library scatter" in str(plan)
    assert {e.prim.kind for e in plan.host_steps} <= {"move"}


def test_eager_jitted_and_strict_bits_agree() -> None:
    rng = np.random.default_rng(0)
    data = [rng.normal(size=s).astype(np.float32) for s in ((9, 30), (70, 30))]
    rows = rng.integers(0, 9, 70).astype(np.int32)

    def f(x: Any, y: Any, i: Any) -> Any:
        return ox.numpy.exp(x).at[i].add(y * 3)

    outs: list[Any] = []
    with ox.default_device("cpu"):
        x, y, i = map(ox.array, (*data, rows))
        for strict in (False, True):
            with ox.config.context(strict=strict):
                outs += [f(x, y, i), ox.jit(f)(x, y, i)]
    assert len({np.asarray(out).tobytes() for out in outs}) == 1
