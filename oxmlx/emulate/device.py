"""metalcompute's own objects: a device, its kernels and functions, and the handles of runs."""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from oxmlx.emulate import dispatch
from oxmlx.emulate.buffer import Buffer
from oxmlx.emulate.clang import Build
from oxmlx.emulate.compiler import kernels_of
from oxmlx.emulate.errors import EmulationError, HazardError
from oxmlx.emulate.library import Interface
from oxmlx.emulate.modes import Mode, current_mode
from oxmlx.emulate.noted import check, note
from oxmlx.errors import ArgumentError

NAME = "oxmlx emulator"
MOST_BUFFERS = 31
MOST_MEMORY = 32768  # bytes of threadgroup memory
MOST_THREADS = 1024  # of a threadgroup
WIDTH = 32  # of a simdgroup


class DeviceInfo(NamedTuple):
    """A device as `get_devices` lists it."""

    deviceName: str
    recommendedWorkingSetSize: int
    maxTransferRate: int
    hasUnifiedMemory: bool


def get_devices() -> tuple[DeviceInfo, ...]:
    """The devices there are: one.

    >>> get_devices()[0].deviceName
    'oxmlx emulator'
    """
    return (DeviceInfo(NAME, 8 << 30, 0, True),)


class Job(Protocol):
    """One run of one kernel."""

    def run(self) -> None:
        """Run it now, to its end."""
        ...

    def queue(self) -> None:
        """Have it run at any time until `finish`."""
        ...

    def finish(self) -> None:
        """Let it come to its end, after it was queued."""
        ...


class Device:
    """A device that compiles kernels and holds buffers, as metalcompute.Device.

    >>> device = Device()
    >>> double = device.kernel(
    ...     "kernel void twice(device float* x [[buffer(0)]], uint i [[thread_position_in_grid]])"
    ...     "{ x[i] *= 2.0; }").function("twice")
    >>> buffer = device.buffer(bytes(4 * 1024))
    >>> x = memoryview(buffer).cast("f")
    >>> x[3] = 21.0
    >>> double(1024, buffer)
    metalcompute.Run
    >>> x[3]
    42.0
    """

    name = NAME

    def __init__(self, index: int = -1) -> None:
        if index not in (-1, 0):
            raise EmulationError("metalcompute", "Device not found")
        self.queue: deque[Job] = deque()

    def kernel(self, program: str) -> Kernel:
        """Compile a text."""
        return Kernel(self, program)

    def buffer(self, x: Any) -> Buffer:
        """So many zero bytes on the device, or a copy of what exports bytes."""
        return Buffer.of(self, x)

    def compiled(self, text: str, build: Build) -> Mapping[str, Interface]:
        """The kernels of a text, by name."""
        return kernels_of(text, build)

    def job(
        self, kernel: Any, buffers: tuple[Buffer, ...], groups: int, threads: int, mode: Mode
    ) -> Job:
        """A run of a kernel that `compiled` gave."""
        return dispatch.Job(kernel, buffers, groups, threads, mode)

    def run_until(self, last: Job) -> None:
        """Run what is queued, in order, up to a job."""
        while last in self.queue:
            job = self.queue.popleft()
            try:
                job.finish()
            except EmulationError as error:
                note(error)

    def __str__(self) -> str:
        return f"metalcompute.Device({self.name})"


class Kernel:
    """A text that compiles, with one or more functions."""

    def __init__(self, device: Device, program: str) -> None:
        if type(program) is not str or "\0" in program:
            raise ArgumentError("Device.kernel", "wants a str without NUL characters")
        self.device, self.text = device, program
        device.compiled(program, current_mode().build)

    def function(self, name: str) -> Function:
        """A function of the text, by name."""
        return Function(self, name)

    def __str__(self) -> str:
        return "metalcompute.Kernel"


