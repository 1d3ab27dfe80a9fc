"""Refusals of oxmlx.emulate.cuda.dispatch."""

import numpy as np
from fake_cuda import FAULT, Library, stand_in
from raise_coverage import Refusal

from oxmlx.emulate import FaultError

TEXT = "kernel void clear(device float* x [[buffer(0)]]) { x[0] = 0; }"


def fault() -> None:
    with stand_in(Library(cuCtxSynchronize=FAULT)) as device:
        device.kernel(TEXT).function("clear")(64, device.buffer(np.ones(4, "f4")))


REFUSALS = [
    Refusal(
        "an access out of bounds",
        fault,
        FaultError,
        "clear: the GPU stopped, for this process for good: cuCtxSynchronize fails: "
        "cuGetErrorName(700), cuGetErrorString(700)\n  OXMLX_METAL=emulate and "
        "oxmlx.emulate.mode(instrumented=True) tell the line",
    ),
]
