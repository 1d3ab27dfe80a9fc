"""Scans by the library: the bits of `impl`, for any shape, axis and number of threads."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oxmlx as ox
from oxmlx.backends.llvm import scan
from oxmlx.backends.llvm.scan import Scan, ScanText, name_of
from oxmlx.backends.llvm.target import target
from oxmlx.ir.jaxpr import alone
from oxmlx.ops.cumulative import CumLogSumExp, CumMax, CumMin, CumProd, CumSum

BF16 = np.dtype(ml_dtypes.bfloat16)
FLOATS: list[Any] = ["float32", "float64", "float16", BF16]
INTEGERS: list[Any] = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
SCANS: list[Any] = [CumSum, CumProd, CumMax, CumMin, CumLogSumExp]
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, 3e38]


def step(prim: Any, x: np.ndarray) -> Scan:
    return Scan(alone(prim, [(x.shape, x.dtype)]).eqns[0])


def draw(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, special: bool) -> np.ndarray:
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(dtype)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    x = rng.normal(size=shape)
    if special:
        x = np.where(rng.uniform(size=shape) < 0.1, rng.choice(SPECIAL, shape), x)
    with np.errstate(over="ignore"):
        return x.astype(dtype)


def agree(prim: Any, x: np.ndarray) -> None:
    """Every bit is that of `impl`, but those of NaNs, and outside of sums the signs of zeros."""
    got = step(prim, x)([x])[0]
    with np.errstate(all="ignore"):
        want = prim.impl(x)
    assert got.dtype == want.dtype and got.shape == want.shape
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
    usual = ~np.isnan(want)
    np.testing.assert_array_equal(got[usual], want[usual])
    if isinstance(prim, (CumSum, CumProd)):
        np.testing.assert_array_equal(np.signbit(got[usual]), np.signbit(want[usual]))


extents = st.one_of(st.integers(1, 9), st.sampled_from([31, 33, 130]))


@settings(max_examples=300)
@given(
    st.sampled_from(SCANS),
    st.sampled_from([*FLOATS, *INTEGERS, "bool"]),
    st.lists(extents, min_size=1, max_size=3).map(tuple),
    st.booleans(),
    st.booleans(),
    st.data(),
)
def test_any_shape_axis_and_dtype(
    cls: Any, dtype: Any, shape: tuple[int, ...], reverse: bool, special: bool, data: Any
) -> None:
    axis = data.draw(st.integers(0, len(shape) - 1))
    prim = cls(axis, reverse)
    if prim.accepts(np.dtype(dtype)):
        agree(prim, draw(np.random.default_rng(sum(shape)), shape, dtype, special))


@pytest.mark.parametrize("dtype", [*FLOATS, "int8", "bool"], ids=str)
@pytest.mark.parametrize("bits", [128, 256, 512])
@pytest.mark.parametrize("cls", SCANS)
def test_any_vector_unit(cls: Any, bits: int, dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        scan, "text_of", lambda monoid, dtype, _: ScanText(monoid, dtype, bits).text()
    )
    rng = np.random.default_rng(0)
    for shape, axis in (((13, 50), 1), ((3, 40, 1100), 1), ((40, 7), 0)):
        prim = cls(axis, False)
        if prim.accepts(np.dtype(dtype)):
            agree(prim, draw(rng, shape, dtype, True))


@pytest.mark.parametrize("cls", [CumSum, CumProd])
def test_zeros_keep_their_signs(cls: Any) -> None:
    agree(cls(0, False), np.array([-0.0, -0.0, 0.0, -0.0], "float32"))
    agree(cls(1, True), np.full((2, 40), -0.0, "float32"))


def test_a_zero_is_above_that_below_it() -> None:
    x = np.array([-0.0, 0.0, -0.0], "float32")
    assert np.signbit(step(CumMax(0), x)([x])[0]).tolist() == [True, False, False]
    assert np.signbit(step(CumMin(0), x)([x])[0]).tolist() == [True, True, True]


@pytest.mark.parametrize("cls", SCANS)
@pytest.mark.parametrize(
    ("shape", "axis"), [((400, 701), 1), ((701, 900), 0), ((2, 50, 3000), 1), ((300_000,), 0)]
)
def test_bits_do_not_depend_on_threads(cls: Any, shape: tuple[int, ...], axis: int) -> None:
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    run = step(cls(axis, False), x)
    assert (run.task.division.chunks > 1) == (len(shape) > 1)  # a row is a matter of one thread
    got: list[bytes] = []
    for threads in (1, 2, 3, 4):
        with ox.config.context(num_threads=threads):
            got.append(run([x])[0].tobytes())
    assert got.count(got[0]) == 4
    agree(cls(axis, False), x)


def test_operands_in_any_order() -> None:
    x = np.random.default_rng(0).normal(size=(20, 31)).astype(np.float32)
    want = CumSum(1).impl(x)
    for other in (np.asfortranarray(x), np.flip(np.flip(x).copy())):
        np.testing.assert_array_equal(step(CumSum(1), x)([other])[0], want)


def test_a_new_shape_is_not_compiled() -> None:
    step(CumSum(0), np.zeros((5, 7), "float32"))
    before = target().kernels_compiled
    for shape, axis in (((9,), 0), ((100, 200), 1), ((100, 200), 0), ((3, 4, 5), 1)):
        agree(CumSum(axis, True), np.ones(shape, "float32"))
    assert target().kernels_compiled == before


def test_what_is_served() -> None:
    def name(prim: Any, shape: tuple[int, ...], dtype: Any) -> str:
        return name_of(alone(prim, [(shape, np.dtype(dtype))]).eqns[0])

    assert name(CumSum(0), (1,), "float16") == name(CumMax(1), (2, 3), "bool") == "scan"
    assert name(CumSum(0), (3,), "complex64") == name(CumSum(0), (3, 0), "float32") == ""
