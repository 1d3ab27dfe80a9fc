"""A stand-in for metalcompute that watches its caller: every hazard of the real one is an error."""

from __future__ import annotations

import re
from collections.abc import Callable
from threading import get_ident
from types import SimpleNamespace
from typing import Any
from weakref import finalize

import numpy as np


class Misuse(AssertionError):
    """What would hang, corrupt or end the process with the real library."""


class Buffer(bytearray):
    """Memory of one device."""

    def __init__(self, device: Device, size: int) -> None:
        super().__init__(size)
        self.device = device


class Run:
    """A run that is waited for when its handle dies."""

    def __init__(self, device: Device, work: Callable[[], None]) -> None:
        self.device, self.work = device, work

    def __del__(self) -> None:
        self.work()
        self.device.running = None


class Function:
    def __init__(self, device: Device, threads: int, arguments: int) -> None:
        self.device, self.threads, self.arguments = device, threads, arguments

    def __call__(self, count: int, *buffers: Any) -> Run:
        device = self.device
        if device.running is not None:
            raise Misuse(f"thread {get_ident()} starts a run while one of {device.running} goes on")
        if type(count) is not int or count <= 0 or count % self.threads:
            raise Misuse(f"{count!r} threads in groups of {self.threads}")
        if len(buffers) > 31 or len(buffers) != self.arguments:
            raise Misuse(f"{len(buffers)} buffers for {self.arguments} arguments")
        if any(type(b) is not Buffer or b.device is not device for b in buffers):
            raise Misuse("an argument is no buffer of this device")
        device.running = get_ident()
        *_, last = buffers
        groups = count // self.threads
        device.calls += 1

        def work() -> None:
            device.during()
            np.frombuffer(last, np.uint32)[: groups - device.lost] = groups

        return Run(device, work)


class Device:
    """A device with so many bytes, some of whose threadgroups may get lost."""

    def __init__(self, metal: Metal) -> None:
        self.metal, self.running, self.lost, self.calls = metal, None, 0, 0
        self.used = 0
        self.during: Callable[[], None] = lambda: None

    def buffer(self, size: Any) -> Buffer:
        if type(size) is not int or size <= 0:
            raise Misuse(f"a buffer of {size!r} bytes")
        if self.used + size > self.metal.capacity:
            raise self.metal.error("Could not make buffer")
        self.used += size
        made = Buffer(self, size)
        finalize(made, self.release, size)
        return made

    def release(self, size: int) -> None:
        self.used -= size

    def kernel(self, text: str) -> Any:
        if type(text) is not str or "\0" in text:
            raise Misuse("a text with a NUL")
        limit = re.search(r"\[\[max_total_threads_per_threadgroup\((\d+)\)\]\]\nkernel void", text)
        threads = int(limit[1]) if limit else 0
        if not 32 <= threads <= 1024 or threads % 32:
            raise Misuse("a kernel that does not say its threads: 32, 64, ... 1024")
        if "refused" in text:
            raise self.metal.error("program_source:1:1: error: refused")
        arguments = len(re.findall(r"\[\[buffer\(\d+\)\]\]", text))
        return SimpleNamespace(function=lambda name: Function(self, threads, arguments))


class Metal:
    """The module."""

    def __init__(self, capacity: int = 1 << 30) -> None:
        self.capacity, self.error = capacity, type("error", (Exception,), {})

    def get_devices(self) -> Any:
        return (SimpleNamespace(deviceName="Fake GPU", recommendedWorkingSetSize=self.capacity),)

    def Device(self) -> Device:
        return Device(self)
