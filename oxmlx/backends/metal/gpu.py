"""The one device of this process: its memory, its functions, and launches, one at a time.

metalcompute is neither thread-safe nor told of errors by Metal, and some mistakes end the process.
What it must never see is kept from it here.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from threading import Lock
from typing import Any
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

from oxmlx.backends.blocks import Block, Blocks, block_of
from oxmlx.backends.metal.library import library
from oxmlx.backends.metal.residents import Residents
from oxmlx.backends.ownership import is_alone
from oxmlx.dtypes import Dtype
from oxmlx.errors import (
    CheckError,
    CompileError,
    DeviceError,
    EvaluationError,
    OutOfMemoryError,
)

MOST_ARGUMENTS = 31
"""Buffers of a function."""
MOST_GROUPS = 2048
"""Threadgroups of a launch: more than fit a GPU at once."""
FLAGS = MOST_GROUPS * 1024 // 32
"""Threadgroups of a launch on a device that makes them as small as they can be."""
SPARE = 1 << 28  # bytes of free blocks that are kept
MANY = 50_000  # launches: metalcompute keeps a record of each

log = logging.getLogger("oxmlx")
_opened: dict[Any, Gpu] = {}
_opening = Lock()


class Source:
    """A buffer of the device, for as long as a block needs it."""

    __slots__ = ("__weakref__", "buffer", "view")

    def __init__(self, buffer: Any) -> None:
        self.buffer, self.view = buffer, memoryview(buffer)


class Gpu:
    """A Metal device, and what of it lives where.

    Args:
        metal: a module that speaks metalcompute's API.
        most: bytes of arrays made elsewhere that stay on the device; by default half of what Metal
            recommends.

    Raises:
        DeviceError: there is no default device.
    """

    def __init__(self, metal: Any, most: int | None = None) -> None:
        self.metal, self.pid = metal, os.getpid()
        try:
            self.device = metal.Device()
        except metal.error as e:
            raise DeviceError("metal", f"cannot be opened: {e}", "Choose another device.") from None
        if most is None:
            most = int(metal.get_devices()[0].recommendedWorkingSetSize) // 2
        self.blocks = Blocks(self.make_block, SPARE)
        self.residents = Residents(self.blocks, most)
        self.lock = self.blocks.lock
        self.sources: WeakSet[Source] = WeakSet()
        self.functions: dict[tuple[str, str], Any] = {}
        self.refused: dict[str, str] = {}
        """Texts that it did not compile, and why."""
        self.bytes_copied = 0
        """Of arrays that were made elsewhere."""
        self.dispatches = 0
        """Launches so far."""
        self.flags = self.blocks.take(4 * FLAGS)
        self.done = np.ndarray((FLAGS,), np.uint32, self.flags)

    @property
    def buffers_live(self) -> int:
        """How many buffers of the device there are, in use or kept."""
        return len(self.sources)

    def check_process(self) -> None:
        """A process that was forked has no part in the devices of its parent.

        Raises:
            DeviceError: this is such a process.
        """
        if os.getpid() != self.pid:
            raise DeviceError(
                "metal",
                f"was opened by process {self.pid}, of which this one is a fork",
                'Start processes by "spawn", or compute on another device in them.',
            )

    # Memory

    def make_block(self, size: int) -> Block:
        """New memory of the device.

        Raises:
            OutOfMemoryError: there is none, though all that is kept for later was let go.
        """
        buffer = self.allocate(int(size))
        if buffer is None:
            self.flush()
            buffer = self.allocate(int(size))
        if buffer is None:
            raise OutOfMemoryError(
                "metal",
                f"there is no memory for {size:,} bytes; {self.buffers_live} buffers are in use",
                "Drop arrays that are no longer needed, or compute in smaller pieces.",
            )
        source = Source(buffer)
        self.sources.add(source)
        block = Block((size,), np.uint8, source.view)
        block.source = source
        return block

    def allocate(self, size: int) -> Any:
        """A buffer of the device, or nothing."""
        self.check_process()
        try:
            return self.device.buffer(size)
        except (self.metal.error, MemoryError):
            return None

    def flush(self) -> None:
        """Let go of copies of arrays that live elsewhere, and of memory that nobody uses."""
        self.residents.flush()
        self.blocks.flush()

    def empty(self, shape: tuple[int, ...], dtype: Dtype) -> NDArray[Any]:
        """An array in the memory of the device, with any content."""
        self.check_process()
        return self.blocks.lease(shape, dtype)

    def place(self, x: NDArray[Any]) -> Block:
        """The memory of the device with the elements of `x`, its own if `x` was made here."""
        block = self.holds(x)
        if block is not None:
            return block
        with self.lock:
            block = self.residents.find(x)
            if block is None:
                block = self.residents.copy(x)
                self.bytes_copied += x.nbytes
        return block

    def own(self, x: NDArray[Any]) -> Block:
        """The memory of an array that `empty` made.

        Raises:
            CheckError: it is not of this device, so what a kernel writes would be lost.
        """
        block = self.holds(x)
        if block is None:
            raise CheckError("metal", "a result is to lie in an array that is not of this device")
        return block

    def holds(self, x: NDArray[Any]) -> Block | None:
        """The memory of `x`, if it was made here and all of it in order is `x`."""
        block = block_of(x)
        here = block is not None and block.source in self.sources and is_whole(x, block)
        return block if here else None

    def reuse(self, inputs: Sequence[Any], k: int, shape: tuple[int, ...]) -> NDArray[Any]:
        """An array of this device with the elements of input k of a list: in its memory if it lies
        here, and nobody else refers to it, else in new memory."""
        self.check_process()
        alone = is_alone(inputs, k)
        x = np.asarray(inputs[k])
        here = self.holds(x) is not None
        if alone and here:
            return self.blocks.renew(x, shape)
        out = self.empty(shape, x.dtype)
        out[...] = x.reshape(shape)
        self.bytes_copied += 0 if here else x.nbytes
        return out

    def constant(self, data: bytes) -> Block:
        """Bytes in the memory of the device."""
        block = self.blocks.take(len(data))
        block[...] = np.frombuffer(data, np.uint8)
        return block

    # Code

    def function(self, text: str, name: str) -> Any:
        """The function `name` of an MSL text, compiled once.

        Raises:
            CompileError: Metal refuses the text.
            DeviceError: another process opened the device.
        """
        self.check_process()
        with self.lock:
            function = self.functions.get((text, name))
            if function is None:
                try:
                    function = self.device.kernel(text).function(name)
                except self.metal.error as e:
                    self.refused[text] = str(e)
                    raise CompileError("metal", f"refuses {name}: {e}") from None
                self.functions[text, name] = function
        return function

    def launch(self, function: Any, groups: int, threads: int, blocks: Sequence[Block]) -> None:
        """Run a function and wait for it.

        One run at a time: we assume that Metal's thread reads metalcompute's table of runs when one
        ends, so nothing is added to it meanwhile.

        Args:
            groups: how many threadgroups, each of which says at its end how many there are.
            threads: in one of them, as the text of the function has it.
            blocks: the arguments of the function; it takes the flags of the groups after them.

        Raises:
            EvaluationError: the device did not finish, which metalcompute itself does not tell.
            DeviceError: another process opened the device.
        """
        self.check_process()
        with self.lock:
            self.done[: groups * threads // 32] = 0
            buffers = [b.source.buffer for b in (*blocks, self.flags)]
            try:
                function(int(groups * threads), *buffers)
            except self.metal.error as e:
                raise EvaluationError("metal", f"refuses to run a kernel: {e}") from None
            self.dispatches += 1
            if self.dispatches == MANY:
                log.warning("metal: %d launches; metalcompute keeps a record of each", MANY)
            done = self.done[: self.done[0] or groups]
            if not done.all():
                raise EvaluationError(
                    "metal",
                    f"{int((done == 0).sum())} of {len(done)} threadgroups did not finish",
                    "The device ran out of memory or time: compute in smaller pieces.",
                )


def is_whole(x: NDArray[Any], block: Block) -> bool:
    """Do the elements of `x` lie in order from the start of a block, as kernels read them?"""
    start = block.__array_interface__["data"][0]
    return x.flags.c_contiguous and x.__array_interface__["data"][0] == start


def gpu() -> Gpu:
    """The device that the switch `metal` chooses, opened once."""
    metal = library()
    found = _opened.get(metal)
    if found is not None:
        return found
    with _opening:
        return _opened.get(metal) or _opened.setdefault(metal, Gpu(metal))