class Function:
    """A kernel function: called with a count of threads and buffers, it runs."""

    def __init__(self, kernel: Kernel, name: str) -> None:
        self.kernel, self.name = kernel, name
        compiled = self.compiled(current_mode())
        limit = compiled.limit or MOST_THREADS
        memory = sum(size for _, size in compiled.arrays)
        if not WIDTH <= limit <= MOST_THREADS:
            raise HazardError(
                name,
                f"max_total_threads_per_threadgroup({limit}), not {WIDTH} to {MOST_THREADS}",
                "metalcompute divides by zero below, and crashes above.",
            )
        if memory > MOST_MEMORY:
            raise HazardError(name, f"{memory} bytes of threadgroup memory, of {MOST_MEMORY}")
        if max(compiled.buffers, default=0) >= MOST_BUFFERS:
            raise HazardError(
                name, f"buffer({max(compiled.buffers)}), and there are 0 to {MOST_BUFFERS - 1}"
            )
        self.limit = limit

    def compiled(self, mode: Mode) -> Interface:
        """The kernel as it is compiled for a mode."""
        found = self.kernel.device.compiled(self.kernel.text, mode.build).get(self.name)
        if found is None:
            raise EmulationError("metalcompute", f"Function not found: {self.name}")
        return found

    def __call__(self, *arguments: Any) -> Run:
        check()
        mode, device = current_mode(), self.kernel.device
        if len(arguments) < 2:
            raise EmulationError("metalcompute", "Buffer not found: a function takes at least one")
        count = self.count(arguments[0])
        compiled = self.compiled(mode)
        buffers = self.buffers(compiled, arguments[1:])
        threads = min(self.limit, mode.threads_limit) // WIDTH * WIDTH
        groups = -(-count // threads)
        if mode.groups is not None:
            groups = min(groups, mode.groups)
        job = device.job(compiled, buffers, groups, threads, mode)
        if mode.lazy:
            job.queue()
            device.queue.append(job)
        else:
            if device.queue:
                device.run_until(device.queue[-1])
            job.run()
            check()
        return Run(self, job)

    def count(self, x: Any) -> int:
        """The count of threads."""
        try:
            count = int(operator.add(x, 0))  # a str would do for `int`
        except (TypeError, ValueError):
            problem = "First argument should be an integer kernel count"
            raise EmulationError("metalcompute", problem) from None
        if count <= 0:
            raise HazardError(self.name, f"a count of {count}", "Dispatch at least one thread.")
        return count

    def buffers(self, compiled: Interface, given: tuple[Any, ...]) -> tuple[Buffer, ...]:
        """The buffers to bind; copies of what is none."""
        if len(given) > MOST_BUFFERS:
            raise HazardError(self.name, f"{len(given)} buffers, of at most {MOST_BUFFERS}")
        for index, use in compiled.buffers.items():
            if index >= len(given):
                raise HazardError(
                    self.name,
                    f"buffer({index}) is not bound: {len(given)} buffers are given",
                    "metalcompute would let the kernel read whatever is there.",
                )
            x = given[index]
            if use.writable and not isinstance(x, Buffer):
                raise HazardError(
                    self.name,
                    f"buffer({index}) is written, and given a {type(x).__name__}",
                    "metalcompute would write to a copy of it: make it by Device.buffer.",
                )
            if isinstance(x, Buffer) and x.device is not self.kernel.device:
                raise HazardError(
                    self.name,
                    f"buffer({index}) is of another device",
                    "metalcompute ends the process: have one device.",
                )
        made = [x if isinstance(x, Buffer) else self.kernel.device.buffer(x) for x in given]
        for index, use in compiled.buffers.items():
            if made[index].bytes < use.bytes:
                raise HazardError(
                    self.name,
                    f"buffer({index}) has {made[index].bytes} bytes, its element {use.bytes}",
                    "A size must be an int: dev.buffer(np.int64(n)) holds the 8 bytes of a number.",
                )
        return tuple(made)

    def __str__(self) -> str:
        return "metalcompute.Function"


class Run:
    """The handle of a run: when it dies, the run is over."""

    def __init__(self, function: Function, job: Job) -> None:
        self.function, self.job = function, job

    def __del__(self) -> None:
        self.function.kernel.device.run_until(self.job)

    def __repr__(self) -> str:
        return "metalcompute.Run"

    __str__ = __repr__
