"""A stand-in for an NVIDIA GPU: its memory is the host's, and a launch is only written down."""

from __future__ import annotations

import ctypes
from collections.abc import Generator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest.mock import patch

import oxmlx.emulate.cuda as metalcompute
from oxmlx.config import config
from oxmlx.emulate.cuda.chip import Chip
from oxmlx.emulate.cuda.driver import SIGNATURES, Driver

FAULT = 700
COUNTS = {75: 9, 76: 0}  # its compute capability


class Launch(NamedTuple):
    """A launch: of what, by how many groups and threads, and on which addresses."""

    function: int
    groups: int
    threads: int
    places: tuple[int, ...]


class Library:
    """libcuda, as far as it is called.

    Args:
        table: what the kernel that is loaded says of itself: its limit, and three numbers a buffer.
        failing: functions that fail, and their errors.
    """

    def __init__(self, table: tuple[int, ...] = (64, 0, 4, 1), **failing: int) -> None:
        self.table, self.failing = (ctypes.c_uint * len(table))(*table), failing
        self.launches: list[Launch] = []
        self.registered: dict[int, int] = {}
        self.milliseconds = 2.0
        for name in SIGNATURES:
            setattr(self, name, Function(self, name))

    def call(self, name: str, *given: Any) -> None:
        """Do what a function does, to what its arguments point to."""
        out: Any = getattr(given[0], "_obj", None) if given else None
        match name:
            case "cuGetErrorName" | "cuGetErrorString":
                given[1]._obj.value = f"{name}({given[0]})".encode()
            case "cuDeviceGetCount":
                out.value = 1
            case "cuDeviceGetName":
                given[0].value = b"a stand-in"
            case "cuDeviceGetAttribute":
                out.value = COUNTS[given[1]]
            case "cuModuleGetFunction":
                out.value = 7
            case "cuFuncGetAttribute":
                out.value = 0
            case "cuModuleGetGlobal_v2":
                out.value = ctypes.addressof(self.table)
                given[1]._obj.value = ctypes.sizeof(self.table)
            case "cuMemcpyDtoH_v2":
                ctypes.memmove(given[0], given[1].value, given[2].value)
            case "cuMemHostRegister_v2":
                self.registered[given[0]] = given[1]
            case "cuMemHostUnregister":
                del self.registered[given[0]]
            case "cuMemHostGetDevicePointer_v2":
                out.value = given[1] + 1  # not where the host sees it
            case "cuMemAlloc_v2":
                out.value = 1 << 20
            case "cuEventElapsedTime":
                out.value = self.milliseconds
            case "cuLaunchKernel":
                function, groups, _, _, threads, *_, arguments, _ = given
                places = (ctypes.c_ulong.from_address(a).value for a in arguments)
                self.launches.append(Launch(function.value, groups, threads, tuple(places)))
            case _:
                pass


class Function:
    """A function of the library."""

    def __init__(self, library: Library, name: str) -> None:
        self.library, self.name = library, name

    def __call__(self, *given: Any) -> int:
        code = self.library.failing.get(self.name, 0)
        if not code:
            self.library.call(self.name, *given)
        return code


@contextmanager
def stand_in(library: Library) -> Generator[Any]:
    """A device of a library, as long as the `with` block."""
    nvrtc = SimpleNamespace(version="0", compile=lambda *_: b"machine code")
    with (
        config.context(cache="off"),
        patch("oxmlx.emulate.cuda.chip.driver", lambda: Driver(library)),
        patch("oxmlx.emulate.cuda.device.chip", Chip),
        patch("oxmlx.emulate.cuda.timing.chip", Chip),
        patch("oxmlx.emulate.cuda.device.nvrtc", lambda: nvrtc),
        patch("oxmlx.emulate.cuda.compiler.nvrtc", lambda: nvrtc),
    ):
        yield metalcompute.Device()
