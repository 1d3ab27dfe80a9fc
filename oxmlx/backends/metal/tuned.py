"""A text of `kernels/` made ready: which it is, and by how many groups it is run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import NDArray

from oxmlx.backends.metal.gpu import MOST_GROUPS, gpu
from oxmlx.backends.metal.texts import kernel_text
from oxmlx.backends.runner import Shape

THREADS = {"gemm_simdgroup": 128}
"""Threads in a threadgroup, as the texts have it, where they are not 256."""


class Tuned:
    """A kernel of `kernels/`, whose operands are in order.

    Args:
        name: of the kernel.
        groups: how many threadgroups have something to do.
        numbers: its P, which holds uints only.

    Raises:
        CompileError: Metal refuses the text.
    """

    def __init__(self, name: str, groups: int, numbers: Sequence[int]) -> None:
        self.gpu = gpu()
        self.function = self.gpu.function(kernel_text(name), name)
        self.threads = THREADS.get(name, 256)
        self.groups = min(groups, MOST_GROUPS)
        self.numbers = self.gpu.constant(np.array(numbers, np.uint32).tobytes())

    def run(self, *arrays: Any) -> None:
        """From inputs to the last one, which is in memory of the device."""
        *inputs, out = (x if type(x) is ndarray else np.asarray(x) for x in arrays)
        blocks = [*map(self.gpu.place, inputs), self.gpu.own(out), self.numbers]
        self.gpu.launch(self.function, self.groups, self.threads, blocks)


def new(shape: Shape, dtype: Any) -> NDArray[Any]:
    """Memory of the device for an output."""
    return gpu().empty(shape, np.dtype(dtype))
