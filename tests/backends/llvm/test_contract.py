"""Contractions by the library: `impl` up to rounding, with bits that only the terms decide."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oxmlx as ox
import oxmlx.numpy as jnp
from oxmlx.backends.llvm import contract
from oxmlx.backends.llvm.backend import Cpu
from oxmlx.backends.llvm.contract import Contraction, name_of
from oxmlx.compile.pipeline import make_plan
from oxmlx.ir.aval import Aval
from oxmlx.ir.stage import stage
from oxmlx.ops.dot import DotGeneral

BF16 = np.dtype(ml_dtypes.bfloat16)
ULP = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
MATMUL = DotGeneral(((1,), (0,)))
CASES = {  # contracted axes, batch axes, shapes
    "matrices": (((1,), (0,)), ((), ()), (70, 90), (90, 110)),
    "both transposed": (((0,), (1,)), ((), ()), (90, 70), (110, 90)),
    "gradient of a weight": (((0,), (0,)), ((), ()), (64, 33), (64, 50)),
    "matrix and vector": (((1,), (0,)), ((), ()), (130, 300), (300,)),
    "vector and matrix": (((0,), (0,)), ((), ()), (300,), (300, 130)),
    "vectors": (((0,), (0,)), ((), ()), (100,), (100,)),
    "outer": (((), ()), ((), ()), (50,), (70,)),
    "numbers": (((), ()), ((), ()), (), ()),
    "few columns": (((1,), (0,)), ((), ()), (200, 300), (300, 3)),
    "some columns": (((1,), (0,)), ((), ()), (200, 300), (300, 9)),
    "attention": (((3,), (3,)), ((0, 1), (0, 1)), (2, 3, 40, 16), (2, 3, 50, 16)),
    "attention, heads inside": (((3,), (3,)), ((0, 2), (0, 2)), (2, 40, 3, 16), (2, 50, 3, 16)),
    "decoding": (((2,), (2,)), ((0, 1), (0, 1)), (2, 3, 64), (2, 3, 64)),
    "several terms": (((1, 3), (2, 0)), ((0,), (3,)), (2, 13, 4, 5), (5, 6, 13, 2)),
    "everything": (((0, 1), (0, 1)), ((), ()), (30, 50), (30, 50)),
    "several rows": (((3,), (0,)), ((), ()), (2, 3, 7, 40), (40, 5, 20)),
    "empty batch axis": (((2,), (1,)), ((0,), (0,)), (1, 20, 30), (1, 30, 40)),
}


def contraction(prim: DotGeneral, x: Any, y: Any) -> Contraction:
    avals = [Aval(v.shape, v.dtype) for v in (x, y)]
    return Contraction(prim, *avals, prim.abstract(*avals))


def multiply(prim: DotGeneral, x: Any, y: Any) -> np.ndarray:
    return contraction(prim, x, y)([x, y])[0]


def layouts(x: np.ndarray) -> Iterator[np.ndarray]:
    """The same array, laid out in other ways."""
    yield x
    yield np.asfortranarray(x)
    yield np.repeat(x, 2, x.ndim - 1)[..., ::2] if x.ndim else x
    yield np.flip(np.flip(x).copy())
    odd = np.frombuffer(b"?" + x.tobytes(), np.uint8)[1:]
    yield odd.view(x.dtype).reshape(x.shape)


def agree(prim: DotGeneral, x: np.ndarray, y: np.ndarray) -> None:
    """A sum of k products has the error of one for each of them, and is rounded in the end."""
    got = multiply(prim, x, y)
    wide, ulp = np.float64, ULP[str(x.dtype)]
    size = prim.impl(abs(x.astype(wide)), abs(y.astype(wide)))
    terms = int(np.prod([x.shape[a] for a in prim.contract[0]]))
    error = abs(got.astype(wide) - np.float64(prim.impl(x.astype(wide), y.astype(wide))))
    sums = ULP["float64"] if x.dtype == wide else ULP["float32"]
    bound = size * (8 * np.sqrt(terms) * sums + ulp) + 6e-8
    assert (error <= bound).all() and got.dtype == x.dtype and got.shape == np.shape(size)
    for a, b in zip(layouts(x), reversed([*layouts(y)]), strict=True):
        assert multiply(prim, a, b).tobytes() == got.tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", BF16], ids=str)
@pytest.mark.parametrize("name", CASES)
def test_any_axes_and_layouts(name: str, dtype: Any) -> None:
    contract_, batch, *shapes = CASES[name]
    rng = np.random.default_rng(0)
    agree(DotGeneral(contract_, batch), *(rng.normal(size=s).astype(dtype) for s in shapes))


@pytest.mark.parametrize("name", CASES)
def test_operands_that_were_broadcast(name: str) -> None:
    """A stride of 0 is that of an axis along which all is the same, along each and along all."""
    contract_, batch, *shapes = CASES[name]
    prim, rng = DotGeneral(contract_, batch), np.random.default_rng(0)
    full = [rng.normal(size=s).astype(np.float32) for s in shapes]
    for k, x in enumerate(full):
        every = [x[(slice(0, 1),) * x.ndim]]
        for axis in range(x.ndim):
            every.append(x.take([0], axis))
        for one in every:
            views, copies = [*full], [*full]
            views[k] = np.broadcast_to(one, x.shape)
            copies[k] = views[k].copy()
            assert multiply(prim, *views).tobytes() == multiply(prim, *copies).tobytes()


extents = st.one_of(st.integers(1, 6), st.sampled_from([12, 15, 16, 17, 31, 32, 33, 64, 65, 100]))
terms = st.one_of(st.integers(1, 40), st.sampled_from([255, 256, 257, 512, 600, 4095, 4097, 8200]))


@settings(max_examples=150)
@given(extents, extents, terms, st.sampled_from(["float32", "float64", BF16]), st.integers(0, 99))
def test_any_shape(rows: int, columns: int, terms: int, dtype: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = (rng.normal(size=s).astype(dtype) for s in ((rows, terms), (terms, columns)))
    agree(MATMUL, x, y)


@pytest.mark.parametrize("unit", [(128, 16, False), (128, 32, True), (256, 16, True)], ids=str)
def test_any_vector_unit(unit: tuple[int, int, bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract, "vector_unit", lambda: unit)
    for text in (contract.gemm_text, contract.gemv_text):
        monkeypatch.setattr(contract, text.__name__, text.__wrapped__)
    rng = np.random.default_rng(0)
    for rows, columns, terms in ((1, 77, 300), (3, 100, 61), (37, 53, 300), (100, 9, 40)):
        for dtype in ("float32", "float64", BF16):
            x, y = (rng.normal(size=s).astype(dtype) for s in ((rows, terms), (terms, columns)))
            agree(MATMUL, x, y)


LARGE = {
    "rows": ((1500, 300), (300, 70)),
    "columns": ((40, 300), (300, 3000)),
    "both": ((1000, 600), (600, 700)),
    "few rows": ((2, 3000), (3000, 2000)),
    "few columns": ((3000, 2000), (2000, 2)),
    "some columns": ((3000, 500), (500, 9)),
}


@pytest.mark.parametrize("dtype", ["float32", BF16], ids=str)
@pytest.mark.parametrize("name", LARGE)
def test_bits_do_not_depend_on_threads(name: str, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=s).astype(dtype) for s in LARGE[name])
    for a, b in ((x, y), (np.asfortranarray(x), np.asfortranarray(y))):
        whole = contraction(MATMUL, a, b)
        got: list[bytes] = []
        for threads in (1, 2, 3, 4):
            with ox.config.context(num_threads=threads):
                got.append(whole([a, b])[0].tobytes())
        assert got.count(got[0]) == 4
        (job,) = whole.jobs.values()
        assert job.code.division.chunks > 1


def test_batches_are_shared() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 9, 200, 64)).astype(np.float32)
    prim = DotGeneral(((2,), (2,)), ((0,), (0,)))
    whole = contraction(prim, x, y)
    for threads in (1, 2, 4):
        with ox.config.context(num_threads=threads):
            assert (
                whole([x, y])[0]
                == np.stack(
                    [multiply(DotGeneral(((1,), (1,))), *v) for v in zip(x, y, strict=True)]
                )
            ).all()
    assert next(iter(whole.jobs.values())).code.division.chunks > 1


def test_callers_at_the_same_time() -> None:
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=s).astype(np.float32) for s in ((300, 400), (400, 500)))
    whole, want = contraction(MATMUL, x, y), multiply(MATMUL, x, y)

    def run(threads: int) -> bool:
        with ox.config.context(num_threads=threads):
            return all((whole([x, y])[0] == want).all() for _ in range(10))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(run, [1, 2, 3, 1, 2, 3, 1, 2]))


@pytest.mark.parametrize("rows", [1, 3, 20])
def test_infinities_stay_in_their_row(rows: int) -> None:
    x, y = np.ones((rows, 37), np.float32), np.ones((37, 41), np.float32)
    x[0, 36], y[5, 40] = np.inf, np.nan
    got = multiply(MATMUL, x, y)
    want = np.full((rows, 41), 37, np.float32)
    want[0], want[:, 40] = np.inf, np.nan
    np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(multiply(MATMUL, x, np.asfortranarray(y)), want)


def test_long_sums_are_accurate() -> None:
    rng = np.random.default_rng(0)
    for rows in (1, 8):
        x, y = rng.uniform(size=(rows, 300_000)), rng.uniform(size=(300_000, 16))
        x, y = x.astype(np.float32), y.astype(np.float32)
        want = x.astype(np.float64) @ y
        assert (abs(multiply(MATMUL, x, y) / want - 1) < 1e-5).all()


def test_what_is_served() -> None:
    def name(rows: int, terms: int, columns: int, dtype: Any = "float32") -> str:
        return name_of(
            MATMUL, [Aval(s, np.dtype(dtype)) for s in ((rows, terms), (terms, columns))]
        )

    assert name(100, 100, 100) == name(100, 100, 20) == name(5, 64, 64) == "gemm"
    assert name(1, 576, 1536) == name(1000, 1000, 2) == "gemv"
    assert name(100_000, 3, 3) == name(3, 3, 100_000) == name(1, 10**6, 1) == ""  # NumPy is faster
    assert name(4, 4, 4) == "gemv"
    for dtype in ("int32", "bool", "complex64"):
        assert name(100, 100, 100, dtype) == ""
    assert name(0, 3, 4) == name(3, 0, 4) == ""


def test_the_plan() -> None:
    avals = [Aval(s, np.dtype("float32")) for s in ((64, 784), (128, 784), (128,))]
    jaxpr = stage(lambda x, w, b: [jnp.tanh(x @ w.T + b)], avals)[0]
    plan = make_plan(jaxpr, Cpu().obstacle, shelf=Cpu().shelf)
    assert "library gemm" in str(plan)


def test_eager_jitted_and_strict_bits_agree() -> None:
    rng = np.random.default_rng(0)
    data = [rng.normal(size=s).astype(np.float32) for s in ((9, 300), (70, 300), (70,))]

    def f(x: Any, w: Any, b: Any) -> Any:
        return x @ w.T + b

    with ox.default_device("cpu"):
        x, w, b = map(ox.array, data)
        for rows in (1, 9):
            outs = [f(x[:rows], w, b)]
            with ox.config.context(eager=True):
                outs.append(f(x[:rows], w, b))
            for strict in (False, True):
                with ox.config.context(strict=strict):
                    outs.append(ox.jit(f)(x[:rows], w, b))
            assert len({np.asarray(y).tobytes() for y in outs}) == 1
