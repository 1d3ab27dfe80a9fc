"""Arrays in other libraries: DLPack, buffers, pickle, copy."""

import copy
import pickle
import sys

import jax.numpy as jnp
import mlx.core as mx
import numpy as np
import pytest

import oxmlx as ox
from oxmlx.errors import ConcretizationError, DtypeError
from oxmlx.ir.device import default_device

NAMES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
NAMES += ["float16", "float32", "float64", "complex64", "complex128"]


def sample(dtype: str) -> ox.Array:
    return ox.array([[0, 1, 1], [1, 0, 1]], dtype=dtype)


@pytest.mark.parametrize("dtype", NAMES)
def test_numpy_sees_the_same_memory(dtype: str) -> None:
    x = sample(dtype)
    y = np.from_dlpack(x)
    assert y.dtype == dtype and np.shares_memory(y, np.asarray(x))
    assert not y.flags.writeable and not np.asarray(x).flags.writeable
    np.testing.assert_array_equal(y, np.asarray(x))


@pytest.mark.parametrize("dtype", [*NAMES, "bfloat16"])
def test_there_and_back_without_a_copy(dtype: str) -> None:
    x = sample(dtype)
    y = ox.from_dlpack(x)
    assert y.dtype == x.dtype and np.shares_memory(np.asarray(x), np.asarray(y))
    assert not np.shares_memory(np.asarray(x), np.asarray(ox.from_dlpack(x, copy=True)))


@pytest.mark.parametrize("dtype", ["bfloat16", "float32", "int8"])
def test_jax_reads_and_is_read(dtype: str) -> None:
    x = sample(dtype)
    theirs = jnp.from_dlpack(x)
    assert theirs.dtype == x.dtype
    np.testing.assert_array_equal(np.asarray(theirs, np.float32), np.asarray(x, np.float32))
    assert ox.from_dlpack(theirs).tolist() == x.tolist()


@pytest.mark.parametrize("dtype", [mx.bfloat16, mx.float32, mx.int32])
def test_mlx_is_read(dtype: mx.Dtype) -> None:
    assert ox.from_dlpack(mx.array([1, 2, 3], dtype=dtype)).tolist() == [1, 2, 3]


def test_an_old_protocol_gets_a_copy() -> None:
    x = sample("float32")

    class Old:
        def __dlpack__(self) -> object:
            return x.__dlpack__()

        def __dlpack_device__(self) -> tuple[int, int]:
            return x.__dlpack_device__()

    y = ox.from_dlpack(Old())
    assert y.tolist() == x.tolist() and not np.shares_memory(np.asarray(x), np.asarray(y))


def test_a_view_outlives_its_array() -> None:
    view = np.from_dlpack(ox.numpy.arange(5.0) * 2)
    assert view.tolist() == [0, 2, 4, 6, 8]


def view_of(x: ox.Array) -> memoryview:
    """`memoryview(x)`, which on Python < 3.12 does not know `__buffer__`."""
    return memoryview(x) if sys.version_info >= (3, 12) else x.__buffer__(0)


@pytest.mark.parametrize("view", [view_of, lambda x: memoryview(np.asarray(x))])
def test_the_buffer_is_read_only_and_the_very_memory(view) -> None:
    x = sample("int16")
    buffer = view(x)
    assert buffer.readonly and buffer.shape == (2, 3) and buffer.tolist() == x.tolist()
    assert np.shares_memory(buffer, np.asarray(x))


@pytest.mark.parametrize("dtype", [*NAMES, "bfloat16"])
def test_pickle(dtype: str) -> None:
    x = sample(dtype)
    y = pickle.loads(pickle.dumps(x))
    assert y.aval is x.aval and y.device is x.device and y.tolist() == x.tolist()


def test_a_pickle_keeps_weak_types_and_keys() -> None:
    assert pickle.loads(pickle.dumps(ox.array(1.5))).weak_type
    key = ox.random.key(3)
    assert repr(pickle.loads(pickle.dumps(key))) == repr(key)


def test_a_pickle_from_a_device_that_is_not_there() -> None:
    restore, (data, weak, _) = sample("float32").__reduce__()
    assert restore(data, weak, "metal:7").device is default_device()


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, ox.numpy.copy, lambda x: x.copy()])
def test_copies_are_other_handles(again) -> None:
    x = sample("float32")
    y = again(x)
    assert y is not x and y.tolist() == x.tolist()


def test_tracers_have_no_bytes() -> None:
    for ask in (pickle.dumps, np.from_dlpack, view_of):
        with pytest.raises((ConcretizationError, RuntimeError)):
            ox.jit(ask)(1.0)


def test_buffers_have_no_bfloat16() -> None:
    with pytest.raises(DtypeError, match="no bf16"):
        view_of(sample("bfloat16"))
