"""Dtypes against JAX (x64 on) and NumPy: names, kinds, promotion, numbers."""

from __future__ import annotations

import copy
import pickle
import re
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from oxmlx import dtypes as dt
from oxmlx.errors import (
    ArgumentError,
    DtypeError,
    OxmlxError,
)

pytestmark = pytest.mark.x64

TYPES = dt.SCALAR_TYPES
INTEGERS = [t for t in TYPES if dt.is_integer(t.dtype)]
INEXACT = [t for t in TYPES if dt.is_inexact(t.dtype)]
WEAK = [(dt.int32.dtype, True), (dt.float32.dtype, True), (dt.complex64.dtype, True)]
NODES = [(t.dtype, False) for t in TYPES] + WEAK
DEFAULTS = {"i": dt.int32.dtype, "f": dt.float32.dtype, "c": dt.complex64.dtype}  # by kind
EXTENDED = [*dt.KEY_DTYPES.values(), dt.float0]


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


@pytest.mark.parametrize("name", [*"?efdFDbBhHiIlLqQ", "half", "single", "double"])
def test_names_of_numpy_mean_the_same(name: str) -> None:
    assert dt.as_dtype(name) == np.dtype(name)


def test_short_names_have_an_inverse() -> None:
    every = [*(t.dtype for t in TYPES), *EXTENDED]
    names = [dt.short_name(d) for d in every]
    assert " ".join(names) == (
        "bool i8 i16 i32 i64 u8 u16 u32 u64 f16 bf16 f32 f64 c64 c128 "
        "key<threefry> key<threefry_legacy> float0"
    )
    assert [dt.from_short_name(name) for name in names] == every
    with pytest.raises(DtypeError, match="no dtype prints as 'float32'\n  There are bool, i8"):
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
    with pytest.raises(DtypeError, match=r"(?s)^zeros: .* is no dtype of oxmlx\n  There are bool"):
        dt.as_dtype(x, "zeros")


@pytest.mark.parametrize("x", [">f4", np.dtype(">f4"), np.dtype(">i8"), ">c16"], ids=repr)
def test_as_dtype_refuses_a_foreign_byte_order(x: object) -> None:
    name = np.dtype(x).name  # type: ignore[call-overload]
    with pytest.raises(DtypeError, match=rf'byte order\n  Convert it in NumPy: x.astype\("{name}"'):
        dt.as_dtype(x)


@pytest.mark.parametrize(
    ("text", "ours", "theirs"), [("i8", "int8", "int64"), ("u8", "uint8", "uint64")]
)
def test_as_dtype_refuses_what_means_two_things(text: str, ours: str, theirs: str) -> None:
    assert np.dtype(text) == np.dtype(theirs) and dt.from_short_name(text) == np.dtype(ours)
    with pytest.raises(DtypeError, match=f"Write '{ours}' or '{theirs}'"):
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
    with pytest.raises(DtypeError, match=r"key<threefry> and i32 have no common dtype\n  Convert"):
        dt.result_type(dt.KEY_DTYPES["threefry"], 1)
    with pytest.raises(ArgumentError, match="result_type: no arguments"):
        dt.result_type()


# Numbers


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
