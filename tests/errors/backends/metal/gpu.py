"""Refusals of oxmlx.backends.metal.gpu."""

import numpy as np
from fake_metal import Metal
from raise_coverage import Refusal

from oxmlx.backends.metal.gpu import FLAGS, Gpu
from oxmlx.errors import (
    CheckError,
    CompileError,
    DeviceError,
    EvaluationError,
    OutOfMemoryError,
)

TEXT = "[[max_total_threads_per_threadgroup(256)]]\nkernel void f(uint* done [[buffer(0)]]) {}"


def lost():
    gpu = Gpu(Metal())
    gpu.device.lost = 1
    gpu.launch(gpu.function(TEXT, "f"), 2, 256, [])


def failing():
    gpu = Gpu(Metal())

    def function(count, *buffers):
        raise gpu.metal.error("Cannot create pipeline state")

    gpu.launch(function, 2, 256, [])


def absent():
    metal = Metal()

    def device():
        raise metal.error("No default device")

    metal.Device = device
    Gpu(metal)


def forked():
    gpu = Gpu(Metal())
    gpu.pid = 1
    gpu.function(TEXT, "f")


REFUSALS = [
    Refusal(
        "no default device",
        absent,
        DeviceError,
        "metal: cannot be opened: No default device\n  Choose another device.",
    ),
    Refusal(
        "a process that was forked",
        forked,
        DeviceError,
        'metal: was opened by process 1, of which this one is a fork\n  Start processes by "spawn"',
    ),
    Refusal(
        "a result elsewhere",
        lambda: Gpu(Metal()).own(np.zeros(3)),
        CheckError,
        "metal: a result is to lie in an array that is not of this device",
    ),
    Refusal(
        "too large an array",
        lambda: Gpu(Metal(5 * FLAGS)).empty((FLAGS,), np.dtype(np.float32)),
        OutOfMemoryError,
        "metal: there is no memory for 262,144 bytes; 1 buffers are in use\n  Drop arrays",
    ),
    Refusal(
        "a text that is none",
        lambda: Gpu(Metal()).function(f"refused {TEXT}", "f"),
        CompileError,
        "metal: refuses f: program_source:1:1: error: refused",
    ),
    Refusal(
        "a run that did not finish",
        lost,
        EvaluationError,
        "metal: 1 of 2 threadgroups did not finish\n  The device ran out of memory or time",
    ),
    Refusal(
        "a run that cannot start",
        failing,
        EvaluationError,
        "metal: refuses to run a kernel: Cannot create pipeline state",
    ),
]
