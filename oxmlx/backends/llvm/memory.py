"""Memory for results: pages that were written before cost nothing, fresh ones a fault each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oxmlx.backends.blocks import Block, Blocks
from oxmlx.dtypes import Dtype

SMALL = 1 << 16  # bytes: the allocator recycles such by itself
MOST = 1 << 28  # bytes that are kept for reuse
ALIGNMENT = 64


def make_block(size: int) -> Block:
    """Memory of our own."""
    block = Block((size + ALIGNMENT,), np.uint8)
    block.start = -block.ctypes.data % ALIGNMENT
    return block


blocks = Blocks(make_block, MOST)


def maker(shape: tuple[int, ...], dtype: Dtype) -> Callable[[], NDArray[Any]]:
    """What makes arrays of a shape and dtype, with any content, for a kernel to write."""
    if prod(shape) * dtype.itemsize < SMALL:
        return partial(np.empty, shape, dtype)
    return partial(blocks.lease, shape, dtype)
