"""Leases of blocks: one array after another in the same memory."""

from __future__ import annotations

from weakref import ref

import numpy as np
import pytest

from oxmlx.backends.blocks import Block, Blocks

F32 = np.dtype(np.float32)


@pytest.fixture
def blocks() -> Blocks:
    return Blocks(lambda size: Block((size,), np.uint8), 1 << 20)


def address(x: np.ndarray) -> int:
    return x.ctypes.data


@pytest.mark.parametrize("view", [False, True])
def test_a_renewed_lease_is_another_array_in_the_same_memory(blocks: Blocks, view: bool) -> None:
    x = blocks.lease((4, 6), F32)
    x[...] = np.arange(24).reshape(4, 6)
    first, old = address(x), ref(x)
    if view:
        x = x.reshape(2, 12)
    y = blocks.renew(x, (3, 8))
    del x
    assert old() is None, "who remembers things of it forgets them"
    assert (address(y), y.shape, y.dtype) == (first, (3, 8), F32)
    assert y.reshape(-1).tolist() == [*range(24)]
    assert blocks.kept == 0, "the old one's end is not the end of the lease"
    assert address(blocks.lease((4, 6), F32)) != first
    del y
    assert blocks.kept == 2 * 96
    assert len(blocks.leases) == 0
    again = [address(x) for x in [blocks.lease((24,), F32), blocks.lease((24,), F32)]]
    assert first in again
