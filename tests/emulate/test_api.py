"""What metalcompute 0.2.9 does is done here, and what it does wrong is an error here."""

from __future__ import annotations

import gc
from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from emulate.programs import text

import oxmlx.emulate as metalcompute
from oxmlx.emulate import EmulationError, HazardError, TextError
from oxmlx.errors import CompileError, OxmlxError

pytestmark = pytest.mark.clang

ADD = """
#include <metal_stdlib>
using namespace metal;
[[max_total_threads_per_threadgroup(64)]]
kernel void add(device const float* x [[buffer(0)]], device float* y [[buffer(1)]],
                uint i [[thread_position_in_grid]], uint n [[threads_per_grid]]) {
  y[i] += x[i];
  if (i == 0) y[0] = n;
}
"""
FREE = ADD.replace("[[max_total_threads_per_threadgroup(64)]]", "")


@pytest.fixture
def device() -> metalcompute.Device:
    return metalcompute.Device()


def add(device: metalcompute.Device, source: str = ADD) -> Any:
    return device.kernel(source).function("add")


def test_names_of_the_module() -> None:
    assert {"Device", "get_devices", "error"} <= set(dir(metalcompute))
    assert issubclass(metalcompute.error, Exception)
    (info,) = metalcompute.get_devices()
    assert info._fields == (
        *("deviceName", "recommendedWorkingSetSize", "maxTransferRate", "hasUnifiedMemory"),
    )


def test_objects_say_what_they_are(device: metalcompute.Device) -> None:
    kernel = device.kernel(ADD)
    buffer = device.buffer(256)
    run = kernel.function("add")(1, bytes(256), buffer)
    assert str(device).startswith("metalcompute.Device(")
    assert [str(x) for x in (kernel, kernel.function("add"), run)] == [
        *("metalcompute.Kernel", "metalcompute.Function", "metalcompute.Run"),
    ]
    assert str(buffer) == "metalcompute.Buffer(length=256)"


def test_whole_groups_run(device: metalcompute.Device) -> None:
    y = device.buffer(256)
    add(device)(3, np.ones(64, "float32"), y)
    assert np.frombuffer(y, "float32").tolist() == [64] + [1] * 63


@pytest.mark.parametrize(
    ("source", "threads"), [(ADD, 64), (ADD.replace("64", "100"), 96), (FREE, 1024)]
)
def test_a_group_is_as_large_as_it_may_be(
    device: metalcompute.Device, source: str, threads: int
) -> None:
    y = device.buffer(4 * 1024)
    add(device, source)(2, bytes(4 * 1024), y)
    assert np.frombuffer(y, "float32")[0] == threads


def test_a_count_may_be_a_float(device: metalcompute.Device) -> None:
    y = device.buffer(4 * 128)
    add(device)(64.9, bytes(512), y)
    assert np.frombuffer(y, "float32")[0] == 64


def test_a_buffer_is_zero_or_a_copy(device: metalcompute.Device) -> None:
    assert not any(bytes(memoryview(device.buffer(100))))
    x = array("i", [1, 2, 3])
    buffer = device.buffer(x)
    x[0] = 9
    assert memoryview(buffer).cast("i").tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    "x", [np.zeros((2, 3), "float16"), np.zeros(4, "complex64"), b"bytes", np.array(7)]
)
def test_a_buffer_takes_whatever_exports_bytes(device: metalcompute.Device, x: Any) -> None:
    assert memoryview(device.buffer(x)).nbytes == memoryview(x).nbytes


def test_the_size_of_a_number_of_numpy_is_that_of_the_number(device: metalcompute.Device) -> None:
    assert memoryview(device.buffer(np.int64(4096))).nbytes == 8


def test_views_are_the_memory(device: metalcompute.Device) -> None:
    y = device.buffer(256)
    view = memoryview(y)
    assert (view.format, view.ndim, view.readonly, view.nbytes) == ("B", 1, False, 256)
    values = np.frombuffer(y, "float32")
    values[5] = 2
    add(device)(64, np.ones(64, "float32"), y)
    assert values[5] == 3


def test_a_view_keeps_the_buffer() -> None:
    values = np.frombuffer(metalcompute.Device().buffer(b"\7" * 40), "uint8")
    gc.collect()
    assert values.tolist() == [7] * 40


@pytest.mark.parametrize(
    "use", [len, iter, lambda b: b[0], lambda b: b.close(), lambda b: b.read(), lambda b: b.size()]
)
def test_a_buffer_can_nothing_else(
    device: metalcompute.Device, use: Callable[[Any], object]
) -> None:
    with pytest.raises((TypeError, AttributeError)):
        use(device.buffer(8))
    assert device.buffer(8)


def test_one_buffer_may_be_bound_twice(device: metalcompute.Device) -> None:
    y = device.buffer(np.arange(64, dtype="float32"))
    add(device)(64, y, y)
    assert np.frombuffer(y, "float32")[1:].tolist() == [2 * k for k in range(1, 64)]


