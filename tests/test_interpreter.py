"""What kernels mean: the interpreter against NumPy, written the plain way."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oxmlx.backends import interpreter
from oxmlx.backends.interpreter import run
from oxmlx.dtypes import KEY_DTYPES, SCALAR_TYPES, is_inexact
from oxmlx.errors import CheckError
from oxmlx.ir.kernel import (
    Buffer,
    Expr,
    Index,
    Kernel,
    Literal,
    Load,
    Operand,
    Store,
    const,
    fold,
    kernel_of,
    part,
    prefix,
    scalar,
    size,
)
from oxmlx.ir.monoid import MONOIDS

F32, F16, BF16 = np.dtype("float32"), np.dtype("float16"), np.dtype(ml_dtypes.bfloat16)
I32 = np.dtype("int32")
rng = np.random.default_rng(0)


def apply(
    lower: Callable[..., Expr], shape: tuple[int, ...], dtype: Any, *operands: np.ndarray
) -> np.ndarray:
    """The output of the kernel of one lower rule."""
    out = Buffer("", shape, np.dtype(dtype))
    (y,) = run(kernel_of("test", operands, out, lower), *operands)
    assert (y.shape, y.dtype) == (shape, dtype)
    return y


def random(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Small numbers of any dtype."""
    dtype = np.dtype(dtype)
    low = 0 if dtype.kind in "bu" else -4
    x = rng.integers(low, 2 if dtype.kind == "b" else 5, shape)
    return (x / 4 if is_inexact(dtype) else x).astype(dtype)


def along(monoid: str, axis: int) -> Callable[..., Expr]:
    """Fold one axis of a matrix."""

    def lower(index: Any, x: Operand, *, out: Any) -> Expr:
        def at(k: Any) -> Any:
            return (*index, *k) if axis else (*k, *index)

        if monoid.startswith("arg"):
            return part(1, fold(monoid, x.extents[axis : axis + 1], lambda k: (x(at(k)), k[0])))
        return fold(monoid, x.extents[axis : axis + 1], lambda k: x(at(k)))

    return lower


# Elements


def test_the_leaves() -> None:
    def lower(index: Any, x: Operand, *, out: Any) -> Expr:
        i, j = index
        return (i * 10 + j) * x.extents[0] + const(7) - Literal(np.asarray(2, I32))

    want = (np.arange(3)[:, None] * 10 + np.arange(4)) * 6 + 5
    np.testing.assert_array_equal(apply(lower, (3, 4), I32, np.zeros(6)), want)


@pytest.mark.parametrize("dtype", [t.dtype for t in SCALAR_TYPES], ids=str)
def test_elements_of_every_dtype_move(dtype: np.dtype[Any]) -> None:
    x = random((3, 4), dtype)
    y = apply(lambda index, x, *, out: x(index[::-1]), (4, 3), dtype, x)
    np.testing.assert_array_equal(y, x.T)


@pytest.mark.parametrize("dtype", KEY_DTYPES.values(), ids=str)
def test_keys_move_and_are_chosen(dtype: np.dtype[Any]) -> None:
    x = np.arange(6, dtype=np.uint32).reshape(3, 2).view(dtype).reshape(3)

    def lower(index: Any, x: Operand, *, out: Any) -> Expr:
        return scalar("select", index[0] < 1, x((2,)), x(index))

    np.testing.assert_array_equal(apply(lower, (3,), dtype, x), x[[2, 1, 2]])


def test_rank_0() -> None:
    y = apply(lambda index, x, *, out: scalar("neg", x(())), (), F32, np.asarray(2.5, F32))
    assert y == -2.5


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0,)])
def test_an_empty_grid(shape: tuple[int, ...]) -> None:
    x = np.zeros(shape, F32)
    assert apply(lambda index, x, *, out: x(index), shape, F32, x).size == 0


def test_unused_operands_are_still_arguments() -> None:
    y = apply(lambda index, x, y, *, out: y(index), (3,), F32, np.zeros(5, I32), np.ones(3, F32))
    np.testing.assert_array_equal(y, np.ones(3))


# Loads


def test_gather_is_a_load_of_a_load() -> None:
    x, at = random((5, 3), F32), np.array([4, 0, 4, 2], np.uint8)
    y = apply(lambda index, x, at, *, out: x((at(index[:1]), index[1])), (4, 3), F32, x, at)
    np.testing.assert_array_equal(y, x[at])


