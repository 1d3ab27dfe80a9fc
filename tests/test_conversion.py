"""Numbers and data as they enter, and conversions, against JAX (x64 on) and NumPy."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oxmlx import dtypes as dt
from oxmlx.conversion import canonical, cast, literal_for
from oxmlx.errors import (
    ArgumentError,
    DtypeError,
    OverflowingLiteralError,
    ShapeError,
)

pytestmark = pytest.mark.x64

TYPES = dt.SCALAR_TYPES
INTEGERS = [t for t in TYPES if dt.is_integer(t.dtype)]
INEXACT = [t for t in TYPES if dt.is_inexact(t.dtype)]
DEFAULTS = {"i": dt.int32.dtype, "f": dt.float32.dtype, "c": dt.complex64.dtype}  # by kind
EXTENDED = [*dt.KEY_DTYPES.values(), dt.float0]


def test_literals_of_integers_fit_or_raise() -> None:
    for t in INTEGERS:
        low, high = int(dt.iinfo(t).min), int(dt.iinfo(t).max)
        for n in (low, -1, 0, 1, 127, 128, 255, high):
            if low <= n <= high:
                got = literal_for(n, t.dtype)
                assert got.shape == () and got.dtype == t and got.item() == n
        for n in (low - 1, high + 1, 2**100, -(2**100)):
            with pytest.raises(OverflowingLiteralError, match=f"mul: .* does not fit {t.short}"):
                literal_for(n, t.dtype, "mul")


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        (2**40, dt.int32, "array: 1099511627776 does not fit i32\n  Widen it: ox.array("),
        (300, dt.uint8, "300 does not fit u8\n  Widen it: ox.array(x, dtype=ox.int32)."),
        (np.int64(2**40), dt.int32, "does not fit i32\n  Widen it: ox.array(x, dtype=ox.int64)"),
        (2**63, dt.int64, "does not fit i64\n  Widen it: ox.array(x, dtype=ox.uint64)"),
        (2**64, dt.int64, "does not fit i64\n  No integer dtype holds it; write it as a float."),
        (10**400, dt.float32, "an integer of 1329 bits does not fit f32"),
    ],
)  # fmt: skip
def test_overflowing_literals_say_what_holds_them(
    value: Any, dtype: dt.ScalarType, text: str
) -> None:
    with pytest.raises(OverflowingLiteralError, match=re.escape(text)):
        literal_for(value, dtype.dtype)


def test_integers_too_long_to_print_are_named_by_their_length() -> None:
    for t in (dt.int64, dt.float32):
        for read in (literal_for, canonical):
            with pytest.raises(
                OverflowingLiteralError, match="array: an integer of 16610 bits does"
            ):
                read(10**5000, t.dtype)


@pytest.mark.parametrize("t", INEXACT, ids=repr)
@pytest.mark.parametrize(
    "value",
    [
        *(
            0,
            1,
            -3,
            True,
            70000,
            2**24 + 1,
            2**100,
            0.0,
            -0.0,
            0.1,
            -1.5,
            1e-7,
            1e-40,
            1e-46,
            65519.0,
        ),
        *(65520.0, 1e10, 3.4028235e38, 3.5e38, 1e300, np.inf, -np.inf, np.nan),
        *(1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-11 + 2**-40, np.float64(0.1), np.int8(-3)),
    ],
    ids=repr,
)
def test_literals_of_real_numbers_are_cast(t: dt.ScalarType, value: Any) -> None:
    with np.errstate(all="raise"):
        got = literal_for(value, t.dtype)
    want = cast(np.array(float(value)), t.dtype)
    assert got.shape == () and got.dtype == t and got.tobytes() == want.tobytes()


def test_literals_of_complex_numbers() -> None:
    got = literal_for(complex(1e300, 0.5), dt.complex64.dtype)
    assert got.dtype == dt.complex64 and got.item() == complex(np.inf, 0.5)
    assert literal_for(True, dt.bool_.dtype).item() is True


@pytest.mark.parametrize(
    ("value", "dtype", "own"),
    [
        (1.5, dt.int32, "float32"),
        (1.0, dt.uint8, "float32"),
        (1j, dt.float32, "complex64"),
        (1, dt.bool_, "int32"),
        (np.float64(1), dt.int64, "float32"),
        (1, dt.KEY_DTYPES["threefry"], "int32"),
    ],
    ids=repr,
)
def test_literals_never_lose_their_kind(value: Any, dtype: Any, own: str) -> None:
    with pytest.raises(DtypeError, match=rf"(?s)add: .* cannot become .*x.astype\(ox.{own}\)"):
        literal_for(value, np.dtype(dtype), "add")


@pytest.mark.parametrize("d", [*(t.dtype for t in TYPES), *EXTENDED], ids=str)
def test_arrays_enter_with_their_dtype_at_most_32_bits_wide(d: dt.Dtype) -> None:
    x = np.zeros((2, 3), d)
    got = canonical(x)
    want = {"float64": "float32", "int64": "int32", "uint64": "uint32", "complex128": "complex64"}
    assert got.dtype == want.get(d.name, d) and got.shape == (2, 3)
    assert (got is x) == (d.name not in want)
    assert canonical(x, d) is x


@pytest.mark.parametrize(
    "x",
    [
        *(True, 3, -1.5, 1j, [], [[]], [1, 2], [1, 2.5], [True, 2], [True, False], [1, 2j]),
        *([[1, 2], [3, 4]], (1.0, 2.0), [np.float32(1), 2], range(4), np.int8(3), [np.int8(3)]),
        *([np.ones(2), np.zeros(2)], 1e300, [1e300, -1], np.float64(0.1), [np.nan, np.inf]),
    ],
    ids=repr,
)
def test_python_data_enters_as_in_jax(x: Any) -> None:
    got = canonical(x)
    with jax.enable_x64(False), np.errstate(over="ignore"):
        want = np.asarray(jnp.array(x))
    assert got.dtype == want.dtype and got.shape == want.shape
    np.testing.assert_array_equal(got, want)


def test_lists_of_mixed_numbers_enter_as_the_widest_kind() -> None:
    bf16 = dt.bfloat16.dtype.type
    assert canonical([1.5, 2**70]).tolist() == [1.5, 2.0**70]
    assert canonical([1j, 2**70]).tolist() == [1j, 2.0**70]
    assert canonical([bf16(1), 2]).dtype == dt.float32
    assert canonical([bf16(1), bf16(2)]).dtype == dt.bfloat16
    assert canonical([2**63, -1], dtype=dt.float64).tolist() == [2.0**63, -1.0]
    assert canonical([2**63, 5], dtype=dt.uint64).tolist() == [2**63, 5]
    assert canonical([2**70, 0], dtype=bool).tolist() == [True, False]


@pytest.mark.parametrize(
    ("x", "dtype", "text"),
    [
        (
            [1, 2**31, 2**32],
            None,
            "array: 2147483648 does not fit i32\n  Widen it: ox.array(x, dtype=ox.int64).",
        ),
        (np.array([[0, -(2**40)]]), None, "-1099511627776 does not fit i32"),
        (np.uint64(2**32), None, "4294967296 does not fit u32"),
        (
            np.array(2**63, "uint64"),
            None,
            "9223372036854775808 does not fit u32\n  Widen it: ox.array(x, dtype=ox.uint64).",
        ),
        (
            [2**63, -1],
            None,
            "9223372036854775808 does not fit i32\n  Widen it: ox.array(x, dtype=ox.uint64).",
        ),
        ([5, 2**70], None, "1180591620717411303424 does not fit i32\n  No integer dtype holds it"),
        ([-1, 2**63], "uint64", "-1 does not fit u64"),
        ([1, 300], "uint8", "300 does not fit u8"),
        (-1, "uint8", "-1 does not fit u8"),
        (2**63, "int64", "9223372036854775808 does not fit i64"),
        (1e10, "int32", "10000000000.0 does not fit i32\n  Widen it: ox.array(x, dtype=ox.int64)."),
        ([0.5, np.nan], "int8", "nan does not fit i8"),
        (2.0**63, "int64", "9.223372036854776e+18 does not fit i64"),
        (np.float16(np.inf), "int64", "inf does not fit i64"),
        ([1.5, 10**400], None, "an integer of 1329 bits does not fit f32"),
    ],
)
def test_numbers_that_do_not_fit_are_named(x: Any, dtype: Any, text: str) -> None:
    with pytest.raises(OverflowingLiteralError, match=re.escape(text)):
        canonical(x, dtype)


def test_an_explicit_dtype_is_honoured() -> None:
    for x, t in product([True, 0, 1, 2.5, [1, 0], [0.5, 1.5], np.arange(3), np.ones(2)], TYPES):
        got = canonical(x, t)
        want = jnp.array(x, dtype=t.dtype)
        assert got.dtype == t and got.shape == want.shape
        np.testing.assert_array_equal(got, np.asarray(want))
    assert canonical(-0.5, "uint8").item() == 0 and canonical(255.9, "uint8").item() == 255
    assert canonical(np.array([300, -1]), "uint8").tolist() == [44, 255]
    assert canonical(np.array([300.0, -1.0]), "uint8").tolist() == [255, 0]
    assert canonical([-(2.0**63)], "int64").tolist() == [-(2**63)]
    assert canonical([True], "uint64").tolist() == [1]


@pytest.mark.parametrize(
    "x",
    [
        *(
            "text",
            None,
            object(),
            ["a", 1],
            [1, None],
            [np.longdouble(1)],
            np.ones(2, np.longdouble),
        ),
        *(np.array(["a"]), np.array([1, None]), np.array("2026", "M8[D]"), np.zeros(2, "f4,f4")),
        *({1: 2}, b"bytes"),
    ],
    ids=lambda x: repr(x).partition(" at 0x")[0],
)
def test_what_is_not_a_number_is_refused(x: Any) -> None:
    with pytest.raises(DtypeError, match=r"^stack: "):
        canonical(x, who="stack")


def test_data_that_would_lose_something_is_refused() -> None:
    for x in (1j, [1j], np.array([1j])):
        with pytest.raises(
            DtypeError, match="array: a complex array cannot become f32\n  Take its"
        ):
            canonical(x, "float32")
    assert canonical([1j, 0], bool).tolist() == [True, False]
    with pytest.raises(ArgumentError, match="a masked array\n  Fill it first"):
        canonical(np.ma.array([1.0, 2.0], mask=[0, 1]))
    with pytest.raises(ShapeError, match="nested lists of unequal lengths"):
        canonical([[1, 2], [3]])
    with pytest.raises(DtypeError, match=r'byte order\n  Convert it in NumPy: x.astype\("float32"'):
        canonical(np.ones(2, ">f4"))


@given(st.lists(st.integers(-(2**70), 2**70) | st.integers(-(2**31), 2**31 - 1), max_size=4))
def test_lists_of_integers_enter_exactly_or_not_at_all(values: list[int]) -> None:
    misfits = [n for n in values if not -(2**31) <= n < 2**31]
    if misfits:
        with pytest.raises(OverflowingLiteralError, match=f"array: {misfits[0]} does not fit"):
            canonical(values)
    else:
        assert canonical(values).tolist() == values


# Conversion

REALS = [
    *(0.0, -0.0, 0.5, -0.5, 0.9, 1.0, -1.0, 3.9, -3.9, 127.5, -128.5, 254.9, 255.5, 300.0, -300.0),
    *(1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-8 + 2**-30, 1 + 2**-11 + 2**-40, 65519.0, 65520.0, 70000.0),
    *(1e10, -1e10, 2.0**31, 2.0**32, 2.0**53 + 2, 2.0**63, -(2.0**63), 2.0**64, 1e-7, 3e38, 3.4e38),
    *(1e39, 1e300, -1e300, np.inf, -np.inf, np.nan),
]


def special_values(t: dt.ScalarType) -> np.ndarray[Any, Any]:
    """What may go wrong with a conversion from `t`."""
    d = t.dtype
    if dt.is_bool(d):
        return np.array([True, False])
    if dt.is_integer(d):
        low, high = int(dt.iinfo(t).min), int(dt.iinfo(t).max)
        edges = [low, low + 1, -1, 0, 1, 2, 127, 128, 255, 256, 300, 65535, 70000, 2**24 + 1]
        edges += [2**31, 2**32 + 7, 2**40, 2**53 + 1, 2**62 + 2**54 + 1, high - 1, high]
        return np.array([n for n in edges if low <= n <= high], d)
    with np.errstate(all="ignore"):
        if dt.is_float(d):
            return np.array(REALS).astype(d)
        pairs = [complex(x, y) for x, y in product(REALS, (0.0, -1.5, np.nan, np.inf))]
        return np.array(pairs).astype(d)


def same(x: Any, y: Any) -> None:
    """Equal dtypes and values; NaN equals NaN, and 0.0 is not -0.0."""
    assert x.dtype == y.dtype
    if not dt.is_inexact(x.dtype):
        np.testing.assert_array_equal(x, y)
        return
    for part in (np.real, np.imag):
        a, b = part(x.astype(np.complex128)), part(y.astype(np.complex128))
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(np.signbit(a[~np.isnan(a)]), np.signbit(b[~np.isnan(b)]))


@pytest.mark.parametrize("source", TYPES, ids=repr)
def test_cast_is_the_astype_of_jax(source: dt.ScalarType) -> None:
    x = special_values(source)
    on_jax = jnp.asarray(x)
    assert on_jax.dtype == source.dtype
    for target in TYPES:
        with np.errstate(all="raise"):
            got = cast(x, target.dtype)
        real = dt.is_complex(source.dtype) and not (
            dt.is_complex(target.dtype) or target is dt.bool_
        )
        same(got, np.asarray((jnp.real(on_jax) if real else on_jax).astype(target.dtype)))


def test_cast_of_known_values() -> None:
    def cast_list(values: Any, source: dt.ScalarType, target: dt.ScalarType) -> list[Any]:
        return cast(np.array(values, source.dtype), target.dtype).tolist()

    f32, f64 = dt.float32, dt.float64
    assert cast_list([300, -1.0, np.nan, np.inf], f32, dt.uint8) == [255, 0, 0, 255]
    assert cast_list([1e10, -1e10, np.nan], f32, dt.int32) == [2**31 - 1, -(2**31), 0]
    assert cast_list([2**40 + 5, -1], dt.int64, dt.int32) == [5, -1]
    assert cast_list([-1, 300], dt.int32, dt.uint8) == [255, 44]
    assert cast_list([1 + 2**-8, 1 + 3 * 2**-8], f32, dt.bfloat16) == [1.0, 1.015625]
    assert cast_list([70000, 65519, -70000], f32, dt.float16) == [np.inf, 65504, -np.inf]
    assert cast_list([np.nan, 0.0, -0.0, 1e-3], f64, dt.bool_) == [True, False, False, True]
    assert cast_list([3 - 2j, 1j], dt.complex64, f32) == [3.0, 0.0]
    assert cast_list([1j, 0j], dt.complex64, dt.bool_) == [True, False]


def test_cast_keeps_subnormals_that_jax_flushes() -> None:
    tiny = np.array([1e-40], np.float32)
    assert cast(tiny, dt.bool_.dtype).item() is True
    assert cast(tiny.astype(float), dt.float32.dtype).item() == tiny.item()


def test_cast_of_the_same_dtype_is_the_same_array() -> None:
    for d in [*(t.dtype for t in TYPES), *EXTENDED]:
        x = np.zeros(3, d)
        assert cast(x, d) is x


def test_cast_keeps_shapes_and_never_aliases() -> None:
    for source, target in product(TYPES, TYPES):
        for shape in ((), (0, 2), (2, 1, 3)):
            x = np.ones(shape, source.dtype)
            got = cast(x, target.dtype)
            assert isinstance(got, np.ndarray) and got.shape == shape and got.dtype == target
            assert source is target or not np.shares_memory(got, x)


def test_cast_refuses_keys() -> None:
    key = dt.KEY_DTYPES["threefry"]
    with pytest.raises(DtypeError, match="astype: key<threefry> does not convert to u32"):
        cast(np.zeros(2, key), dt.uint32.dtype)
    with pytest.raises(DtypeError, match="astype: f32 does not convert to key<threefry>"):
        cast(np.zeros(2, np.float32), key)
    with pytest.raises(DtypeError, match="astype: float0 does not convert to f32"):
        cast(np.zeros(2, dt.float0), dt.float32.dtype)


@given(st.floats(width=64), st.sampled_from(INTEGERS))
def test_floats_become_integers_by_clamped_truncation(x: float, t: dt.ScalarType) -> None:
    low, high = int(dt.iinfo(t).min), int(dt.iinfo(t).max)
    clamped = (
        0.0 if np.isnan(x) else min(max(x, low), high)
    )  # Python compares int and float exactly
    want = int(clamped)
    assert cast(np.array([x]), t.dtype).item() == want


@given(st.integers(-(2**63), 2**63 - 1), st.sampled_from(INTEGERS))
def test_integers_wrap(n: int, t: dt.ScalarType) -> None:
    got = cast(np.array([n], np.int64), t.dtype).item()
    assert (got - n) % 2 ** (8 * t.dtype.itemsize) == 0


@given(st.floats(width=32, allow_nan=False))
def test_bfloat16_is_the_nearest_with_ties_to_even(x: float) -> None:
    bits = int(np.float32(x).view(np.uint32))
    below = bits & 0xFFFF0000
    up = (bits & 0xFFFF) > 0x8000 or ((bits & 0xFFFF) == 0x8000 and bits >> 16 & 1)
    want = np.uint32(below + 0x10000 if up else below).view(np.float32)
    got = cast(np.array([x], np.float32), dt.bfloat16.dtype)
    assert got.astype(np.float32).tobytes() == want.tobytes()
