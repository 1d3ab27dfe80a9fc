"""Memory that the host and an NVIDIA GPU share: the host's, whose pages stay where they are."""

from __future__ import annotations

from ctypes import byref, c_ulong
from typing import Any
from weakref import finalize

from oxmlx.emulate import buffer
from oxmlx.emulate.cuda.chip import Chip
from oxmlx.emulate.errors import EmulationError

MAPPED = 2  # a flag of cuMemHostRegister: the GPU sees it, too


class Buffer(buffer.Buffer):
    """Bytes that both see: not fast, but never stale."""

    on_device: int
    """Where the GPU sees them."""

    @classmethod
    def of(cls, device: Any, x: Any) -> Buffer:
        """A buffer of so many zero bytes, or with a copy of what exports bytes.

        Raises:
            EmulationError: it is neither, or not contiguous, or there is no memory for it.
            HazardError: it is empty.
        """
        self, chip = super().of(device, x), device.chip
        assert isinstance(self, Buffer)
        chip.enter()
        try:
            chip.driver("cuMemHostRegister_v2", self.address, self.bytes, MAPPED)
        except EmulationError as error:
            problem = f"Could not make buffer of {self.bytes:,} bytes: {error.problem}"
            raise EmulationError("Device.buffer", problem) from None
        place = c_ulong()
        chip.driver("cuMemHostGetDevicePointer_v2", byref(place), self.address, 0)
        self.on_device = place.value
        finalize(self, unregister, chip, self.address).atexit = False  # then all memory goes
        return self


def unregister(chip: Chip, address: int) -> None:
    """Let pages of the host's be moved again."""
    functions = chip.driver.functions  # where the GPU has stopped they fail, and that was told
    functions["cuCtxSetCurrent"](chip.context)
    functions["cuMemHostUnregister"](address)
