"""metalcompute's device, where an NVIDIA GPU is one."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from oxmlx.emulate import device
from oxmlx.emulate.clang import Build
from oxmlx.emulate.cuda.buffer import Buffer
from oxmlx.emulate.cuda.chip import chip, count
from oxmlx.emulate.cuda.compiler import CompiledKernel, kernels_of
from oxmlx.emulate.cuda.dispatch import Job
from oxmlx.emulate.cuda.nvrtc import nvrtc
from oxmlx.emulate.device import DeviceInfo
from oxmlx.emulate.modes import Mode

WORKING_SET = 8 << 30
"""Bytes: buffers are memory of the host, of which this much may stay where it is."""


def get_devices() -> tuple[DeviceInfo, ...]:
    """The GPUs there are.

    Raises:
        DeviceMissing: there is no driver, or no GPU.
        CompilerMissing: there is no NVRTC.
    """
    names = [chip(number).name for number in range(count())]
    nvrtc()
    return tuple(DeviceInfo(name, WORKING_SET, 0, False) for name in names)


class Device(device.Device):
    """A GPU that compiles kernels and shares buffers with the host, as metalcompute.Device.

    Raises:
        DeviceMissing: there is no driver, or no GPU.
        EmulationError: there is none of that number.
    """

    def __init__(self, index: int = -1) -> None:
        self.chip = chip(max(index, 0))
        self.name = self.chip.name
        self.queue: deque[device.Job] = deque()

    def buffer(self, x: Any) -> Buffer:
        """So many zero bytes that both see, or a copy of what exports bytes."""
        return Buffer.of(self, x)

    def compiled(self, text: str, build: Build) -> Mapping[str, CompiledKernel]:
        """The kernels of a text, by name; one that is instrumented is as any other."""
        return kernels_of(self.chip, text, build.fast_math)

    def job(
        self, kernel: Any, buffers: tuple[Any, ...], groups: int, threads: int, mode: Mode
    ) -> Job:
        """A run of a kernel that `compiled` gave; the GPU orders its threads as it likes."""
        return Job(self.chip, kernel, buffers, groups, threads)
