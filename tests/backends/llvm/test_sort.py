"""Sorts by the library: every bit is that of `impl`, whatever the keys are and however many."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sortable import BF16, DTYPES
from sortable import draw as numbers

import oxmlx as ox
from oxmlx.backends.llvm import sort
from oxmlx.backends.llvm.records import Records, records_of
from oxmlx.backends.llvm.sort import name_of
from oxmlx.backends.llvm.target import target
from oxmlx.ir.jaxpr import alone
from oxmlx.ops.sort import Sort

KEY = np.dtype([("k0", "<u4"), ("k1", "<u4")])


draw = partial(numbers, special=0.2)


def step(prim: Any, xs: list[np.ndarray]) -> sort.Values | sort.Sort:
    return sort.fetch(alone(prim, [(x.shape, x.dtype) for x in xs]).eqns[0])


def agree(prim: Any, *xs: np.ndarray) -> None:
    for got, want in zip(step(prim, [*xs])(xs), prim.impl(*xs), strict=True):
        assert got.dtype == want.dtype and got.shape == want.shape
        assert got.tobytes() == want.tobytes()


def places(shape: tuple[int, ...], axis: int) -> np.ndarray:
    return np.indices(shape, "int32")[axis]


extents = st.one_of(st.integers(1, 9), st.sampled_from([16, 31, 64, 65, 200]))
shapes = st.lists(extents, min_size=1, max_size=3).map(tuple).filter(lambda s: prod(s) < 20_000)


@settings(max_examples=300)
@given(shapes, st.sampled_from(DTYPES), st.booleans(), st.data())
def test_any_shape_axis_and_dtype(shape: tuple[int, ...], dtype: Any, few: bool, data: Any) -> None:
    axis = data.draw(st.integers(0, len(shape) - 1))
    x = draw(np.random.default_rng(sum(shape)), shape, dtype, few)
    agree(Sort(axis, 1, True), x)
    agree(Sort(axis, 1, True), x, places(shape, axis))


@settings(max_examples=100)
@given(shapes, st.lists(st.sampled_from(DTYPES), min_size=2, max_size=3), st.data())
def test_several_keys(shape: tuple[int, ...], dtypes: list[Any], data: Any) -> None:
    axis = data.draw(st.integers(0, len(shape) - 1))
    rng = np.random.default_rng(sum(shape))
    xs = [draw(rng, shape, dtype, True) for dtype in dtypes]
    for keys in range(1, len(xs) + 1):
        agree(Sort(axis, keys, True), *xs, places(shape, axis))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_networks_and_digits_agree(dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that are as long as a network likes, and longer ones, with digits that are all the same
    and that are not."""
    make = Records.__init__
    for few in (4, 1 << 20):

        def other(self: Records, *args: Any, few: int = few) -> None:
            make(self, *args)
            self.few = few

        monkeypatch.setattr(Records, "__init__", other)
        for text in (sort.order_text, sort.values_text):
            monkeypatch.setattr(sort, text.__name__, getattr(text, "__wrapped__", text))
        rng = np.random.default_rng(0)
        for n in (1, 2, 3, 4, 5, 16, 100, 1000, 3001):
            for x in (draw(rng, (2, n), dtype, True), draw(rng, (n, 2), dtype, False).T):
                agree(Sort(1, 1, True), x)
                agree(Sort(1, 1, True), x, places(x.shape, 1))
                agree(Sort(1, 2, True), x % 3 if x.dtype.kind in "iu" else x, x, places(x.shape, 1))


@pytest.mark.parametrize("bits", [128, 256])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_any_vector_unit(bits: int, dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(target()), "bits", bits)
    for text in (sort.order_text, sort.values_text):
        monkeypatch.setattr(sort, text.__name__, getattr(text, "__wrapped__", text))
    rng = np.random.default_rng(0)
    for n in (1, 3, 17, 300, 3001):
        x = draw(rng, (3, n), dtype, False)
        agree(Sort(1, 1, True), x)
        agree(Sort(1, 1, True), x, places(x.shape, 1))


@pytest.mark.parametrize("dtype", ["float16", BF16], ids=str)
def test_all_floats_of_16_bits(dtype: Any) -> None:
    x = np.random.default_rng(0).permutation(1 << 16).astype("uint16").view(dtype)
    agree(Sort(0, 1, True), x)
    agree(Sort(0, 1, True), x, places(x.shape, 0))


@pytest.mark.parametrize("n", [5, 100, 100_000])
@pytest.mark.parametrize("way", [np.sort, lambda x: -np.sort(-x), np.ones_like])
def test_what_is_in_order(n: int, way: Any) -> None:
    x = way(np.random.default_rng(0).normal(size=n)).astype("float32")
    agree(Sort(0, 1, True), x)
    agree(Sort(0, 1, True), x, places(x.shape, 0))


