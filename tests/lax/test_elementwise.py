"""Elementwise functions: the dtypes that they take, values and derivatives, against jax.lax."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import ml_dtypes
import numpy as np
import pytest
from agreement import agree, close
from hypothesis import given
from hypothesis import strategies as st

import oxmlx as ox
from oxmlx.errors import DtypeError
from oxmlx.ops.convert import from_numpy
from oxmlx.testing import check_grads

UNARY = """
    abs acos acosh asin asinh atan atanh bessel_i0e bessel_i1e bitwise_not cbrt ceil clz conj cos
    cosh digamma erf erf_inv erfc exp exp2 expm1 floor imag is_finite lgamma log log1p logistic neg
    population_count real reciprocal round rsqrt sign sin sinh sqrt square tan tanh
"""
BINARY = """
    add atan2 bitwise_and bitwise_or bitwise_xor complex div eq ge gt le lt max min mul ne
    nextafter polygamma pow rem shift_left shift_right_arithmetic shift_right_logical sub zeta
"""
NAMES = dict.fromkeys(UNARY.split(), 1) | dict.fromkeys(BINARY.split(), 2)
DTYPES: list[Any] = [
    *(np.bool_, np.int8, np.int32, np.int64, np.uint8, np.uint32, np.uint64),
    *(np.float16, ml_dtypes.bfloat16, np.float32, np.float64, np.complex64, np.complex128),
]
# JAX orders complex numbers by their parts, and has an angle of two of them; we refuse.
REFUSED = {"max", "min", "atan2"}


def accepted(f: Callable[..., Any], *operands: Any) -> Any:
    """The type of JAX's result, or `None` where it refuses."""
    with jax.enable_x64(True):
        try:
            return jax.eval_shape(f, *operands)
        except TypeError:
            return None


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: np.dtype(d).name)
@pytest.mark.parametrize("name", [*NAMES, pytest.param("mulhi", marks=pytest.mark.jax("0.10.2"))])
def test_dtypes_taken_and_returned(name: str, dtype: Any) -> None:
    xs = [np.ones((2, 3), dtype)] * NAMES.get(name, 2)
    want = accepted(getattr(jax.lax, name), *xs)
    if want is None or (name in REFUSED and np.dtype(dtype).kind == "c"):
        with pytest.raises(DtypeError):
            getattr(ox.lax, name)(*map(from_numpy, xs))
    else:
        got = getattr(ox.lax, name)(*map(from_numpy, xs))
        assert (got.shape, got.dtype) == (want.shape, want.dtype)


SAMPLES: dict[Any, list[Any]] = {
    np.float64: [np.array([0.3, 0.75, 0.9]), np.array([0.2, 2.5, 0.9])],
    np.complex128: [np.array([0.3 - 1j, 2j, -0.7]), np.array([1 + 1j, -0.5j, 3])],
    np.int32: [np.array([7, -(2**31), 12345]), np.array([3, 5, 31])],
    np.uint64: [np.array([7, 2**64 - 1, 2**33 + 5], np.uint64), np.array([3, 2**63, 7], np.uint64)],
    np.bool_: [np.array([True, False, True]), np.array([True, True, False])],
}
# At least 1 where the function asks for it.
ABOVE_ONE = {"acosh", "polygamma", "zeta"}


@pytest.mark.parametrize("dtype", SAMPLES, ids=lambda d: d.__name__)
def test_values(dtype: Any) -> None:
    operands: dict[str, list[Any]] = {}
    for name, count in NAMES.items():
        xs = [x.astype(dtype) for x in SAMPLES[dtype][:count]]
        if name in ABOVE_ONE and np.dtype(dtype).kind == "f":
            xs = [x + 2 if name != "polygamma" or k else np.ceil(x) for k, x in enumerate(xs)]
        if accepted(getattr(jax.lax, name), *xs) is not None and (
            name not in REFUSED or np.dtype(dtype).kind != "c"
        ):
            operands[name] = xs
    with jax.enable_x64(True):  # one program, compiled once
        every = jax.jit(lambda given: {n: getattr(jax.lax, n)(*xs) for n, xs in given.items()})
        wanted = every(operands)
    assert len(wanted) >= 9
    for name, want in wanted.items():
        got = np.asarray(getattr(ox.lax, name)(*map(from_numpy, operands[name])))
        if want.dtype.kind in "fc":
            close(name, got, np.asarray(want), 1e-12)
        else:
            np.testing.assert_array_equal(got, want, name)


X = np.array([0.5, 1.5, 2.5, -0.5, -1.5, 0.49999999999999994, -0.2, 0.0, -0.0, np.inf, np.nan])


@pytest.mark.parametrize("method", [0, 1])
def test_round(method: int) -> None:
    with jax.enable_x64(True):
        want = np.asarray(jax.lax.round(X, jax.lax.RoundingMethod(method)))
    got = np.asarray(ox.lax.round(from_numpy(X), ox.lax.RoundingMethod(method)))
    np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(np.signbit(got), np.signbit(want))


