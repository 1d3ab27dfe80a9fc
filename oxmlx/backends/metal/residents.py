"""Copies of arrays that were made elsewhere: each is copied once, and again if it had to go."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, NamedTuple, TypeAlias
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from oxmlx.backends.blocks import Block, Blocks

Key: TypeAlias = tuple[Hashable, ...]


class Copy(NamedTuple):
    """A block with the elements of an array, in order, for as long as their owner lives."""

    owner: ref[NDArray[Any]]
    block: Block


class Residents:
    """Up to `most` bytes of copies in blocks of `blocks`; the least recently used go first.

    An array that reaches a backend does not change any more, so a copy is known by the array that
    owns the memory, and by the place of its elements in it: views, such as the rows that a loop
    takes of a stack of weights, are made anew at each call. When the owner dies the block serves
    again; a block that has to go does not, for a launch may be about to read it.
    """

    def __init__(self, blocks: Blocks, most: int) -> None:
        self.blocks, self.most = blocks, most
        self.copies: OrderedDict[Key, Copy] = OrderedDict()
        self.held = 0

    def find(self, x: NDArray[Any]) -> Block | None:
        """The copy of an array, if there is one."""
        owner = owner_of(x)
        key = place_of(x, owner)
        with self.blocks.lock:
            found = self.copies.get(key)
            if found is None or found.owner() is not owner:
                return None
            self.copies.move_to_end(key)
            return found.block

    def copy(self, x: NDArray[Any]) -> Block:
        """A new copy of an array, its elements in order."""
        owner = owner_of(x)
        key = place_of(x, owner)
        with self.blocks.lock:
            self.drop(key)
            while self.copies and self.held + x.nbytes > self.most:
                self.drop(next(iter(self.copies)))
            block = self.blocks.take(x.nbytes)
            np.ndarray(x.shape, x.dtype, block)[...] = x
            self.copies[key] = Copy(ref(owner, lambda of: self.end(key, of)), block)
            self.held += block.size
        return block

    def drop(self, key: Key) -> Block | None:
        """Let go of a copy, if it is still there."""
        found = self.copies.pop(key, None)
        if found is None:
            return None
        self.held -= found.block.size
        return found.block

    def end(self, key: Key, owner: ref[NDArray[Any]]) -> None:
        """The owner of the elements has died."""
        with self.blocks.lock:
            found = self.copies.get(key)
            if found is not None and found.owner is owner:
                self.drop(key)
                self.blocks.give_back(found.block.size, found.block)

    def flush(self) -> None:
        """Let go of all copies."""
        with self.blocks.lock:
            self.copies.clear()
            self.held = 0


def owner_of(x: NDArray[Any]) -> NDArray[Any]:
    """The array whose memory `x` shows; of memory that serves again, the one made of it last."""
    while isinstance(x.base, np.ndarray) and type(x.base) is not Block:
        x = x.base
    return x


def place_of(x: NDArray[Any], owner: NDArray[Any]) -> Key:
    """Which elements of an owner `x` has, whatever their type, and in which order."""
    start = x.__array_interface__["data"][0]
    if x.flags.c_contiguous:
        return id(owner), start, x.nbytes
    return id(owner), start, x.shape, x.strides, x.itemsize
