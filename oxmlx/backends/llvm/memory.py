"""Memory for results: pages that were written before cost nothing, fresh ones a fault each.

A large result is a view of a block. When it dies, and no other view of the block is left, the block
serves the next result of its size.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from math import prod
from threading import RLock
from typing import Any
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from oxmlx.dtypes import Dtype

SMALL = 1 << 16  # bytes: the allocator recycles such by itself
MOST = 1 << 28  # bytes that are kept for reuse
ALIGNMENT = 64

_free: dict[int, list[NDArray[np.uint8]]] = {}
_kept = [0]
_leases: dict[int, Any] = {}
_lock = RLock()  # reentrant: results may die at any allocation


def maker(shape: tuple[int, ...], dtype: Dtype) -> Callable[[], NDArray[Any]]:
    """What makes arrays of a shape and dtype, with any content, for a kernel to write."""
    size = prod(shape) * dtype.itemsize
    if size < SMALL:
        return partial(np.empty, shape, dtype)
    return partial(lease, shape, dtype, size)


def lease(shape: tuple[int, ...], dtype: Dtype, size: int) -> NDArray[Any]:
    """A view of a block, which comes back when the view dies."""
    with _lock:
        blocks = _free.get(size)
        if blocks:
            block = blocks.pop()
            _kept[0] -= size
        else:
            block = np.empty(size + ALIGNMENT, np.uint8)
        start = -block.ctypes.data % ALIGNMENT
        out: NDArray[Any] = np.ndarray(shape, dtype, buffer=block, offset=start)
        key = id(out)
        _leases[key] = ref(out, lambda _: give_back(key, size, block))
    return out


def give_back(key: int, size: int, block: NDArray[np.uint8]) -> None:
    """A result has died: keep its block, unless somebody still reads it or enough are kept."""
    with _lock:
        del _leases[key]
        _holders[0] = sys.getrefcount(block)
        if _holders[0] <= _alone and _kept[0] + size <= MOST:
            _free.setdefault(size, []).append(block)
            _kept[0] += size


def count_alone() -> int:
    """How many references a block has when its last view dies, in this version of Python."""
    lease((SMALL,), np.dtype(np.uint8), SMALL)
    return _holders[0]


_holders = [0]
_alone = 0
_alone = count_alone()
