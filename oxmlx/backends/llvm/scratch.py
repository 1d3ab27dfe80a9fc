"""Memory for work in progress: each thread of Python has some, and keeps it for the next call."""

from __future__ import annotations

import threading
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oxmlx.backends.llvm.memory import ALIGNMENT

MOST_LAYOUTS = 256
MOST = 1 << 26
"""Bytes that a thread keeps."""

Bytes = NDArray[Any]


class Scratch(threading.local):
    """The memory of this thread, as large as what it was needed for so far."""

    def __init__(self) -> None:
        self.memory: Bytes = np.empty(0, np.uint8)
        self.layouts: dict[tuple[int, ...], list[Bytes]] = {}

    def pieces(self, sizes: tuple[int, ...]) -> list[Bytes]:
        """Arrays of so many bytes, until the next call of this thread that has some."""
        found = self.layouts.get(sizes)
        return self.cut(sizes) if found is None else found

    def cut(self, sizes: tuple[int, ...]) -> list[Bytes]:
        """Cut the memory into pieces that begin with a line of the cache."""
        ends = [*accumulate(-(-n // ALIGNMENT) * ALIGNMENT for n in sizes)]
        total = ends[-1] if ends else 0
        memory = self.memory
        if total > memory.nbytes:
            raw = np.empty(total + ALIGNMENT, np.uint8)
            start = -raw.ctypes.data % ALIGNMENT
            memory = raw[start : start + total]
        out = [memory[at : at + n] for at, n in zip([0, *ends], sizes, strict=False)]
        if total > MOST:
            return out
        if memory is not self.memory or len(self.layouts) >= MOST_LAYOUTS:
            self.memory = memory
            self.layouts.clear()
        self.layouts[sizes] = out
        return out


pieces = Scratch().pieces
