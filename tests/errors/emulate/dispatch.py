"""Refusals of oxmlx.emulate.dispatch."""

from unittest.mock import patch

from raise_coverage import Refusal

from oxmlx.emulate import Device, EmulationError, FaultError, HazardError, mode
from oxmlx.emulate.compiler import runtime
from oxmlx.emulate.dispatch import Job
from oxmlx.emulate.modes import Mode

TEXT = """
[[max_total_threads_per_threadgroup(32)]]
kernel void twice(device float* x [[buffer(0)]], uint i [[thread_position_in_grid]]) {
  x[i] *= 2;
}
"""


def small_buffer() -> None:
    device = Device()
    token = mode(instrumented=True)
    token.__enter__()
    try:
        device.kernel(TEXT).function("twice")(32, device.buffer(4))
    finally:
        token.__exit__(Exception)


def touched() -> None:
    device = Device()
    buffer = device.buffer(128)
    kernel = device.kernel(TEXT).function("twice").compiled(Mode())
    job = Job(kernel, (buffer,), 1, 32, Mode())
    job.queue()
    memoryview(buffer)[0] = 1
    job.finish()


def no_addresses() -> None:
    device = Device()
    with patch.object(runtime(), "dispatch", lambda *_: -1):
        device.kernel(TEXT).function("twice")(32, device.buffer(128))


REFUSALS = [
    Refusal(
        "access beyond a buffer",
        small_buffer,
        FaultError,
        "twice: line 4: write outside of bounds: 4 bytes, buffer 0 at byte 4, by thread 1",
    ),
    Refusal(
        "use before the run is over",
        touched,
        HazardError,
        "twice: the host used buffer(0) before the run was over",
    ),
    Refusal("no addresses", no_addresses, EmulationError, "wants 1 TB of addresses"),
]
