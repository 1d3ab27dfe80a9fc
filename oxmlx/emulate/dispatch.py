"""One run of one kernel, now or queued."""

from __future__ import annotations

from collections import Counter
from ctypes import POINTER, byref, c_uint, pointer
from dataclasses import dataclass, field
from threading import RLock

from oxmlx.emulate.buffer import Buffer
from oxmlx.emulate.compiler import runtime
from oxmlx.emulate.errors import EmulationError, FaultError, HazardError
from oxmlx.emulate.finding import Raw, describe
from oxmlx.emulate.library import Bound, CompiledKernel, Options
from oxmlx.emulate.modes import Mode

ORDERS = {"ascending": 0, "descending": 1, "random": 2}
_machine = RLock()  # there is one, with one set of fibers

_readers: Counter[int] = Counter()  # queued runs that read a buffer, by the address of it
_writers: Counter[int] = Counter()


@dataclass(eq=False, slots=True)
class Job:
    """A kernel, its buffers by index, and how to run it."""

    kernel: CompiledKernel
    buffers: tuple[Buffer, ...]
    groups: int
    threads: int
    mode: Mode
    queued: bool = field(default=False)

    def uses(self) -> dict[int, tuple[Buffer, int, bool]]:
        """By address: each buffer with an index that it is bound to, and whether it is written."""
        found: dict[int, tuple[Buffer, int, bool]] = {}
        for index, buffer in enumerate(self.buffers):
            use = self.kernel.buffers.get(index)
            _, first, written = found.get(buffer.address, (buffer, index, False))
            found[buffer.address] = buffer, first, written or (use is not None and use.writable)
        return found

    def queue(self) -> None:
        """Until it runs, the host must not read what it writes, nor write what it reads."""
        self.queued = True
        for address, (buffer, _, written) in self.uses().items():
            (_writers if written else _readers)[address] += 1
            guard(buffer)

    def finish(self) -> None:
        """Run what was queued."""
        touched: list[int] = []
        for address, (buffer, index, written) in self.uses().items():
            if runtime().guard(address, buffer.bytes, 2):
                touched.append(index)
            (_writers if written else _readers)[address] -= 1
        try:
            self.run()
        finally:
            for buffer, _, _ in self.uses().values():
                guard(buffer)
        if touched:
            raise HazardError(
                self.kernel.name,
                f"the host used buffer({touched[0]}) before the run was over",
                "Drop the handles of the runs before you read a result or write an operand.",
            )

    def run(self) -> None:
        """Run it now.

        Raises:
            FaultError: the kernel did what no kernel may do.
        """
        uses = self.uses()
        rooms = {address: room for room, address in enumerate(uses)}
        bound = (Bound * len(uses))()
        for room, (address, (buffer, index, written)) in enumerate(uses.items()):
            use = self.kernel.buffers.get(index)
            bound[room] = Bound(address, buffer.bytes, index, use.granule if use else 1, written, 0)
        by_index = (c_uint * len(self.buffers))(*(rooms[b.address] for b in self.buffers))
        mode = self.mode
        options = Options(ORDERS[mode.order], mode.seed, mode.instrumented, 0, mode.watchdog)
        raw = POINTER(Raw)()
        with _machine:
            count = runtime().dispatch(
                self.kernel.address, bound, len(uses), by_index, len(self.buffers),
                self.groups, self.threads, byref(options), pointer(raw),
            )  # fmt: skip
            found = [Raw.from_buffer_copy(raw[k]) for k in range(count)]
        if count < 0:
            raise EmulationError(
                self.kernel.name,
                "wants 1 TB of addresses, of which next to none is memory",
                "Run it without a limit on virtual memory: ulimit -v unlimited",
            )
        if found:
            kernel = self.kernel
            told = [describe(f, kernel.arrays, kernel.library.line_of) for f in found]
            raise FaultError(kernel.name, tuple(told))


def guard(buffer: Buffer) -> None:
    """Protect the memory of a buffer as the runs that are queued demand."""
    address = buffer.address
    allowed = 0 if _writers[address] else 1 if _readers[address] else 2
    runtime().guard(address, buffer.bytes, allowed)
