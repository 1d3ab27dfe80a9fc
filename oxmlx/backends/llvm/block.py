"""The argument block of a kernel: one 8-byte slot for each buffer, size and literal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oxmlx.dtypes import is_float
from oxmlx.ir.kernel import Buffer, Kernel, Literal, Size


def buffers(kernel: Kernel) -> tuple[Buffer, ...]:
    """The buffers whose addresses lead the block."""
    return (*kernel.inputs, *kernel.outputs)


def pack_numbers(kernel: Kernel) -> NDArray[np.int64]:
    """The slots after the addresses: sizes as i64, literals by their bits."""
    numbers: tuple[Size | Literal, ...] = (*kernel.sizes, *kernel.literals)
    return np.array([slot(e) for e in numbers], np.int64)


def slot(e: Size | Literal) -> int:
    """A number as the bits of its slot; 16-bit floats travel as f32."""
    if isinstance(e, Size):
        return e.value
    value = e.value.astype(np.float32) if is_float(e.dtype) and e.dtype.itemsize == 2 else e.value
    return int.from_bytes(value.tobytes().ljust(8, b"\0"), "little", signed=True)
