"""Making arrays: from numbers, lists, NumPy arrays, and lists of arrays."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import oxmlx as ox
from oxmlx.errors import ArgumentError

DTYPES = [np.float32, np.int32, np.uint8, np.int16, np.bool_, np.complex64, np.float16]


@given(hnp.arrays(st.sampled_from(DTYPES), hnp.array_shapes(min_dims=0, min_side=0)))
def test_a_numpy_array_comes_back(x: np.ndarray) -> None:
    y = ox.array(x)
    assert y.dtype == x.dtype and y.shape == x.shape
    np.testing.assert_array_equal(np.asarray(y), x)
    if x.size:  # an empty list has no dtype, and forgets its inner axes
        np.testing.assert_array_equal(np.asarray(ox.array(x.tolist(), dtype=x.dtype)), x)


@pytest.mark.parametrize(
    ("given_", "dtype"),
    [
        (np.zeros(2), np.float32),
        (np.zeros(2, np.int64), np.int32),
        (np.zeros(2, np.uint64), np.uint32),
        (np.zeros(2, np.complex128), np.complex64),
        ([1, 2], np.int32),
        ([1, 2.5], np.float32),
        ([True, False], np.bool_),
        ([], np.float32),
        ([1j], np.complex64),
        (range(3), np.int32),
    ],
)
def test_64_bits_become_32(given_: object, dtype: type) -> None:
    assert ox.array(given_).dtype == dtype


def test_dtypes_that_are_asked_for_are_kept() -> None:
    x = np.array([2**53 - 1, -1])
    assert ox.array(x, dtype=np.int64).tolist() == x.tolist()
    assert ox.array(0.1, dtype="float64").item() == 0.1
    assert ox.array([1, 2], dtype=ox.bfloat16).dtype == ox.bfloat16


def test_numbers_are_weak_and_lists_are_not() -> None:
    assert ox.array(1.0).weak_type and ox.asarray(2).weak_type
    assert not ox.array([1.0]).weak_type and not ox.array(True).weak_type
    assert not ox.array(1.0, dtype="float32").weak_type


SCALARS = [t(1) for t in (*DTYPES, np.int64, np.float64, np.complex128, ox.bfloat16.dtype.type)]


@pytest.mark.parametrize("x", SCALARS, ids=repr)
def test_a_numpy_scalar_keeps_its_dtype(x: Any) -> None:
    """As an array of rank 0 does; in operations with arrays it stays weak."""
    want = jnp.array(x)
    for got in (ox.array(x), ox.asarray(x), ox.numpy.array(x), ox.numpy.copy(x), ox.device_put(x)):
        assert (got.dtype, got.shape, got.weak_type) == (want.dtype, (), False)
        assert got.item() == 1
    if x.dtype.kind == "f":
        assert (ox.numpy.ones(2, "float16") + x).dtype == np.float16
        assert ox.array([ox.numpy.ones((), "float16"), x]).dtype == np.float16


def test_a_large_copy_begins_with_a_line_of_the_cache() -> None:
    x = np.ones(2**16 + 1, np.float32)[1:]
    for got in (ox.array(x), ox.numpy.array(x), ox.device_put(x)):
        assert np.asarray(got).ctypes.data % 64 == 0


def test_a_copy_does_not_see_later_changes() -> None:
    x = np.zeros(3, np.float32)
    copies = [ox.array(x), ox.asarray(x), ox.array(x, copy=None), ox.numpy.array(x)]
    x[:] = 1
    assert all(y.tolist() == [0, 0, 0] for y in copies)


def test_memory_is_shared_where_that_is_safe_or_asked_for() -> None:
    x = np.arange(3, dtype=np.float32)
    assert np.shares_memory(np.asarray(ox.asarray(x, copy=False)), x)
    x.flags.writeable = False
    assert np.shares_memory(np.asarray(ox.asarray(x)), x)
    assert not np.shares_memory(np.asarray(ox.array(x)), x) or not x.flags.writeable


def test_an_array_is_itself() -> None:
    x = ox.array([1, 2])
    assert ox.asarray(x) is x and ox.array(x) is not x
    assert ox.asarray(x, "float32").dtype == np.float32


def test_lists_of_arrays_are_stacked() -> None:
    x, y = ox.array([1, 2]), ox.array([0.5, 1.5])
    assert ox.array([x, y]).tolist() == [[1, 2], [0.5, 1.5]]
    assert ox.array([[x[0], 5], [y[1], 7.0]]).tolist() == [[1, 5], [1.5, 7]]
    assert ox.array([1, ox.array(2, dtype="float16")]).dtype == np.float16
    assert not ox.array([ox.array(1.0), 2]).weak_type


def test_lists_of_traced_values_are_stacked() -> None:
    f = ox.jit(lambda x: ox.array([x, [2 * x[0], 0]]))
    assert f(ox.array([1.0, 3.0])).tolist() == [[1, 3], [2, 0]]
    assert ox.grad(lambda x: ox.array([x, x * x])[1])(3.0).item() == 6


def test_ndmin_and_device() -> None:
    assert ox.array([1, 2], ndmin=3).shape == (1, 1, 2)
    assert ox.array(1, device="reference").device is ox.devices("reference")[0]


def test_a_scalar_type_makes_an_array() -> None:
    assert ox.float32(3).dtype == np.float32 and not ox.float32(3).weak_type
    assert ox.bfloat16([1, 2]).dtype == ox.bfloat16


@pytest.mark.parametrize("given_", [1.0, [1, 2], np.zeros(2)])
def test_copy_false_never_copies(given_: object) -> None:
    with pytest.raises(ArgumentError, match="without a copy"):
        ox.array(given_, copy=False)
