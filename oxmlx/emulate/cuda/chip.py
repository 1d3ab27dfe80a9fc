"""A GPU of NVIDIA's: what it is, and its context, in which all calls are made."""

from __future__ import annotations

import ctypes
from ctypes import byref, c_int, c_void_p
from functools import cache

from oxmlx.emulate.cuda.driver import driver
from oxmlx.emulate.errors import EmulationError

MAJOR, MINOR = 75, 76  # attributes of a device: its compute capability


class Chip:
    """A GPU by number."""

    def __init__(self, number: int) -> None:
        self.driver = driver()
        device, self.context = c_int(), c_void_p()
        self.driver("cuDeviceGet", byref(device), number)
        self.driver("cuDevicePrimaryCtxRetain", byref(self.context), device)
        name = ctypes.create_string_buffer(256)
        self.driver("cuDeviceGetName", name, len(name), device)
        self.name = name.value.decode()
        self.capability = 10 * self.attribute(MAJOR, device) + self.attribute(MINOR, device)

    def attribute(self, which: int, device: c_int) -> int:
        """A fact about the device."""
        value = c_int()
        self.driver("cuDeviceGetAttribute", byref(value), which, device)
        return value.value

    def enter(self) -> None:
        """Make its context that of this thread."""
        self.driver("cuCtxSetCurrent", self.context)


def count() -> int:
    """How many GPUs there are."""
    found = c_int()
    driver()("cuDeviceGetCount", byref(found))
    return found.value


@cache
def chip(number: int) -> Chip:
    """A GPU, opened once.

    Raises:
        DeviceMissing: there is no driver, or no GPU at all.
        EmulationError: there is none of that number.
    """
    if not 0 <= number < count():
        raise EmulationError("metalcompute", "Device not found")
    return Chip(number)