def test_operands_of_any_size() -> None:
    rng = np.random.default_rng(0)
    x = draw(rng, (4, 33), "int32", True)
    others = [draw(rng, (4, 33), d, False) for d in ("int8", "float16", "float32", "float64")]
    keys = rng.integers(0, 99, (4, 33, 2), "uint32").view(KEY)[..., 0]
    complexes = [(rng.normal(size=(4, 33)) * (1 - 2j)).astype(d) for d in ("complex64", complex)]
    agree(Sort(1, 1, True), x, *others, *complexes, keys)


def test_unstable_sorts() -> None:
    rng = np.random.default_rng(0)
    for dtype in ("float32", "int16"):
        x = draw(rng, (7, 500), dtype, True)
        np.testing.assert_array_equal(step(Sort(1, 1, False), [x])([x])[0], np.sort(x, 1))


@pytest.mark.parametrize(
    ("shape", "axis"), [((400, 701), 1), ((701, 400), 0), ((20, 5000, 3), 1), ((200_000,), 0)]
)
def test_bits_do_not_depend_on_threads(shape: tuple[int, ...], axis: int) -> None:
    x = draw(np.random.default_rng(0), shape, "float32", False)
    for xs in ([x], [x, places(shape, axis)], [np.round(x), x, places(shape, axis)]):
        prim = Sort(axis, min(len(xs), 2) if len(xs) == 3 else 1, True)
        run = step(prim, xs)
        tasks = [run.task] if isinstance(run, sort.Values) else [*run.keys, *run.takes]
        assert all((t.division.chunks > 1) == (len(shape) > 1) for t in tasks)
        want = [y.tobytes() for y in prim.impl(*xs)]
        for threads in (1, 2, 3, 4):
            with ox.config.context(num_threads=threads):
                assert [y.tobytes() for y in run(xs)] == want


def test_a_new_shape_is_not_compiled() -> None:
    agree(Sort(0, 1, True), np.ones((5, 7), "float32"))
    agree(Sort(0, 1, True), np.ones((5, 7), "float32"), places((5, 7), 0))
    before = target().kernels_compiled
    for shape, axis in (((9,), 0), ((100, 200), 1), ((3, 4, 5), 1), ((70_000,), 0)):
        x = draw(np.random.default_rng(0), shape, "float32", False)
        agree(Sort(axis, 1, True), x)
        agree(Sort(axis, 1, True), x, places(shape, axis))
    assert target().kernels_compiled == before


def test_memory_is_enough_for_what_a_network_fills() -> None:
    records = records_of(np.dtype("float32"))
    lanes = records.network.lanes
    for n in range(1, 200):
        full = records.room(n) // records.bytes - lanes
        assert full >= max(n, 2 * lanes) and full & (full - 1) == 0
    assert records.room(2 * records.few) == records.bytes * 2 * records.few


@pytest.mark.parametrize("bits", [128, 256, 512])
@pytest.mark.parametrize("key_bits", [8, 16, 32, 64])
def test_memory_for_many_is_enough_for_fewer(key_bits: int, bits: int) -> None:
    """Candidates for the k largest are as many as their memory holds, or fewer: what fills them up
    reached beyond it, into the memory of another thread."""
    records = Records(key_bits, True, bits)
    rooms = [records.room(n) for n in range(1, 2 * records.few)]
    assert rooms == sorted(rooms)


def test_what_is_served() -> None:
    def name(keys: int, *dtypes: Any, shape: tuple[int, ...] = (3, 4)) -> str:
        return name_of(alone(Sort(1, keys, True), [(shape, np.dtype(d)) for d in dtypes]).eqns[0])

    assert (
        name(1, "float32") == name(2, "bool", BF16, "complex64") == name(1, "int8", KEY) == "sort"
    )
    assert name(1, "complex64") == name(2, "int8", "complex64") == ""
    assert name(1, "float32", shape=(3, 0)) == ""


def test_eager_code_uses_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stable sort by NumPy takes twenty times as long."""

    def refuse(*_: Any) -> Any:
        raise AssertionError

    x = np.random.default_rng(0).normal(size=(3, 70)).astype("float32")
    monkeypatch.setattr(Sort, "impl", refuse)
    with ox.default_device("cpu"):
        np.testing.assert_array_equal(ox.numpy.sort(ox.array(x)), np.sort(x))
        order = np.argsort(x, kind="stable")
        np.testing.assert_array_equal(ox.numpy.argsort(ox.array(x)), order)