def test_operands_are_copied_at_the_call(device: metalcompute.Device) -> None:
    x, y = np.ones(64, "float32"), device.buffer(256)
    with metalcompute.mode(lazy=True):
        run = add(device)(64, x, y)
        x[:] = 5
        del run
    assert np.frombuffer(y, "float32")[1] == 1


HAZARDS: dict[str, tuple[Callable[[metalcompute.Device, Any], object], type[Exception], str]] = {
    "numpy array as output": (
        lambda d, f: f(64, bytes(256), np.zeros(64, "float32")),
        *(HazardError, "buffer(1) is written, and given a ndarray"),
    ),
    "unbound": (lambda d, f: f(64, bytes(256)), HazardError, "buffer(1) is not bound"),
    "no buffers": (lambda d, f: f(64), EmulationError, "Buffer not found"),
    "no count": (lambda d, f: f("x", bytes(4)), EmulationError, "an integer kernel count"),
    "count of 0": (lambda d, f: f(0, bytes(256), d.buffer(256)), HazardError, "a count of 0"),
    "count below 0": (lambda d, f: f(-3, bytes(4), d.buffer(4)), HazardError, "a count of -3"),
    "32 buffers": (
        lambda d, f: f(64, *[d.buffer(256)] * 32),
        *(HazardError, "32 buffers, of at most 31"),
    ),
    "empty buffer": (lambda d, f: d.buffer(0), HazardError, "Could not make buffer of 0"),
    "empty array": (lambda d, f: d.buffer(np.zeros(0)), HazardError, "buffer of 0 bytes"),
    "no bytes": (lambda d, f: d.buffer("text"), EmulationError, "Unsupported input format"),
    "strided": (lambda d, f: d.buffer(np.zeros((4, 4)).T), EmulationError, "Unsupported input"),
    "of another device": (
        lambda d, f: f(64, bytes(256), metalcompute.Device().buffer(256)),
        *(HazardError, "buffer(1) is of another device"),
    ),
    "no such function": (
        lambda d, f: d.kernel(ADD).function("sub"),
        *(EmulationError, "Function not found"),
    ),
    "no such device": (lambda d, f: metalcompute.Device(7), EmulationError, "Device not found"),
    "no text": (lambda d, f: d.kernel(b"kernel"), OxmlxError, "wants a str"),
    "NUL in the text": (lambda d, f: d.kernel("\0"), OxmlxError, "without NUL"),
    "syntax": (lambda d, f: d.kernel("invalid_program"), TextError, "program_source:1:"),
    "16 threads": (
        lambda d, f: add(d, ADD.replace("64", "16")),
        *(HazardError, "max_total_threads_per_threadgroup(16), not 32 to 1024"),
    ),
    "2048 threads": (
        lambda d, f: add(d, ADD.replace("64", "2048")),
        *(HazardError, "max_total_threads_per_threadgroup(2048)"),
    ),
    "buffer(31)": (
        lambda d, f: add(d, ADD.replace("buffer(0)", "buffer(31)")),
        *(TextError, "buffers 0 to 30"),
    ),
    "buffer(31), by a name": (
        lambda d, f: add(d, "#define X 31\n" + ADD.replace("buffer(0)", "buffer(X)")),
        *(HazardError, "buffer(31), and there are 0 to 30"),
    ),
    "36 KB of threadgroup memory": (
        lambda d, f: d.kernel(text("softmax").replace("[32]", "[9000]")).function("softmax"),
        *(HazardError, "36000 bytes of threadgroup memory, of 32768"),
    ),
    "smaller than an element": (
        lambda d, f: f(64, bytes(2), d.buffer(256)),
        *(HazardError, "buffer(0) has 2 bytes, its element 4"),
    ),
}


@pytest.mark.parametrize(("call", "error", "words"), HAZARDS.values(), ids=HAZARDS.keys())
def test_a_hazard_is_an_error(
    device: metalcompute.Device,
    call: Callable[[metalcompute.Device, Any], object],
    error: type[Exception],
    words: str,
) -> None:
    with pytest.raises(error) as caught:
        call(device, add(device))
    assert words in str(caught.value)
    assert isinstance(caught.value, OxmlxError)


def test_an_error_of_the_compiler_is_one_of_ours() -> None:
    with pytest.raises(CompileError):
        metalcompute.Device().kernel("kernel void f() { return 1; }")


def test_threadgroup_memory_is_counted_by_kernel(device: metalcompute.Device) -> None:
    """Two of 20 KB in one text are fine."""
    body = "threadgroup float a[5000]; a[i] = i; x[i] = a[i];"
    source = "".join(
        f"kernel void {name}(device float* x [[buffer(0)]], "
        f"uint i [[thread_position_in_threadgroup]]) {{ {body} }}\n"
        for name in ("one", "two")
    )
    for name in ("one", "two"):
        x = device.buffer(4096)
        device.kernel(source).function(name)(1024, x)
        assert np.frombuffer(x, "float32")[-1] == 1023