def test_a_guarded_load_is_safe() -> None:
    def pad(index: Any, x: Operand, *, out: Any) -> Expr:
        k = index[0] - 2
        return scalar("select", (k >= 0) & (k < x.extents[0]), x((k,)), const(9.0))

    x = random((4,), F32)
    np.testing.assert_array_equal(apply(pad, (9,), F32, x), np.pad(x, (2, 3), constant_values=9))
    empty = np.zeros(0, F32)
    np.testing.assert_array_equal(apply(pad, (3,), F32, empty), np.full(3, 9))


def test_a_load_outside_is_clamped() -> None:
    x, at = random((4, 3), F32), np.array([-5, 3, 100], np.int64)
    y = apply(lambda index, x, at, *, out: x((at(index), 1)), (3,), F32, x, at)
    np.testing.assert_array_equal(y, x[[0, 3, 3], 1])


# Folds

ORACLES: dict[str, Callable[..., Any]] = {
    "add": np.add.reduce,
    "mul": np.multiply.reduce,
    "max": np.maximum.reduce,
    "min": np.minimum.reduce,
    "and": np.bitwise_and.reduce,
    "or": np.bitwise_or.reduce,
    "xor": np.bitwise_xor.reduce,
    "logaddexp": lambda x, axis: np.log(np.sum(np.exp(x.astype(np.float64)), axis)),
    "argmax": np.argmax,
    "argmin": np.argmin,
}
ACCEPTED = [
    (name, t.dtype)
    for name, t in itertools.product(MONOIDS, SCALAR_TYPES)
    if t.dtype.kind in {"add": "iufcV", "mul": "iufcV", "logaddexp": "fV"}.get(name, "biufV")
    and not (name in ("and", "or", "xor") and is_inexact(t.dtype))
]


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(("monoid", "dtype"), ACCEPTED, ids=str)
def test_folds(monoid: str, dtype: np.dtype[Any], axis: int) -> None:
    x = random((5, 7), dtype)
    out = I32 if monoid.startswith("arg") else dtype
    got = apply(along(monoid, axis), (x.shape[1 - axis],), out, x)
    wide = x.astype(np.complex128 if dtype.kind == "c" else np.float64) if is_inexact(dtype) else x
    want = np.asarray(ORACLES[monoid](wide, axis=axis)).astype(out)
    if is_inexact(out):
        eps = float(ml_dtypes.finfo(out).eps)
        np.testing.assert_allclose(got.astype(wide.dtype), want.astype(wide.dtype), 4 * eps, eps)
    else:
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize(("monoid", "dtype"), ACCEPTED, ids=str)
def test_a_fold_over_nothing_is_the_identity(monoid: str, dtype: np.dtype[Any]) -> None:
    units = MONOIDS[monoid].identity(*((dtype, I32) if monoid.startswith("arg") else (dtype,)))
    got = apply(along(monoid, 1), (2,), units[-1].dtype, np.zeros((2, 0), dtype))
    np.testing.assert_array_equal(got, np.broadcast_to(units[-1], 2))


def test_a_fold_in_sequence_is_the_same_for_exact_states() -> None:
    x = rng.integers(-100, 100, (3, 11), np.int32)
    for monoid in ("add", "mul", "max", "min", "and", "or", "xor"):
        total: tuple[Any, ...] = MONOIDS[monoid].identity(x.dtype)
        for k in range(11):
            total = MONOIDS[monoid].combine(interpreter.op, total, (x[:, k],))
        np.testing.assert_array_equal(apply(along(monoid, 1), (3,), I32, x), total[0])


@pytest.mark.parametrize("dtype", [F32, F16, BF16], ids=str)
def test_nan_wins_and_ties_take_the_lowest_index(dtype: np.dtype[Any]) -> None:
    rows = [[1, 3, 3, 0], [0, np.nan, 9, np.nan], [-np.inf] * 4, [np.inf, 1, np.inf, -np.inf]]
    x = np.array(rows).astype(dtype)
    np.testing.assert_array_equal(apply(along("argmax", 1), (4,), I32, x), [1, 1, 0, 0])
    np.testing.assert_array_equal(apply(along("argmin", 1), (4,), I32, x), [3, 1, 0, 3])
    want = np.array([3, np.nan, -np.inf, np.inf])
    np.testing.assert_array_equal(apply(along("max", 1), (4,), dtype, x).astype(float), want)


def test_16_bit_sums_are_rounded_once() -> None:
    x = np.full((1, 4096), 1.0, F16)
    assert apply(along("add", 1), (1,), F16, x) == 4096  # in f16 it would stop at 2048
    x = np.array([[256.0, 1.0, 1.0]], BF16)
    assert float(apply(along("add", 1), (1,), BF16, x)[0]) == 258  # 256 + 1 rounds back to 256


