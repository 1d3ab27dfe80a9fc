"""Devices: named, chosen, never mixed by accident. The reference can pretend to have two."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx.errors import DeviceError
from oxmlx.ir.device import default_device
from oxmlx.ops.axes import full, reduce_sum
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.math import sin


@pytest.fixture(autouse=True)
def two_devices() -> Iterator[None]:
    with ox.config.context(reference_devices=2):
        yield


def zeros() -> Any:
    return full((2,), 0, np.dtype(np.float32))


def test_devices_are_listed_once() -> None:
    assert [str(d) for d in ox.devices("reference")] == ["reference:0", "reference:1"]
    listed = [d for d in ox.devices() if d.kind != "metal"]
    assert [str(d) for d in listed] == ["cpu:0", "reference:0", "reference:1"]
    assert ox.devices("reference")[1] is listed[2]
    assert pickle.loads(pickle.dumps(listed[1])) is listed[1]


def test_devices_are_counted() -> None:
    assert ox.device_count("reference") == 2
    assert ox.device_count() == len(ox.devices())
    with pytest.raises(DeviceError, match="no backend is called 'gpu'"):
        ox.device_count("gpu")


def test_the_default_backend_is_that_of_new_arrays() -> None:
    assert ox.default_backend() == zeros().device.kind
    for kind in ("cpu", "reference"):
        with ox.default_device(kind):
            assert ox.default_backend() == kind == zeros().device.platform
        with ox.config.context(device=kind):
            assert ox.default_backend() == kind


def test_new_arrays_live_on_the_default_device() -> None:
    first, second = default_device(), ox.devices("reference")[1]
    assert (zeros() + 1).device is first
    with ox.default_device("reference:1"):
        assert (zeros() + 1).device is second
        assert ox.jit(lambda x: x * 2)(zeros() + 1).device is second
    assert (zeros() + 1).device is first


def test_the_switch_chooses_the_default_device() -> None:
    with ox.config.context(device="reference:1"):
        assert zeros().device is ox.devices("reference")[1]


def test_a_default_device_is_one_of_its_thread() -> None:
    seen: list[Any] = []
    with ox.default_device("reference:1"):
        thread = threading.Thread(target=lambda: seen.append(zeros().device))
        thread.start()
        thread.join()
    assert seen == [default_device()]


def test_results_stay_where_their_operands_are() -> None:
    second = ox.devices()[1]
    x = ox.device_put(from_numpy(np.ones(3, np.float32)), second)
    assert sin(x * 2.0).device is second
    assert ox.grad(lambda x: reduce_sum(sin(x), (0,)))(x).device is second
    assert ox.vmap(sin)(x).device is second
    carry, ys = ox.lax.scan(lambda c, t: (c + t, c), 0.0, x)
    assert carry.device is second
    assert ys.device is second


def test_device_put_takes_pytrees_numbers_and_numpy_arrays() -> None:
    moved = ox.device_put({"a": 1.0, "b": [np.ones(2)]}, "reference:1")
    assert {str(x.device) for x in ox.tree.leaves(moved)} == {"reference:1"}
    assert moved["b"][0].dtype == np.float32


def test_devices_do_not_mix() -> None:
    x = from_numpy(np.ones(3, np.float32))
    y = ox.device_put(x, "reference:1")
    both = rf"{x.device} and reference:1(.|\n)*device_put"
    for mixed in (lambda: x + y, lambda: ox.jit(lambda x, y: x + y)(x, y)):
        with pytest.raises(DeviceError, match=both):
            mixed()


@pytest.mark.parametrize(
    ("name", "text"),
    [("gpu", "no backend is called 'gpu'"), ("reference:7", "there is no device 'reference:7'")],
)
def test_unknown_devices(name: str, text: str) -> None:
    with pytest.raises(DeviceError, match=text):
        ox.device_put(1.0, name)


def test_what_a_block_makes_lives_where_the_block_says() -> None:
    """Also what is only recorded there, and looked at outside."""
    first, second = default_device(), ox.devices("reference")[1]
    with ox.default_device("reference:1"):
        inside = [ox.numpy.ones(3), ox.numpy.arange(3) + 1, ox.random.key(0)]
    outside = ox.numpy.ones(3) + 1
    assert [x.device for x in inside] == [second] * 3
    with ox.default_device("reference:1"):
        assert outside.device is second  # made of numbers alone, it goes where it is used
    assert [x.device for x in inside] == [second] * 3
    assert (inside[0] + 1).device is second
    assert (ox.numpy.ones(3) + 1).device is first


def test_what_a_program_closes_over_follows_its_arguments() -> None:
    outer = ox.device_put(ox.numpy.arange(3.0), "reference:0")
    f = ox.jit(lambda x: x * outer + ox.array(np.ones(3, np.float32)))
    for device in ox.devices():
        x = ox.device_put(ox.numpy.ones(3), device)
        assert f(x).device is device
        assert f(x).tolist() == [1, 2, 3]
    assert f.traces == 1
    assert ox.jit(lambda: outer + 1)().device is outer.device
    assert ox.jit(lambda x: outer + x)(1.0).device is outer.device
