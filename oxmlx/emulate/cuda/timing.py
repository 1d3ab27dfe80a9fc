"""How long a GPU takes for runs, and for a copy: all in its own memory, by its own clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from ctypes import byref, c_float, c_ulong, c_void_p
from itertools import pairwise

from oxmlx.emulate.cuda.chip import Chip, chip
from oxmlx.emulate.cuda.dispatch import Job


def seconds(jobs: Sequence[Job], repeat: int = 20) -> float:
    """The median time that runs take one after another, their buffers being memory of the GPU.

    Args:
        jobs: runs that `recorded` has seen. Buffers are copied once, and kernels that write what
            they read go on from what they wrote.
        repeat: how often.
    """
    first = jobs[0].chip
    with ExitStack() as stack:
        places: dict[int, int] = {}
        for b in {b.address: b for job in jobs for b in job.buffers}.values():
            places[b.address] = allocate(first, b.bytes, stack)
            first.driver("cuMemcpyHtoD_v2", places[b.address], b.address, b.bytes)
        bound = [(job, [places[b.address] for b in job.buffers]) for job in jobs]

        def run() -> None:
            for job, given in bound:
                job.launch(given)

        return median(first, run, repeat)


def copy_seconds(size: int, repeat: int = 20) -> float:
    """The median time of a copy of so many bytes from memory of the GPU to such memory."""
    first = chip(0)
    with ExitStack() as stack:
        source, target = allocate(first, size, stack), allocate(first, size, stack)
        return median(
            first, lambda: first.driver("cuMemcpyDtoDAsync_v2", target, source, size, None), repeat
        )


def allocate(on: Chip, size: int, stack: ExitStack) -> int:
    """Memory of the GPU, until the stack unwinds."""
    on.enter()
    place = c_ulong()
    on.driver("cuMemAlloc_v2", byref(place), size)
    stack.callback(on.driver, "cuMemFree_v2", place)
    return place.value


def median(on: Chip, run: Callable[[], None], repeat: int) -> float:
    """The median time of what a call queues, after one that does not count."""
    with ExitStack() as stack:
        events: list[c_void_p] = []
        for _ in range(repeat + 1):
            event = c_void_p()
            on.driver("cuEventCreate", byref(event), 0)
            stack.callback(on.driver, "cuEventDestroy_v2", event)
            events.append(event)
        run()
        on.driver("cuEventRecord", events[0], None)
        for event in events[1:]:
            run()
            on.driver("cuEventRecord", event, None)
        on.driver("cuCtxSynchronize")
        times: list[float] = []
        for before, after in pairwise(events):
            milliseconds = c_float()
            on.driver("cuEventElapsedTime", byref(milliseconds), before, after)
            times.append(milliseconds.value / 1e3)
    return sorted(times)[repeat // 2]