BITS = st.integers(0, 2**32 - 1)


@given(st.lists(BITS, min_size=1, max_size=20), st.integers(1, 10), st.integers(0, 25))
def test_reduce_precision_of_any_bits(bits: list[int], exponent: int, mantissa: int) -> None:
    x = np.array(bits, np.uint32).view(np.float32)
    x = np.where(np.abs(x) < np.finfo(np.float32).tiny, 0, x)  # XLA flushes subnormals
    want = np.asarray(jax.lax.reduce_precision(x, exponent, mantissa))
    got = np.asarray(ox.lax.reduce_precision(from_numpy(x), exponent, mantissa))
    numbers = ~np.isnan(x)
    np.testing.assert_array_equal(np.isnan(got), ~numbers)
    np.testing.assert_array_equal(got[numbers], want[numbers])
    np.testing.assert_array_equal(np.signbit(got[numbers]), np.signbit(want[numbers]))


@pytest.mark.parametrize(
    ("dtype", "exponent", "mantissa"),
    [(np.float64, 8, 23), (np.float64, 11, 10), (np.float16, 4, 3), (ml_dtypes.bfloat16, 8, 3)],
)
def test_reduce_precision_of_other_floats(dtype: Any, exponent: int, mantissa: int) -> None:
    x = np.linspace(-9, 9, 77).astype(dtype)
    with jax.enable_x64(True):
        want = np.asarray(jax.lax.reduce_precision(x, exponent, mantissa))
    got = np.asarray(ox.lax.reduce_precision(from_numpy(x), exponent, mantissa))
    assert got.tobytes() == want.tobytes()


def test_reduce_precision_lets_derivatives_through() -> None:
    f = ox.grad(lambda x: 3 * ox.lax.reduce_precision(x, 5, 10) ** 2)
    x = ox.lax.reduce_precision(1.1, 5, 10)
    np.testing.assert_allclose(f(1.1), 6 * x, rtol=1e-6)
    y, dy = ox.jvp(lambda x: ox.lax.reduce_precision(x, 5, 10), (1.1,), (0.1234567,))
    assert float(y) == float(x)
    assert float(dy) == np.float32(0.1234567)


@given(st.data(), st.sampled_from([np.int8, np.uint8, np.int32, np.uint32, np.int64, np.uint64]))
def test_mulhi(data: Any, dtype: Any) -> None:
    info = np.iinfo(dtype)
    numbers = st.one_of(st.integers(info.min, info.max), st.sampled_from([info.min, info.max, 0]))
    x, y = data.draw(numbers), data.draw(numbers)
    got = ox.lax.mulhi(from_numpy(np.array([x], dtype)), from_numpy(np.array([y], dtype)))
    assert int(got[0]) == (x * y) >> info.bits


def double(lax: Any, *numbers: float) -> Any:
    return lax.convert_element_type(np.array(numbers, np.float32), np.float64)


DERIVED: dict[str, tuple[Callable[..., Any], list[Any]]] = {
    "pow of a Python int": (lambda lax, x: lax.pow(x, 3), [[0.5, -2.0, 0.0]]),
    "pow of a negative int": (lambda lax, x: lax.pow(x, -2), [[0.5, -2.0, 3.0]]),
    "pow of integers": (
        lambda lax, x: lax.pow(x, np.array([3, 0, -1], np.int32)), [[0.5, -2.0, 3.0]],
    ),
    "pow of floats": (lambda lax, x, y: lax.pow(x, y), [[0.5, 2.0, 3.0], [0.3, -1.0, 2.0]]),
    "integer_pow": (lambda lax, x: lax.integer_pow(x, 5), [[0.5, -2.0]]),
    "square": (lambda lax, x: lax.square(x), [[0.5, -2.0]]),
    "reciprocal": (lambda lax, x: lax.reciprocal(x), [[0.5, -2.0]]),
    "max": (lambda lax, x, y: lax.max(x, y), [[1.0, 2.0, 3.0], [2.0, 1.0, 3.0]]),
    "clamp": (lambda lax, a, x, b: lax.clamp(a, x, b), [[-1.0] * 3, [-2.0, 0.5, 3.0], [2.0] * 3]),
    "select": (
        lambda lax, x, y: lax.select(np.array([True, False]), x, y), [[1.0, 2.0], [3.0, 4.0]],
    ),
    "select by a scalar": (
        lambda lax, x, y: lax.select(np.array(False), x, y), [[1.0, 2.0], [3.0, 4.0]],
    ),
    "select_n": (
        lambda lax, x, y, z: lax.select_n(np.array([0, 2, 1], np.int32), x, y, z),
        [[1.0, 2.0, 3.0], [6.0, 7.0, 8.0], [2.0, 3.0, 4.0]],
    ),
    "select_n of two": (
        lambda lax, x, y: lax.select_n(np.array([True, False]), x, y), [[1.0, 2.0], [3.0, 4.0]],
    ),
    "complex": (lambda lax, x, y: lax.complex(x, y), [[1.0, 2.0], [3.0, 4.0]]),
    "real and imag": (lambda lax, z: lax.mul(lax.real(z), lax.imag(z)), [[1 + 2j, -3j]]),
    "conj": (lambda lax, z: lax.conj(z), [[1 + 2j, -3j]]),
    "bessel_i0e": (lambda lax, x: lax.bessel_i0e(x), [[-30.0, -3.0, 0.5, 17.9, 18.1, 200.0]]),
    "bessel_i1e": (lambda lax, x: lax.bessel_i1e(x), [[-30.0, -3.0, 0.5, 17.9, 18.1, 200.0]]),
    "digamma": (lambda lax, x: lax.digamma(x), [[0.3, 1.7, 20.0]]),
    "polygamma": (lambda lax, x: lax.polygamma(double(lax, 0, 1, 3), x), [[0.3, 1.7, 20.0]]),
    "broadcast of ones": (lambda lax, x, y: lax.mul(x, y), [[[1.0], [2.0]], [[3.0, 4.0, 5.0]]]),
    "rank 0": (lambda lax, x, y: lax.div(x, y), [2.0, [[3.0, 4.0, 5.0]]]),
}  # fmt: skip