def test_a_long_f32_sum_is_accurate() -> None:
    x = np.full((1, 1_000_003), 0.1, F32)
    got = apply(along("add", 1), (1,), F32, x)[0]
    assert abs(got / (np.float64(x[0, 0]) * x.size) - 1) < 3e-7


def test_logaddexp_neither_overflows_nor_makes_nan() -> None:
    rows = [[1e4, 1e4, -1e4], [-np.inf] * 3, [np.inf, 0, 1], [np.nan, 0, np.inf], [0, -20, -20]]
    got = apply(along("logaddexp", 1), (5,), F32, np.array(rows, F32))
    want = [1e4 + np.log(2), -np.inf, np.inf, np.nan, np.log1p(2 * np.exp(-20.0))]
    np.testing.assert_allclose(got, want, rtol=1e-6)


def test_folds_over_several_axes_and_in_one_another() -> None:
    x = random((2, 3, 4), F32)

    def all_of_it(index: Any, x: Operand, *, out: Any) -> Expr:
        return fold("add", x.extents, x)

    def best_sum(index: Any, x: Operand, *, out: Any) -> Expr:
        def row(k: Any) -> Expr:
            return fold("add", x.extents[2:], lambda m: x((*index, *k, *m)))

        return fold("max", x.extents[1:2], row)

    def where(index: Any, x: Operand, *, out: Any) -> Expr:
        def place(k: Any) -> Any:
            return x((*index, *k)), k[0] * x.extents[2] + k[1]

        return part(1, fold("argmax", x.extents[1:], place))

    np.testing.assert_allclose(apply(all_of_it, (), F32, x), x.sum(), rtol=1e-6)
    np.testing.assert_allclose(apply(best_sum, (2,), F32, x), x.sum(2).max(1), rtol=1e-6)
    np.testing.assert_array_equal(apply(where, (2,), I32, x), x.reshape(2, 12).argmax(1))


def test_a_fold_of_what_does_not_vary() -> None:
    def lower(index: Any, x: Operand, *, out: Any) -> Expr:
        return fold("add", (size(6),), lambda k: x(index))

    x = random((3,), F32)
    np.testing.assert_allclose(apply(lower, (3,), F32, x), 6 * x, rtol=1e-6)


def test_a_contraction() -> None:
    def matmul(index: Any, a: Operand, b: Operand, *, out: Any) -> Expr:
        i, j = index
        return fold("add", b.extents[:1], lambda k: scalar("mul", a((i, *k)), b((*k, j))))

    a, b = random((5, 6), F32), random((6, 4), F32)
    np.testing.assert_allclose(apply(matmul, (5, 4), F32, a, b), a @ b, rtol=1e-6)


# Prefixes

SCANS = {
    "add": np.cumsum,
    "mul": np.cumprod,
    "max": np.maximum.accumulate,
    "min": np.minimum.accumulate,
    "logaddexp": lambda x, axis: np.logaddexp.accumulate(x, axis),
}


@pytest.mark.parametrize("n", [0, 1, 2, 7, 16])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("monoid", SCANS)
def test_scans(monoid: str, reverse: bool, n: int) -> None:
    def lower(index: Any, x: Operand, *, out: Any) -> Expr:
        row, at = index
        return prefix(monoid, x.extents[1], at, lambda k: x((row, k)), reverse=reverse)

    x = random((3, n), F32) + F32.type(0.125)
    flip = slice(None, None, -1 if reverse else 1)
    want = SCANS[monoid](x[:, flip], axis=1)[:, flip]
    np.testing.assert_allclose(apply(lower, (3, n), F32, x), want, rtol=1e-5, atol=1e-6)


def test_a_scan_is_read_anywhere() -> None:
    def lower(index: Any, x: Operand, ends: Operand, *, out: Any) -> Expr:
        return prefix("add", x.extents[1], ends(index), lambda k: x((index[0], k)))

    x, ends = random((2, 5), F32), np.array([[0, 4, 2], [3, 3, 1]], np.int64)
    want = np.take_along_axis(np.cumsum(x, 1), ends, 1)
    np.testing.assert_allclose(apply(lower, (2, 3), F32, x, ends), want, rtol=1e-6)


def test_a_scan_of_states() -> None:
    def lower(index: Any, x: Operand, *, out: Any) -> Expr:
        return part(1, prefix("argmax", x.extents[0], index[0], lambda k: (x((k,)), k)))

    x = np.array([1, 3, 2, 3, 5, 0], F32)
    np.testing.assert_array_equal(apply(lower, (6,), I32, x), [0, 1, 1, 1, 4, 4])


