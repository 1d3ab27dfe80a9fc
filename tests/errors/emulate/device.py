"""Refusals of oxmlx.emulate.device."""

from typing import Any

from raise_coverage import Refusal

from oxmlx.emulate import Device, EmulationError, HazardError
from oxmlx.errors import ArgumentError

TEXT = """
[[max_total_threads_per_threadgroup(64)]]
kernel void add(device const float* x [[buffer(0)]], device float* y [[buffer(1)]],
                uint i [[thread_position_in_threadgroup]]) {
  threadgroup float a[64];
  a[i] = x[i];
  y[i] += a[i];
}
"""
X = bytes(256)


def function(*replaced: str) -> Any:
    return Device().kernel(TEXT.replace(*replaced) if replaced else TEXT).function("add")


def call(*arguments: Any) -> None:
    device = Device()
    device.kernel(TEXT).function("add")(
        *(device.buffer(256) if x == "buffer" else x for x in arguments)
    )


REFUSALS = [
    Refusal("no such device", lambda: Device(7), EmulationError, "Device not found"),
    Refusal("no text", lambda: Device().kernel("\0"), ArgumentError, "without NUL characters"),
    Refusal(
        "no such function",
        lambda: Device().kernel(TEXT).function("sub"),
        EmulationError,
        "Function not found: sub",
    ),
    Refusal(
        "16 threads",
        lambda: function("group(64)", "group(16)"),
        HazardError,
        "add: max_total_threads_per_threadgroup(16), not 32 to 1024",
    ),
    Refusal(
        "too much threadgroup memory",
        lambda: function("a[64]", "a[9000]"),
        HazardError,
        "36000 bytes of threadgroup memory, of 32768",
    ),
    Refusal(
        "buffer 31",
        lambda: function("buffer(1)", "buffer(30 + 1)"),
        HazardError,
        "buffer(31), and there are 0 to 30",
    ),
    Refusal("no buffers", lambda: call(64), EmulationError, "Buffer not found"),
    Refusal(
        "no count",
        lambda: call("x", X, "buffer"),
        EmulationError,
        "First argument should be an integer kernel count",
    ),
    Refusal(
        "count of 0",
        lambda: call(0, X, "buffer"),
        HazardError,
        "a count of 0\n  Dispatch at least one thread.",
    ),
    Refusal(
        "32 buffers", lambda: call(64, *["buffer"] * 32), HazardError, "32 buffers, of at most 31"
    ),
    Refusal("unbound", lambda: call(64, X), HazardError, "buffer(1) is not bound: 1 buffers"),
    Refusal(
        "output that is no buffer",
        lambda: call(64, X, bytearray(256)),
        HazardError,
        "buffer(1) is written, and given a bytearray",
    ),
    Refusal(
        "of another device",
        lambda: call(64, X, Device().buffer(256)),
        HazardError,
        "buffer(1) is of another device",
    ),
    Refusal(
        "smaller than an element",
        lambda: call(64, b"x", "buffer"),
        HazardError,
        "buffer(0) has 1 bytes, its element 4",
    ),
]
