"""Dtypes against JAX (x64 on) and NumPy: names, promotion, entering data, conversion."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oxmlx import dtypes as dt
from oxmlx.errors import (
    ArgumentError,
    DtypeError,
    OverflowingLiteralError,
    OxmlxError,
    ShapeError,
)

TYPES = dt.SCALAR_TYPES
INTEGERS = [t for t in TYPES if dt.is_integer(t.dtype)]
INEXACT = [t for t in TYPES if dt.is_inexact(t.dtype)]
WEAK = [(dt.int32.dtype, True), (dt.float32.dtype, True), (dt.complex64.dtype, True)]
NODES = [(t.dtype, False) for t in TYPES] + WEAK
DEFAULTS = {"i": dt.int32.dtype, "f": dt.float32.dtype, "c": dt.complex64.dtype}  # by kind
EXTENDED = [*dt.KEY_DTYPES.values(), dt.float0]


@pytest.fixture(autouse=True)
def x64() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


# Names


@pytest.mark.parametrize("t", TYPES, ids=repr)
def test_scalar_type_equals_its_dtype_both_ways(t: dt.ScalarType) -> None:
    d = t.dtype
    assert type(np.dtype(t)) is type(d) and np.dtype(t) == d
    for other in (d, d.type, t.name, t):
        assert t == other and other == t
    for other in TYPES:
        if other is not t:
            assert t != other and t != other.dtype and other.dtype != t and t != other.dtype.type
    assert hash(t) == hash(d) and {d: 1}[t] == 1 and {t: 1}[d] == 1
    assert np.zeros(2, dtype=t).dtype == d


@pytest.mark.parametrize("other", [None, np.floating, float, 0, [], "nothing", np.ones(2)])
def test_scalar_type_is_unequal_to_what_is_no_dtype(other: object) -> None:
    assert all((t == other) is False and (t != other) is True for t in TYPES)


@pytest.mark.parametrize("t", TYPES, ids=repr)
def test_scalar_type_prints_pickles_and_copies_as_itself(t: dt.ScalarType) -> None:
    assert getattr(dt, repr(t)) is t
    assert repr(t).rstrip("_") == t.name == str(t.dtype)
    assert pickle.loads(pickle.dumps(t)) is t and copy.deepcopy(t) is t


def test_calling_a_scalar_type_goes_through_the_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dt.ScalarType, "make_array", dt._no_arrays)
    with pytest.raises(OxmlxError, match="float32: nothing can make an array of it yet"):
        dt.float32(1)
    monkeypatch.setattr(dt.ScalarType, "make_array", lambda x, dtype: (x, dtype))
    assert dt.float32(1) == (1, np.dtype("float32"))


def test_short_names_have_an_inverse() -> None:
    every = [*(t.dtype for t in TYPES), *EXTENDED]
    names = [dt.short_name(d) for d in every]
    assert " ".join(names) == (
        "bool i8 i16 i32 i64 u8 u16 u32 u64 f16 bf16 f32 f64 c64 c128 "
        "key<threefry> key<threefry_legacy> float0"
    )
    assert [dt.from_short_name(name) for name in names] == every
    with pytest.raises(DtypeError, match="no dtype prints as 'float32'\n  there are bool, i8"):
        dt.from_short_name("float32")
    with pytest.raises(DtypeError, match="short_name: .* is no dtype of oxmlx"):
        dt.short_name(np.dtype(object))


def test_key_dtypes_are_two_and_float0_is_that_of_jax() -> None:
    new, legacy = dt.KEY_DTYPES.values()
    assert new != legacy and new.itemsize == legacy.itemsize == 8
    assert dt.is_key(new) and dt.is_key(legacy) and not dt.is_key(dt.float0)
    assert jax.dtypes.float0 == dt.float0 and hash(jax.dtypes.float0) == hash(dt.float0)


@pytest.mark.parametrize(
    ("x", "want"),
    [
        *((t, t) for t in TYPES),
        *((t.dtype, t) for t in TYPES),
        *((t.dtype.type, t) for t in TYPES),
        *((t.name, t) for t in TYPES),
        *((t.short, t) for t in TYPES if t.short not in ("i8", "u8")),
        *((t.dtype.str, t) for t in TYPES if t is not dt.bfloat16),
        (bool, dt.bool_),
        (int, dt.int32),
        (float, dt.float32),
        (complex, dt.complex64),
        ("int", dt.int32),
        ("float", dt.float32),
        ("complex", dt.complex64),
        ("f4", dt.float32),
        ("c16", dt.complex128),
        (np.longlong, dt.int64),
        (np.dtype(np.ulonglong), dt.uint64),
    ],
    ids=repr,
)
def test_as_dtype(x: object, want: dt.ScalarType) -> None:
    got = dt.as_dtype(x)
    assert isinstance(got, np.dtype) and got == want.dtype


@pytest.mark.parametrize("d", EXTENDED, ids=str)
def test_as_dtype_knows_extended_dtypes(d: dt.Dtype) -> None:
    assert dt.as_dtype(d) is d and dt.as_dtype(dt.short_name(d)) is d


@pytest.mark.parametrize(
    "x",
    [
        *(None, object, str, "str", "nothing", "O", "M8[s]", "f4,f4", "float128", "E", ""),
        *(np.longdouble, np.clongdouble, np.floating, np.integer, np.number, np.generic, np.void),
        *(np.dtype(object), np.dtype("U3"), np.dtype("M8[s]"), np.dtype([("a", "f4")])),
        *(np.dtype(np.longdouble), 3, 1.5, [], {}, ("f4", 2), np.float32(1), np.ones(2)),
    ],
    ids=repr,
)
def test_as_dtype_refuses_and_names_what_there_is(x: object) -> None:
    with pytest.raises(DtypeError, match=r"(?s)^zeros: .* is no dtype of oxmlx\n  there are bool"):
        dt.as_dtype(x, "zeros")


@pytest.mark.parametrize("x", [">f4", np.dtype(">f4"), np.dtype(">i8"), ">c16"], ids=repr)
def test_as_dtype_refuses_a_foreign_byte_order(x: object) -> None:
    name = np.dtype(x).name  # type: ignore[call-overload]
    with pytest.raises(DtypeError, match=rf'byte order\n  convert it in NumPy: x.astype\("{name}"'):
        dt.as_dtype(x)


@pytest.mark.parametrize(
    ("text", "ours", "theirs"), [("i8", "int8", "int64"), ("u8", "uint8", "uint64")]
)
def test_as_dtype_refuses_what_means_two_things(text: str, ours: str, theirs: str) -> None:
    assert np.dtype(text) == np.dtype(theirs) and dt.from_short_name(text) == np.dtype(ours)
    with pytest.raises(DtypeError, match=f"write '{ours}' or '{theirs}'"):
        dt.as_dtype(text)


# Kinds

ABSTRACT = [
    *(np.generic, np.number, np.integer, np.signedinteger, np.unsignedinteger),
    *(np.inexact, np.floating, np.complexfloating, np.bool_),
]


def test_issubdtype_is_that_of_jax() -> None:
    for a, b in product([*(t.dtype for t in TYPES), dt.float0, *ABSTRACT], ABSTRACT):
        assert dt.issubdtype(a, b) == jnp.issubdtype(a, b), (a, b)
    for a, b in product(TYPES, TYPES):
        assert dt.issubdtype(a, b) == (a is b)
        assert dt.issubdtype(ABSTRACT[0], b) is False


def test_issubdtype_of_keys() -> None:
    key = dt.KEY_DTYPES["threefry"]
    assert [a for a in (*ABSTRACT, dt.prng_key) if dt.issubdtype(key, a)] == [
        np.generic,
        dt.prng_key,
    ]
    assert not any(dt.issubdtype(t, dt.prng_key) for t in TYPES)
    with pytest.raises(DtypeError, match="issubdtype: None"):
        dt.issubdtype("f32", None)  # type: ignore[arg-type]


def test_predicates_are_issubdtype() -> None:
    predicates = {
        np.bool_: dt.is_bool,
        np.integer: dt.is_integer,
        np.signedinteger: dt.is_signed,
        np.unsignedinteger: dt.is_unsigned,
        np.floating: dt.is_float,
        np.complexfloating: dt.is_complex,
        np.inexact: dt.is_inexact,
        dt.prng_key: dt.is_key,
    }
    for d in [*(t.dtype for t in TYPES), *EXTENDED]:
        for kind, predicate in predicates.items():
            assert predicate(d) == dt.issubdtype(d, kind)
        assert dt.is_differentiable(d) == dt.is_inexact(d)
    assert not dt.is_float(np.dtype(object))


def test_limits() -> None:
    for t in INEXACT:
        ours, theirs = dt.finfo(t), jnp.finfo(t.dtype)
        for name in ("eps", "max", "min", "tiny", "smallest_normal", "bits"):
            assert getattr(ours, name) == getattr(theirs, name)
    for t in INTEGERS:
        assert (dt.iinfo(t).min, dt.iinfo(t).max) == (
            jnp.iinfo(t.dtype).min,
            jnp.iinfo(t.dtype).max,
        )
        assert dt.itemsize(t) == t.dtype.itemsize
    with pytest.raises(DtypeError, match="finfo: i32 is not floating point"):
        dt.finfo(int)
    with pytest.raises(DtypeError, match="iinfo: bool is not an integer"):
        dt.iinfo(bool)


# Promotion


def jax_item(dtype: dt.Dtype, weak: bool) -> Any:
    if not weak:
        return dtype
    return {"i": 1, "f": 1.0, "c": 1j}[dtype.kind]


def jax_promote(*nodes: tuple[dt.Dtype, bool]) -> tuple[dt.Dtype, bool]:
    """JAX's answer, where a weak type's dtype is our default instead of its 64-bit one."""
    dtype, weak = jax.dtypes.result_type(*[jax_item(*n) for n in nodes], return_weak_type_flag=True)
    return (DEFAULTS[dtype.kind] if weak else dtype), weak


def test_promotion_table_is_that_of_jax() -> None:
    assert len(NODES) == 18
    for x, y in product(NODES, NODES):
        assert dt.promote(*x, *y) == jax_promote(x, y), (x, y)


def test_promote_types_is_that_of_jax() -> None:
    for a, b in product(TYPES, TYPES):
        want, weak = jax_promote((a.dtype, False), (b.dtype, False))
        assert weak or want == jnp.promote_types(a.dtype, b.dtype)
        assert dt.promote_types(a, b) == want, (a, b)
    for a, python in product(TYPES, (int, float, complex)):
        want, weak = jax_promote((a.dtype, False), dt.scalar_dtype(python(1)))
        assert weak or want == jnp.promote_types(a.dtype, python)
        assert dt.promote_types(a, python) == dt.promote_types(python, a) == want, (a, python)


def test_result_type_of_arrays_and_python_numbers_is_that_of_jax() -> None:
    for t, number in product(TYPES, (1, 1.0, 1j)):
        x = jnp.ones(2, t.dtype)
        out = x + number
        want = DEFAULTS[out.dtype.kind] if out.weak_type else out.dtype
        assert dt.result_type(x, number) == dt.result_type(number, t) == want, (t, number)
        assert dt.result_type(x, np.asarray(number).dtype.type(number)) == want
    with jax.enable_x64(False):
        assert dt.result_type(jnp.asarray(1.0), dt.bfloat16) == dt.bfloat16.dtype  # a weak array
    assert dt.result_type(dt.bool_, True, np.True_) == dt.bool_.dtype


def test_result_type_of_many_is_that_of_jax_in_any_order() -> None:
    for x, y, z in product(NODES, NODES, NODES):
        want = jax_promote(x, y, z)[0]
        assert dt.result_type(*[jax_item(*n) for n in (x, y, z)]) == want, (x, y, z)


def test_numpy_arrays_count_as_what_they_enter_as() -> None:
    assert dt.result_type(np.ones(2)) == dt.float32.dtype
    assert dt.result_type(np.arange(3), np.int8(1)) == dt.int32.dtype
    assert dt.result_type(jnp.ones(2, "float64"), np.ones(2)) == dt.float64.dtype
    assert dt.result_type(np.dtype("float64")) == dt.float64.dtype


def test_promotion_is_a_join() -> None:
    for x in NODES:
        assert dt.promote(*x, *x) == x
    for x, y in product(NODES, NODES):
        join = dt.promote(*x, *y)
        assert join == dt.promote(*y, *x)
        assert dt.promote(*x, *join) == join
    for x, y, z in product(NODES, NODES, NODES):
        assert dt.promote(*dt.promote(*x, *y), *z) == dt.promote(*x, *dt.promote(*y, *z))


def test_strong_promotion_holds_every_value_below_64_bit_integers() -> None:
    for a, b in product(TYPES, TYPES):
        join, weak = dt.promote(a.dtype, False, b.dtype, False)
        if not weak:
            for d in (a.dtype, b.dtype):
                exact = dt.is_inexact(join) and dt.is_integer(d)  # JAX: i32 + f16 -> f16
                assert exact or np.can_cast(d, join) or dt.bfloat16.dtype in (d, join)


def test_strong_dtypes_alone_are_not_associative() -> None:
    u64, i64, bf16 = dt.uint64, dt.int64, dt.bfloat16
    assert dt.promote_types(dt.promote_types(u64, i64), bf16) == dt.float32.dtype
    assert dt.promote_types(u64, dt.promote_types(i64, bf16)) == bf16.dtype
    assert dt.result_type(u64, i64, bf16) == jnp.result_type("uint64", "int64", "bfloat16") == bf16


def test_extended_dtypes_promote_with_themselves_only() -> None:
    for d in EXTENDED:
        assert dt.promote(d, False, d, False) == (d, False)
        for other in (*(t.dtype for t in TYPES), *(e for e in EXTENDED if e != d)):
            with pytest.raises(DtypeError, match=re.escape(f"{dt.short_name(d)} and ")):
                dt.promote(d, False, other, False)
    with pytest.raises(DtypeError, match=r"key<threefry> and i32 have no common dtype\n  convert"):
        dt.result_type(dt.KEY_DTYPES["threefry"], 1)
    with pytest.raises(ArgumentError, match="result_type: no arguments"):
        dt.result_type()


# Entering data


@pytest.mark.parametrize(
    ("x", "want"),
    [
        (True, (dt.bool_, False)),
        (np.True_, (dt.bool_, False)),
        (1, (dt.int32, True)),
        (2**100, (dt.int32, True)),
        (1.0, (dt.float32, True)),
        (1j, (dt.complex64, True)),
        *((t.dtype.type(1), (dt.int32, True)) for t in INTEGERS),
        *((t.dtype.type(1), (dt.float32, True)) for t in TYPES if dt.is_float(t.dtype)),
        *((t.dtype.type(1), (dt.complex64, True)) for t in TYPES if dt.is_complex(t.dtype)),
        (np.longlong(1), (dt.int32, True)),
        (type("Subclass", (int,), {})(3), (dt.int32, True)),
    ],
    ids=repr,
)
def test_scalar_dtype(x: object, want: tuple[dt.ScalarType, bool]) -> None:
    assert dt.scalar_dtype(x) == (want[0].dtype, want[1])


@pytest.mark.parametrize(
    "x",
    ["1", None, [1], np.ones(()), np.longdouble(1), np.datetime64("2026"), np.timedelta64(1, "s")],
    ids=repr,
)
def test_scalar_dtype_refuses(x: object) -> None:
    with pytest.raises(DtypeError, match=r"(?s)^add: .* is not a number that an array can hold"):
        dt.scalar_dtype(x, "add")


def test_literals_of_integers_fit_or_raise() -> None:
    for t in INTEGERS:
        low, high = int(dt.iinfo(t).min), int(dt.iinfo(t).max)
        for n in (low, -1, 0, 1, 127, 128, 255, high):
            if low <= n <= high:
                got = dt.literal_for(n, t.dtype)
                assert got.shape == () and got.dtype == t and got.item() == n
        for n in (low - 1, high + 1, 2**100, -(2**100)):
            with pytest.raises(OverflowingLiteralError, match=f"mul: .* does not fit {t.short}"):
                dt.literal_for(n, t.dtype, "mul")


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        (2**40, dt.int32, "array: 1099511627776 does not fit i32\n  int64 holds it: ox.array("),
        (300, dt.uint8, "300 does not fit u8\n  int32 holds it"),
        (np.int64(2**40), dt.int32, "1099511627776 does not fit i32\n  int64 holds it"),
        (2**63, dt.int64, "9223372036854775808 does not fit i64\n  uint64 holds it"),
        (2**64, dt.int64, "does not fit i64\n  no integer dtype holds it; write it as a float"),
        (10**400, dt.float32, "an integer of 1329 bits does not fit f32"),
    ],
)  # fmt: skip
def test_overflowing_literals_say_what_holds_them(
    value: Any, dtype: dt.ScalarType, text: str
) -> None:
    with pytest.raises(OverflowingLiteralError, match=re.escape(text)):
        dt.literal_for(value, dtype.dtype)


def test_integers_too_long_to_print_are_named_by_their_length() -> None:
    for t in (dt.int64, dt.float32):
        for read in (dt.literal_for, dt.canonical):
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
        got = dt.literal_for(value, t.dtype)
    want = dt.cast(np.array(float(value)), t.dtype)
    assert got.shape == () and got.dtype == t and got.tobytes() == want.tobytes()


def test_literals_of_complex_numbers() -> None:
    got = dt.literal_for(complex(1e300, 0.5), dt.complex64.dtype)
    assert got.dtype == dt.complex64 and got.item() == complex(np.inf, 0.5)
    assert dt.literal_for(True, dt.bool_.dtype).item() is True


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
        dt.literal_for(value, np.dtype(dtype), "add")


@pytest.mark.parametrize("d", [*(t.dtype for t in TYPES), *EXTENDED], ids=str)
def test_arrays_enter_with_their_dtype_at_most_32_bits_wide(d: dt.Dtype) -> None:
    x = np.zeros((2, 3), d)
    got = dt.canonical(x)
    want = {"float64": "float32", "int64": "int32", "uint64": "uint32", "complex128": "complex64"}
    assert got.dtype == want.get(d.name, d) and got.shape == (2, 3)
    assert (got is x) == (d.name not in want)
    assert dt.canonical(x, d) is x


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
    got = dt.canonical(x)
    with jax.enable_x64(False), np.errstate(over="ignore"):
        want = np.asarray(jnp.array(x))
    assert got.dtype == want.dtype and got.shape == want.shape
    np.testing.assert_array_equal(got, want)


def test_lists_of_mixed_numbers_enter_as_the_widest_kind() -> None:
    bf16 = dt.bfloat16.dtype.type
    assert dt.canonical([1.5, 2**70]).tolist() == [1.5, 2.0**70]
    assert dt.canonical([1j, 2**70]).tolist() == [1j, 2.0**70]
    assert dt.canonical([bf16(1), 2]).dtype == dt.float32
    assert dt.canonical([bf16(1), bf16(2)]).dtype == dt.bfloat16
    assert dt.canonical([2**63, -1], dtype=dt.float64).tolist() == [2.0**63, -1.0]
    assert dt.canonical([2**63, 5], dtype=dt.uint64).tolist() == [2**63, 5]
    assert dt.canonical([2**70, 0], dtype=bool).tolist() == [True, False]


@pytest.mark.parametrize(
    ("x", "dtype", "text"),
    [
        ([1, 2**31, 2**32], None, "array: 2147483648 does not fit i32\n  int64 holds it"),
        (np.array([[0, -(2**40)]]), None, "-1099511627776 does not fit i32"),
        (np.uint64(2**32), None, "4294967296 does not fit u32"),
        (
            np.array(2**63, "uint64"),
            None,
            "9223372036854775808 does not fit u32\n  uint64 holds it",
        ),
        ([2**63, -1], None, "9223372036854775808 does not fit i32\n  uint64 holds it"),
        ([5, 2**70], None, "1180591620717411303424 does not fit i32\n  no integer dtype holds it"),
        ([-1, 2**63], "uint64", "-1 does not fit u64"),
        ([1, 300], "uint8", "300 does not fit u8"),
        (-1, "uint8", "-1 does not fit u8"),
        (2**63, "int64", "9223372036854775808 does not fit i64"),
        (1e10, "int32", "10000000000.0 does not fit i32\n  int64 holds it"),
        ([0.5, np.nan], "int8", "nan does not fit i8"),
        (2.0**63, "int64", "9.223372036854776e+18 does not fit i64"),
        (np.float16(np.inf), "int64", "inf does not fit i64"),
        ([1.5, 10**400], None, "an integer of 1329 bits does not fit f32"),
    ],
)
def test_numbers_that_do_not_fit_are_named(x: Any, dtype: Any, text: str) -> None:
    with pytest.raises(OverflowingLiteralError, match=re.escape(text)):
        dt.canonical(x, dtype)


def test_an_explicit_dtype_is_honoured() -> None:
    for x, t in product([True, 0, 1, 2.5, [1, 0], [0.5, 1.5], np.arange(3), np.ones(2)], TYPES):
        got = dt.canonical(x, t)
        want = jnp.array(x, dtype=t.dtype)
        assert got.dtype == t and got.shape == want.shape
        np.testing.assert_array_equal(got, np.asarray(want))
    assert dt.canonical(-0.5, "uint8").item() == 0 and dt.canonical(255.9, "uint8").item() == 255
    assert dt.canonical(np.array([300, -1]), "uint8").tolist() == [44, 255]
    assert dt.canonical(np.array([300.0, -1.0]), "uint8").tolist() == [255, 0]
    assert dt.canonical([-(2.0**63)], "int64").tolist() == [-(2**63)]
    assert dt.canonical([True], "uint64").tolist() == [1]


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
        dt.canonical(x, who="stack")


def test_data_that_would_lose_something_is_refused() -> None:
    for x in (1j, [1j], np.array([1j])):
        with pytest.raises(
            DtypeError, match="array: a complex array cannot become f32\n  take its"
        ):
            dt.canonical(x, "float32")
    assert dt.canonical([1j, 0], bool).tolist() == [True, False]
    with pytest.raises(ArgumentError, match="a masked array\n  fill it first"):
        dt.canonical(np.ma.array([1.0, 2.0], mask=[0, 1]))
    with pytest.raises(ShapeError, match="nested lists of unequal lengths"):
        dt.canonical([[1, 2], [3]])
    with pytest.raises(DtypeError, match=r'byte order\n  convert it in NumPy: x.astype\("float32"'):
        dt.canonical(np.ones(2, ">f4"))


@given(st.lists(st.integers(-(2**70), 2**70) | st.integers(-(2**31), 2**31 - 1), max_size=4))
def test_lists_of_integers_enter_exactly_or_not_at_all(values: list[int]) -> None:
    misfits = [n for n in values if not -(2**31) <= n < 2**31]
    if misfits:
        with pytest.raises(OverflowingLiteralError, match=f"array: {misfits[0]} does not fit"):
            dt.canonical(values)
    else:
        assert dt.canonical(values).tolist() == values


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
            got = dt.cast(x, target.dtype)
        real = dt.is_complex(source.dtype) and not (
            dt.is_complex(target.dtype) or target is dt.bool_
        )
        same(got, np.asarray((jnp.real(on_jax) if real else on_jax).astype(target.dtype)))


def test_cast_of_known_values() -> None:
    def cast(values: Any, source: dt.ScalarType, target: dt.ScalarType) -> list[Any]:
        return dt.cast(np.array(values, source.dtype), target.dtype).tolist()

    f32, f64 = dt.float32, dt.float64
    assert cast([300, -1.0, np.nan, np.inf], f32, dt.uint8) == [255, 0, 0, 255]
    assert cast([1e10, -1e10, np.nan], f32, dt.int32) == [2**31 - 1, -(2**31), 0]
    assert cast([2**40 + 5, -1], dt.int64, dt.int32) == [5, -1]
    assert cast([-1, 300], dt.int32, dt.uint8) == [255, 44]
    assert cast([1 + 2**-8, 1 + 3 * 2**-8], f32, dt.bfloat16) == [1.0, 1.015625]
    assert cast([70000, 65519, -70000], f32, dt.float16) == [np.inf, 65504, -np.inf]
    assert cast([np.nan, 0.0, -0.0, 1e-3], f64, dt.bool_) == [True, False, False, True]
    assert cast([3 - 2j, 1j], dt.complex64, f32) == [3.0, 0.0]
    assert cast([1j, 0j], dt.complex64, dt.bool_) == [True, False]


def test_cast_keeps_subnormals_that_jax_flushes() -> None:
    tiny = np.array([1e-40], np.float32)
    assert dt.cast(tiny, dt.bool_.dtype).item() is True
    assert dt.cast(tiny.astype(float), dt.float32.dtype).item() == tiny.item()


def test_cast_of_the_same_dtype_is_the_same_array() -> None:
    for d in [*(t.dtype for t in TYPES), *EXTENDED]:
        x = np.zeros(3, d)
        assert dt.cast(x, d) is x


def test_cast_keeps_shapes_and_never_aliases() -> None:
    for source, target in product(TYPES, TYPES):
        for shape in ((), (0, 2), (2, 1, 3)):
            x = np.ones(shape, source.dtype)
            got = dt.cast(x, target.dtype)
            assert isinstance(got, np.ndarray) and got.shape == shape and got.dtype == target
            assert source is target or not np.shares_memory(got, x)


def test_cast_refuses_keys() -> None:
    key = dt.KEY_DTYPES["threefry"]
    with pytest.raises(DtypeError, match="astype: key<threefry> does not convert to u32"):
        dt.cast(np.zeros(2, key), dt.uint32.dtype)
    with pytest.raises(DtypeError, match="astype: f32 does not convert to key<threefry>"):
        dt.cast(np.zeros(2, np.float32), key)
    with pytest.raises(DtypeError, match="astype: float0 does not convert to f32"):
        dt.cast(np.zeros(2, dt.float0), dt.float32.dtype)


@given(st.floats(width=64), st.sampled_from(INTEGERS))
def test_floats_become_integers_by_clamped_truncation(x: float, t: dt.ScalarType) -> None:
    low, high = int(dt.iinfo(t).min), int(dt.iinfo(t).max)
    clamped = (
        0.0 if np.isnan(x) else min(max(x, low), high)
    )  # Python compares int and float exactly
    want = int(clamped)
    assert dt.cast(np.array([x]), t.dtype).item() == want


@given(st.integers(-(2**63), 2**63 - 1), st.sampled_from(INTEGERS))
def test_integers_wrap(n: int, t: dt.ScalarType) -> None:
    got = dt.cast(np.array([n], np.int64), t.dtype).item()
    assert (got - n) % 2 ** (8 * t.dtype.itemsize) == 0


@given(st.floats(width=32, allow_nan=False))
def test_bfloat16_is_the_nearest_with_ties_to_even(x: float) -> None:
    bits = int(np.float32(x).view(np.uint32))
    below = bits & 0xFFFF0000
    up = (bits & 0xFFFF) > 0x8000 or ((bits & 0xFFFF) == 0x8000 and bits >> 16 & 1)
    want = np.uint32(below + 0x10000 if up else below).view(np.float32)
    got = dt.cast(np.array([x], np.float32), dt.bfloat16.dtype)
    assert got.astype(np.float32).tobytes() == want.tobytes()
