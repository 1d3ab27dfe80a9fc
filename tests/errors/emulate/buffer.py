"""Refusals of oxmlx.emulate.buffer."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.emulate import Device, EmulationError, HazardError

REFUSALS = [
    Refusal(
        "strided",
        lambda: Device().buffer(np.zeros((2, 3)).T),
        EmulationError,
        "Unsupported input format",
    ),
    Refusal(
        "no bytes", lambda: Device().buffer("text"), EmulationError, "Unsupported input format"
    ),
    Refusal(
        "empty",
        lambda: Device().buffer(b""),
        HazardError,
        "Could not make buffer of 0 bytes\n  Empty arrays never go to the device.",
    ),
    Refusal(
        "no memory",
        lambda: Device().buffer(1 << 60),
        EmulationError,
        "no memory for 1,152,921,504,606,846,976 bytes",
    ),
    Refusal(
        "what an mmap has",
        lambda: Device().buffer(8).close(),
        AttributeError,
        "'metalcompute.Buffer' object has no attribute 'close'",
    ),
]
