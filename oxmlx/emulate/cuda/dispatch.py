"""One run of one kernel on an NVIDIA GPU."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from ctypes import addressof, c_ulong, c_void_p
from dataclasses import dataclass

from oxmlx.emulate.cuda.buffer import Buffer
from oxmlx.emulate.cuda.chip import Chip
from oxmlx.emulate.cuda.compiler import CompiledKernel
from oxmlx.emulate.errors import EmulationError, FaultError
from oxmlx.emulate.finding import Finding

_recorders: list[list[Job]] = []


@dataclass(frozen=True, eq=False, slots=True)
class Job:
    """A kernel, its buffers by index, and by how many groups of how many threads it is run."""

    chip: Chip
    kernel: CompiledKernel
    buffers: tuple[Buffer, ...]
    groups: int
    threads: int

    def run(self) -> None:
        """Run it now, to its end.

        Raises:
            FaultError: the GPU stopped.
        """
        self.queue()
        self.finish()

    def queue(self) -> None:
        """Have the GPU run it after what was queued before."""
        for recorder in _recorders:
            recorder.append(self)
        self.chip.enter()
        self.launch([b.on_device for b in self.buffers])

    def launch(self, places: Sequence[int]) -> None:
        """Launch it on memory of the GPU, in place of its buffers."""
        values = [c_ulong(places[index]) for index in self.kernel.buffers]
        given = (c_void_p * len(values))(*map(addressof, values))
        self.chip.driver(
            "cuLaunchKernel", self.kernel.function, self.groups, 1, 1, self.threads, 1, 1,
            0, None, given, None,
        )  # fmt: skip

    def finish(self) -> None:
        """Wait until the GPU has come to its end.

        Raises:
            FaultError: it stopped before.
        """
        self.chip.enter()
        try:
            self.chip.driver("cuCtxSynchronize")
        except EmulationError as error:
            said = f"the GPU stopped, for this process for good: {error.problem}"
            where = "OXMLX_METAL=emulate and oxmlx.emulate.mode(instrumented=True) tell the line"
            finding = Finding("fault", f"{said}\n  {where}")
            raise FaultError(self.kernel.name, (finding,)) from None


@contextmanager
def recorded() -> Generator[list[Job]]:
    """The runs that are begun inside a `with` block, in order, for `seconds`."""
    jobs: list[Job] = []
    _recorders.append(jobs)
    try:
        yield jobs
    finally:
        _recorders.remove(jobs)
