"""Memory for results, used again: a result is a view of a block, which comes back when it dies."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from threading import RLock
from typing import Any
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from oxmlx.dtypes import Dtype
from oxmlx.fork import TABLES, hold


class Block(np.ndarray[Any, np.dtype[np.uint8]]):
    """Bytes to make arrays of.

    NumPy lets views of an array hold the array that owns the memory, but not past a change of
    class: they hold the array that was made of the block, so with it the last view dies too.
    """

    start: int = 0
    """Where in it arrays begin."""
    source: Any = None
    """What its memory belongs to, if it is not its own."""


def block_of(x: Any) -> Block | None:
    """The block that an array, or a view of one, is made of."""
    while type(x) is np.ndarray:
        x = x.base
    return x if type(x) is Block else None


class Blocks:
    """Blocks of memory: those in use are leased, up to `most` bytes of others are kept."""

    def __init__(self, make: Callable[[int], Block], most: int) -> None:
        self.make, self.most = make, most
        self.free: dict[int, list[Block]] = {}
        self.kept = 0
        self.leases: dict[int, Any] = {}
        self.lock = RLock()  # reentrant: results may die at any allocation
        hold(self.lock, TABLES)

    def take(self, size: int) -> Block:
        """A block of `size` bytes, for the caller alone."""
        with self.lock:
            blocks = self.free.get(size)
            if not blocks:
                return self.make(size)
            self.kept -= size
            return blocks.pop()

    def give_back(self, size: int, block: Block) -> None:
        """Keep a block that nobody reads any more, unless enough are kept."""
        with self.lock:
            if self.kept + size <= self.most:
                self.free.setdefault(size, []).append(block)
                self.kept += size

    def lease(self, shape: tuple[int, ...], dtype: Dtype) -> NDArray[Any]:
        """An array with any content, whose block comes back when no view of it is left."""
        with self.lock:
            return self.let(self.take(prod(shape) * dtype.itemsize), shape, dtype)

    def renew(self, x: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
        """A leased array, which nobody else refers to, as another one: whoever remembers things of
        arrays while they live forgets the old one."""
        owner = x
        while type(owner.base) is np.ndarray:
            owner = owner.base
        with self.lock:
            block: Any = owner.base
            del self.leases[id(owner)]
            return self.let(block, shape, x.dtype)

    def let(self, block: Block, shape: tuple[int, ...], dtype: Dtype) -> NDArray[Any]:
        """The array of a lease, made of a block."""
        out: NDArray[Any] = np.ndarray(shape, dtype, block, block.start)
        key, size = id(out), prod(shape) * dtype.itemsize
        self.leases[key] = ref(out, lambda _: self.end(key, size, block))
        return out

    def end(self, key: int, size: int, block: Block) -> None:
        """A result has died, and all views of it."""
        with self.lock:
            del self.leases[key]
            self.give_back(size, block)

    def flush(self) -> None:
        """Let go of the blocks that nobody uses."""
        with self.lock:
            self.free.clear()
            self.kept = 0
