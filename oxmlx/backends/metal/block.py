"""The argument block of a kernel: the struct of numbers that its Metal text reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from oxmlx.dtypes import is_float
from oxmlx.ir.kernel import Const, Kernel, Literal, Loop, Size


def block_fields(kernel: Kernel) -> dict[Size | Const, str]:
    """What the block holds: sizes, literals, and infinities, which fast math would drop."""
    consts = [e for e in kernel.nodes if isinstance(e, Const)]
    consts += [unit for e in kernel.nodes if isinstance(e, Loop) for unit in units(e)]
    numbers = dict.fromkeys(c for c in consts if type(c) is Literal or not np.isfinite(c.value))
    fields: dict[Size | Const, str] = {n: f"n{k}" for k, n in enumerate(kernel.sizes)}
    return fields | {c: f"c{k}" for k, c in enumerate(numbers)}


def pack_block(kernel: Kernel) -> bytes:
    """The bytes of the block, laid out as C does; 16-bit floats travel as f32."""
    return np.array(values(kernel), layout(kernel)).tobytes()


def pack_blocks(kernels: Sequence[Kernel]) -> bytes:
    """The bytes of a block of blocks, without empty ones."""
    full = [k for k in kernels if block_fields(k)]
    whole = np.dtype([(f"p{n}", layout(k)) for n, k in enumerate(full)], align=True)
    return np.array(tuple(map(values, full)), whole).tobytes()


def layout(kernel: Kernel) -> np.dtype[Any]:
    """The struct of the block."""
    fields = block_fields(kernel)
    types = [(name, np.float32 if is_float(e.dtype) else e.dtype) for e, name in fields.items()]
    return np.dtype(types, align=True)


def values(kernel: Kernel) -> tuple[Any, ...]:
    """What the block holds."""
    return tuple(e.value for e in block_fields(kernel))


def units(e: Loop) -> tuple[Const, ...]:
    """The state that a loop starts from."""
    return tuple(map(Const, e.identity))