@pytest.mark.parametrize("name", DERIVED)
def test_derivatives(name: str) -> None:
    f, operands = DERIVED[name]
    xs = [np.asarray(x) for x in operands]
    skip = ["float32"] if name == "polygamma" else []  # its order is an array of float64
    agree(lambda *xs: f(ox.lax, *xs), lambda *xs: f(jax.lax, *xs), *xs, skip=skip, rtol=1e-9)


def test_derivatives_of_zeta_in_both_arguments() -> None:
    """JAX has none in the exponent."""
    s, q = np.array([1.7, 3.0, 6.0]), np.array([0.4, 2.0, 1.0])
    check_grads(ox.lax.zeta, [from_numpy(s), from_numpy(q)], order=2)


def test_numbers_beside_wide_arrays() -> None:
    """A number has the precision of the array."""
    x = np.array([0.1, 2.3])
    lax, y = ox.lax, from_numpy(x)
    with jax.enable_x64(True):
        for name, args in (("zeta", (1.1, x)), ("polygamma", (2.0, x)), ("clamp", (0.3, x, 1.7)),
                           ("pow", (1.1, x)), ("atan2", (0.1, x))):  # fmt: skip
            want = np.asarray(getattr(jax.lax, name)(*args))
            got = getattr(lax, name)(*(y if a is x else a for a in args))
            assert got.dtype == want.dtype
            np.testing.assert_allclose(got, want, rtol=1e-13)
    assert lax.mulhi(from_numpy(np.array([2**62])), 12).tolist() == [3]


def test_zeta_outside_its_domain() -> None:
    x = from_numpy(np.array([1.0, 0.5, 2.0, 2.0]))
    q = from_numpy(np.array([1.0, 1.0, 0.0, -1.5]))
    assert np.isnan(ox.lax.zeta(x, q)).all()
    dx = ox.grad(lambda x: ox.lax.reduce_sum(ox.lax.zeta(x, 1.0), (0,)))(x)
    np.testing.assert_array_equal(np.isnan(dx), [False] * 4)


def test_choices_outside_and_scalar_bounds() -> None:
    which = np.array([3, -1, 1], np.int32)
    x = [from_numpy(np.full(3, n)) for n in (1.0, 2.0, 3.0)]
    assert ox.lax.select_n(from_numpy(which), *x).tolist() == [3, 1, 2]
    assert ox.lax.clamp(0.0, from_numpy(np.array([-1.0, 2.0])), 1.0).tolist() == [0, 1]
    dx = ox.grad(lambda a: ox.lax.reduce_sum(ox.lax.clamp(a, x[0], 9.0), (0,)))
    assert float(dx(from_numpy(np.array(2.0)))) == 3


def test_bessel_at_zero() -> None:
    """|x| has a kink there, which both functions have by halves: JAX's conventions."""
    for name in ("bessel_i0e", "bessel_i1e"):
        with jax.enable_x64(True):
            want = jax.grad(getattr(jax.lax, name))(0.0)
        assert float(ox.grad(getattr(ox.lax, name))(0.0)) == float(want)


def test_powers_of_narrow_floats() -> None:
    """bfloat16 does not hold 257, and the sign depends on whether it is odd."""
    x = from_numpy(np.array([-1.0, -1.0], ml_dtypes.bfloat16))
    y = ox.lax.pow(x, from_numpy(np.array([257, 256], np.int32)))
    assert y.dtype == ox.bfloat16
    assert y.tolist() == [-1.0, 1.0]


def test_products_in_another_dtype() -> None:
    x = from_numpy(np.array([100, -3], np.int8))
    assert ox.lax.mul(x, x).tolist() == [16, 9]
    wide = ox.lax.mul(x, x, out_dtype=np.int64)
    assert wide.dtype == np.int64
    assert wide.tolist() == [10000, 9]
