"""Queued runs: they are over when their handle dies, and not before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import oxmlx.emulate as metalcompute
from oxmlx.emulate import FaultError, HazardError

pytestmark = pytest.mark.clang

TEXT = """
[[max_total_threads_per_threadgroup(32)]]
kernel void twice(device const float* x [[buffer(0)]], device float* y [[buffer(1)]],
                  uint i [[thread_position_in_grid]]) { y[i] = 2.0 * x[i]; }
"""
N = 32


@pytest.fixture
def device() -> metalcompute.Device:
    return metalcompute.Device()


@pytest.fixture(autouse=True)
def lazy() -> Iterator[None]:
    with metalcompute.mode(lazy=True):
        yield


def twice(device: metalcompute.Device) -> Any:
    return device.kernel(TEXT).function("twice")


def test_without_a_handle_it_runs_at_once(device: metalcompute.Device) -> None:
    y = device.buffer(4 * N)
    twice(device)(N, np.ones(N, "float32"), y)
    assert np.frombuffer(y, "float32").tolist() == [2] * N


def test_with_a_handle_it_waits(device: metalcompute.Device) -> None:
    x, y, z = (device.buffer(np.full(N, 3, "float32")) for _ in range(3))
    function = twice(device)
    first, second = function(N, x, y), function(N, y, z)
    assert len(device.queue) == 2
    del first
    assert len(device.queue) == 1
    del second
    assert np.frombuffer(z, "float32").tolist() == [12] * N


def test_a_later_handle_waits_for_those_before(device: metalcompute.Device) -> None:
    x, y, z = (device.buffer(np.full(N, 3, "float32")) for _ in range(3))
    function = twice(device)
    runs = [function(N, x, y), function(N, y, z)]
    runs.pop()
    assert not device.queue
    assert np.frombuffer(z, "float32").tolist() == [12] * N


@pytest.mark.parametrize("use", ["read a result", "write a result", "write an operand"])
def test_the_host_must_wait(device: metalcompute.Device, use: str) -> None:
    x, y = device.buffer(4 * N), device.buffer(4 * N)
    views = {"result": np.frombuffer(y, "float32"), "operand": np.frombuffer(x, "float32")}
    run = twice(device)(N, x, y)
    values = views[use.split()[-1]]
    if use.startswith("read"):
        assert values.sum() == 0
    else:
        values[0] = 1
    del run
    with pytest.raises(HazardError, match=r"the host used buffer\([01]\) before the run was over"):
        metalcompute.check()
    values[0] = 2  # and now it may
    metalcompute.check()


def test_an_operand_may_be_read(device: metalcompute.Device) -> None:
    x, y = device.buffer(np.ones(N, "float32")), device.buffer(4 * N)
    run = twice(device)(N, x, y)
    assert np.frombuffer(x, "float32").sum() == N
    del run
    metalcompute.check()


def test_a_buffer_is_guarded_until_the_last_run(device: metalcompute.Device) -> None:
    x, y, z = (device.buffer(4 * N) for _ in range(3))
    function = twice(device)
    first, second = function(N, x, y), function(N, y, z)
    del first
    assert np.frombuffer(y, "float32").sum() == 0  # the second only reads it
    np.frombuffer(y, "float32")[0] = 1
    del second
    with pytest.raises(HazardError, match=r"buffer\(0\)"):
        metalcompute.check()


BEYOND = TEXT.replace("y[i] =", "y[i + 4096] =")


def test_the_error_of_a_run_comes_with_the_next_call(device: metalcompute.Device) -> None:
    y = device.buffer(4 * N)
    run = device.kernel(BEYOND).function("twice")(N, bytes(4 * N), y)
    del run
    with pytest.raises(FaultError, match="buffer 1"):
        twice(device)(N, bytes(4 * N), y)
    twice(device)(N, bytes(4 * N), y)


def test_or_at_the_end_of_the_mode(device: metalcompute.Device) -> None:
    y = device.buffer(4 * N)
    with pytest.raises(FaultError, match="buffer 1"), metalcompute.mode(seed=1):
        device.kernel(BEYOND).function("twice")(N, bytes(4 * N), y)


def test_a_run_that_does_not_wait_runs_what_does(device: metalcompute.Device) -> None:
    x, y, z = (device.buffer(np.full(N, 3, "float32")) for _ in range(3))
    function = twice(device)
    run = function(N, x, y)
    with metalcompute.mode(lazy=False):
        function(N, y, z)
    assert np.frombuffer(z, "float32").tolist() == [12] * N
    assert run.job not in device.queue