# Stores


def test_a_row_kernel_stores_rows_and_their_sums() -> None:
    x = Buffer("x", (3, 5), F32)
    i, k = Index("i0", size(3)), Index("k0", size(5))
    total = fold("add", (size(5),), lambda ks: Load(x, (i, *ks)))
    y, s = Buffer("y", (3, 5), F32), Buffer("s", (3,), F32)
    stores = (Store(y, (i, k), scalar("div", Load(x, (i, k)), total)), Store(s, (i,), total))
    data = random((3, 5), F32) + F32.type(3)
    shares, sums = run(Kernel("share", (i,), stores), data)
    np.testing.assert_allclose(sums, data.sum(1), rtol=1e-6)
    np.testing.assert_allclose(shares, data / data.sum(1, keepdims=True), rtol=1e-6)


@pytest.mark.parametrize("dtype", [F32, F16, I32], ids=str)
def test_an_adding_store_scatters_and_drops(dtype: np.dtype[Any]) -> None:
    values, places, out = (
        Buffer("v", (5, 2), dtype),
        Buffer("p", (5,), I32),
        Buffer("y", (4, 2), dtype),
    )
    i, k = Index("i0", size(5)), Index("k0", size(2))
    store = Store(out, (Load(places, (i,)), k), Load(values, (i, k)), "add")
    v, p = random((5, 2), dtype), np.array([1, 3, 1, -1, 4], I32)
    want = np.zeros((4, 2), dtype)
    want[1], want[3] = v[0] + v[2], v[1]
    kernel = Kernel("scatter", (i,), (store,))
    feed = {"v": v, "p": p}
    np.testing.assert_array_equal(run(kernel, *(feed[b.name] for b in kernel.inputs))[0], want)
    onto = Kernel("scatter", (i,), (store,), inputs=(values, places, out))
    start = random((4, 2), dtype)
    np.testing.assert_array_equal(run(onto, v, p, start)[0], start + want)


def test_an_adding_store_sums_over_what_its_index_leaves_out() -> None:
    x, out = Buffer("x", (6, 3), F32), Buffer("y", (3,), F32)
    i, k = Index("i0", size(6)), Index("k0", size(3))
    data = random((6, 3), F32)
    (columns,) = run(Kernel("columns", (i,), (Store(out, (k,), Load(x, (i, k)), "add"),)), data)
    np.testing.assert_allclose(columns, data.sum(0), rtol=1e-6)
    scalar_out = Buffer("y", (), F32)
    (total,) = run(Kernel("total", (i, k), (Store(scalar_out, (), Load(x, (i, k)), "add"),)), data)
    np.testing.assert_allclose(total, data.sum(), rtol=1e-6)


# The door


@pytest.mark.parametrize("x", [np.zeros(4, F32), np.zeros(3, F16), np.zeros((3, 1), F32)])
def test_inputs_have_the_types_of_the_buffers(x: np.ndarray) -> None:
    kernel = kernel_of("same", [Buffer("", (3,), F32)] * 1, Buffer("", (3,), F32), along_identity)
    with pytest.raises(CheckError, match="kernel same: got inputs"):
        run(kernel, x)
    with pytest.raises(CheckError, match="kernel same: got inputs"):
        run(kernel)


def along_identity(index: Any, x: Operand, *, out: Any) -> Expr:
    return x(index)


def test_a_malformed_kernel_does_not_run() -> None:
    i = Index("i0", size(3))
    with pytest.raises(CheckError, match="at several points|each element once"):
        run(Kernel("race", (i,), (Store(Buffer("y", (), F32), (), const(1.0)),)))


@given(st.lists(st.integers(0, 4), max_size=4), st.data())
def test_any_fold_of_any_shape(shape: list[int], data: st.DataObject) -> None:
    axes = data.draw(st.sets(st.sampled_from(range(len(shape))))) if shape else set[int]()
    x = rng.integers(-9, 9, shape, np.int32)

    def lower(index: Any, x: Operand, *, out: Any) -> Expr:
        def at(ks: Any) -> Any:
            rest, inner = iter(index), iter(ks)
            return [next(inner) if a in axes else next(rest) for a in range(len(shape))]

        return fold("add", [x.extents[a] for a in sorted(axes)], lambda ks: x(at(ks)))

    kept = tuple(n for a, n in enumerate(shape) if a not in axes)
    want = np.sum(x, tuple(axes), dtype=I32)
    np.testing.assert_array_equal(apply(lower, kept, I32, x), want)
