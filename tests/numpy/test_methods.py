"""The methods of arrays against NumPy's, on arrays and on tracers."""

import jax
import numpy as np
import pytest

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.ir.device import default_device

X = np.random.default_rng(0).standard_normal((2, 3, 4)).astype(np.float32)
V = X[0, 0]

CALLS = {
    "reshape": lambda x: [x.reshape(6, 4), x.reshape((4, -1)), x.reshape(-1), x.reshape([24])],
    "transpose": lambda x: [x.transpose(), x.transpose(1, 0, 2), x.transpose((2, 0, 1)), x.T],
    "mT": lambda x: [x.mT],
    "ravel": lambda x: [x.ravel(), x.flatten(), x.flatten("F")],
    "reductions": lambda x: (
        [x.sum(), x.prod(0), x.mean(axis=(0, 2)), x.max(), x.min(1), x.ptp(-1)]
        if hasattr(x, "ptp")
        else [x.sum(), x.prod(0), x.mean(axis=(0, 2)), x.max(), x.min(1), np.ptp(x, -1)]
    ),
    "moments": lambda x: [x.var(), x.std(1, ddof=1), x.var(keepdims=True)],
    "logic": lambda x: [(x > 0).any(), (x > 0).all(axis=1)],
    "scans": lambda x: [x.cumsum(), x.cumprod(axis=1)],
    "places": lambda x: [x.argmax(), x.argmin(axis=2), x.argsort(), x.argsort(axis=0)],
    "rounding": lambda x: [x.round(), x.round(2), x.clip(-0.5, 0.5), x.clip(max=0)],
    "axes": lambda x: [x.swapaxes(0, 2), x[:, :1].squeeze(1), x.diagonal(), x.trace()],
    "repeat": lambda x: [x.repeat(2, axis=1), x.repeat(2)],
    "take": lambda x: [x.take(np.array([1, 0]), axis=2), x.take(np.array([5, 7]))],
    "dot": lambda x: [x.dot(x[0, 0])],
    "parts": lambda x: [x.real, x.imag, x.conj(), x.conjugate(), x.copy()],
    "bits": lambda x: [x.view("int32"), x.view("uint16"), x.view("uint8")],
    "types": lambda x: [x.astype("int32"), x.astype(np.float16), x.astype(bool)],
    "divmod": lambda x: [*divmod(x, 0.5), *divmod(2.0, x)],
    "searchsorted": lambda x: [(x * 0).ravel().searchsorted(np.array([-1, 0, 1]))],
}


@pytest.mark.parametrize("name", CALLS)
def test_a_method_does_what_numpy_does(name: str) -> None:
    mine, theirs = CALLS[name](ox.array(X)), CALLS[name](X)
    for x, y in zip(mine, theirs, strict=True):
        assert x.shape == y.shape
        np.testing.assert_allclose(np.asarray(x), y, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("name", CALLS)
def test_tracers_have_the_same_methods(name: str) -> None:
    mine = ox.jit(CALLS[name])(ox.array(X))
    for x, y in zip(mine, CALLS[name](ox.array(X)), strict=True):
        np.testing.assert_allclose(np.asarray(x), np.asarray(y), rtol=2e-6, atol=2e-6)


def test_magnitudes_of_unsigned_integers() -> None:
    x = ox.array([1, 255], dtype="uint8")
    assert abs(x) is x and abs(ox.array([True])).tolist() == [True]


def test_methods_whose_results_depend_on_values() -> None:
    x = ox.array(X)
    mask = np.array([True, False, True])
    np.testing.assert_array_equal(x.compress(mask, axis=1), X.compress(mask, axis=1))
    for mine, theirs in zip((x > 1).nonzero(), (X > 1).nonzero(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    chosen = ox.array([1, 0]).choose([x[0, 0, :2], x[1, 0, :2]])
    assert chosen.tolist() == [X[1, 0, 0], X[0, 0, 1]]
    assert round(x, 1).tolist() == X.round(1).tolist()


def test_sort_returns_another_array() -> None:
    x = ox.array(X)
    assert x.sort(axis=1).tolist() == np.sort(X, axis=1).tolist() and x.tolist() == X.tolist()
    assert x.partition(1).shape == x.shape and x.argpartition(1).shape == x.shape


WIDTHS = ["uint8", "int16", "uint32", "float16", "bfloat16", "float32", "float64", "complex64"]


@pytest.mark.parametrize("target", WIDTHS)
@pytest.mark.parametrize("source", WIDTHS)
def test_view_reads_bits_as_numpy_does(source: str, target: str) -> None:
    bits = np.random.default_rng(1).integers(0, 255, (3, 16), np.uint8)
    x = bits.view(np.dtype(source))
    mine = ox.array(x, dtype=x.dtype).view(target)
    assert mine.dtype == target
    assert np.asarray(mine).tobytes() == x.view(np.dtype(target)).tobytes()


def test_view_of_bools() -> None:
    x = ox.array([True, False])
    assert x.view("uint8").tolist() == [1, 0]
    assert ox.array([0, 3], dtype="uint8").view(bool).tolist() == [False, True]


def test_devices() -> None:
    x = ox.array(X)
    device = default_device()
    assert x.device is device and x.devices() == {device} and x.to_device(device) is x
    assert x.block_until_ready() is x and not x.is_pending()
    asked = []
    ox.jit(lambda y: asked.append((y.device, y.devices())) or y)(x)
    assert asked == [(None, set())]
    assert onp.zeros(2, device=asked[0][0]).device is device


def test_the_namespace() -> None:
    x = ox.array(X)
    assert x.__array_namespace__() is onp is x.__array_namespace__(api_version="2024.12")
    assert onp.__array_api_version__ == "2024.12"


def test_no_method_of_jax_is_missing_but_those_of_its_runtime() -> None:
    theirs = {n for n in dir(jax.Array) if not n.startswith("_")}
    missing = theirs - {n for n in dir(ox.array(1.0))}
    runtime = {"addressable_data", "addressable_shards", "aval", "committed", "format", "sharding"}
    runtime |= {"byteswap", "copy_to_host_async", "delete", "global_shards", "is_deleted", "flat"}
    runtime |= {"is_fully_addressable", "is_fully_replicated", "on_device_size_in_bytes"}
    runtime |= {
        "traceback",
        "unsafe_buffer_pointer",
        "unsafe_raw_ptr",
        "layout",
        "is_ready",
        "clone",
    }
    assert missing <= runtime
