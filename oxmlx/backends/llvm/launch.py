"""A kernel ready to run on NumPy arrays."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oxmlx.backends import interpreter
from oxmlx.backends.llvm.block import pack_numbers
from oxmlx.backends.llvm.render import ENTRY, Renderer
from oxmlx.backends.llvm.target import target
from oxmlx.errors import CompileError
from oxmlx.ir.kernel import Kernel

Array = NDArray[Any]


class Launcher:
    """The compiled kernel, and what its argument block holds besides the addresses.

    Raises:
        MissingRule: there is no code for some operation.
        CompileError: LLVM refuses the text.
    """

    def __init__(self, kernel: Kernel) -> None:
        machine = target()
        renderer = Renderer(kernel, machine.lanes)
        self.text = renderer.text()
        self.entry = machine.compile(self.text, ENTRY)
        self.numbers = pack_numbers(kernel)
        self.outputs = [(b.shape, b.dtype) for b in kernel.outputs]
        self.scratch = [(b.shape, b.dtype) for b in renderer.rows.scratch]
        self.rows = prod(i.extent.value for i in renderer.outer)
        self.lanes = sum(i.extent.value for i in renderer.across)

    def __call__(self, inputs: Sequence[Array]) -> list[Array]:
        """The outputs, in new memory."""
        args = [np.asarray(x, order="C") for x in inputs]  # kept: the block has only addresses
        outs: list[Array] = [np.empty(shape, dtype) for shape, dtype in self.outputs]
        scratch: list[Array] = [np.empty(shape, dtype) for shape, dtype in self.scratch]
        block = self.block([*args, *outs, *scratch])
        self.entry(block.ctypes.data, 0, self.rows, 0, self.lanes)
        return outs

    def block(self, arrays: Sequence[Array]) -> NDArray[np.int64]:
        """The argument block for contiguous inputs, outputs and scratch, to be kept meanwhile."""
        addresses = [x.__array_interface__["data"][0] for x in arrays]
        return np.concatenate([np.array(addresses, np.int64), self.numbers])


class Interpreted:
    """A kernel that the interpreter runs."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel

    def __call__(self, inputs: Sequence[Array]) -> list[Array]:
        return list(interpreter.run(self.kernel, *inputs))


def make_launcher(kernel: Kernel) -> Launcher | Interpreted:
    """What runs a kernel: the interpreter, if it is over nothing, or if LLVM refuses its text."""
    if any(n.value == 0 for n in kernel.sizes):
        return Interpreted(kernel)
    try:
        return Launcher(kernel)
    except CompileError as e:
        message = f"kernel {kernel.name} runs in the interpreter, which is slow: {e}"
        warnings.warn(message, RuntimeWarning, stacklevel=2)
        return Interpreted(kernel)
