"""Run and race-check Metal compute kernels on Linux: metalcompute's API, on the CPU.

The MSL text of a kernel is compiled as C++ by clang (15 or newer: `apt install clang-16`). Threads
are fibers, barriers and simdgroup operations real ones. It is for finding errors, not for speed.

>>> from array import array
>>> import oxmlx.emulate as metalcompute
>>> device = metalcompute.Device()
>>> twice = device.kernel('''
... #include <metal_stdlib>
... [[max_total_threads_per_threadgroup(64)]]
... kernel void twice(device const float* x [[buffer(0)]], device float* y [[buffer(1)]],
...                   constant uint& n [[buffer(2)]], uint i [[thread_position_in_grid]]) {
...   if (i < n) y[i] = 2 * x[i];
... }
... ''').function("twice")
>>> y = device.buffer(3 * 4)
>>> run = twice(3, array("f", [1, 2, 3]), y, array("I", [3]))
>>> memoryview(y).cast("f").tolist()
[2.0, 4.0, 6.0]

Whatever the real metalcompute answers with a crash, a hang or a wrong result is an error here, and
`mode` runs kernels so that other errors show:

>>> with metalcompute.mode(instrumented=True):
...     twice(3, array("f", [1, 2]), y, array("I", [3]))
Traceback (most recent call last):
...
oxmlx.emulate.errors.FaultError: twice: line 6: read outside of bounds: 4 bytes, buffer 0 at \
byte 8, by thread 2 of group 0

What is found stands in the error's `findings`, each with its kind, buffer and line. `typecheck` and
`python -m oxmlx.emulate check FILE` look at a text without running it; `mutants` plants errors that
tests of a kernel should find.

`oxmlx.emulate.cuda` has the same API on an NVIDIA GPU, and checks less.

What it cannot tell: how fast a kernel is on a GPU, whether its registers suffice, what Apple's
compiler makes of fast math, and in which order one group sees what another has written.
"""

from oxmlx.emulate.compiler import prepare, typecheck
from oxmlx.emulate.device import Device, DeviceInfo, get_devices
from oxmlx.emulate.errors import (
    CompilerMissing,
    DeviceMissing,
    EmulationError,
    FaultError,
    HazardError,
    TextError,
)
from oxmlx.emulate.errors import EmulationError as error
from oxmlx.emulate.finding import Finding
from oxmlx.emulate.lint import lint
from oxmlx.emulate.modes import Mode, current_mode, mode
from oxmlx.emulate.mutate import Mutant, mutants
from oxmlx.emulate.noted import check

__all__ = [
    "CompilerMissing",
    "Device",
    "DeviceInfo",
    "DeviceMissing",
    "EmulationError",
    "FaultError",
    "Finding",
    "HazardError",
    "Mode",
    "Mutant",
    "TextError",
    "check",
    "current_mode",
    "error",
    "get_devices",
    "lint",
    "mode",
    "mutants",
    "prepare",
    "typecheck",
]
