"""Copies of arrays that were made elsewhere: each is copied once, and again if it had to go."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from oxmlx.backends.blocks import Block, Blocks


class Residents:
    """Up to `most` bytes of copies in blocks of `blocks`; the least recently used go first.

    An array that reaches a backend does not change any more, so its identity is the key. When it
    dies its block serves again; a block that has to go does not, for a launch may be about to read
    it.
    """

    def __init__(self, blocks: Blocks, most: int) -> None:
        self.blocks, self.most = blocks, most
        self.copies: OrderedDict[int, tuple[Any, Block]] = OrderedDict()
        self.held = 0

    def find(self, x: NDArray[Any]) -> Block | None:
        """The copy of an array, if there is one."""
        with self.blocks.lock:
            found = self.copies.get(id(x))
            if found is None:
                return None
            self.copies.move_to_end(id(x))
            return found[1]

    def copy(self, x: NDArray[Any]) -> Block:
        """A new copy of an array, its elements in order."""
        with self.blocks.lock:
            while self.copies and self.held + x.nbytes > self.most:
                self.drop(next(iter(self.copies)))
            block = self.blocks.take(x.nbytes)
            np.ndarray(x.shape, x.dtype, block)[...] = x
            key = id(x)
            self.copies[key] = ref(x, lambda _: self.end(key)), block
            self.held += block.size
        return block

    def drop(self, key: int) -> Block | None:
        """Let go of a copy, if it is still there."""
        found = self.copies.pop(key, None)
        if found is None:
            return None
        self.held -= found[1].size
        return found[1]

    def end(self, key: int) -> None:
        """An array has died."""
        with self.blocks.lock:
            block = self.drop(key)
            if block is not None:
                self.blocks.give_back(block.size, block)

    def flush(self) -> None:
        """Let go of all copies."""
        with self.blocks.lock:
            self.copies.clear()
            self.held = 0
