"""A kernel ready to run on NumPy arrays."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import NDArray

from oxmlx.backends import interpreter
from oxmlx.backends.llvm.block import pack_numbers
from oxmlx.backends.llvm.entry import make_native
from oxmlx.backends.llvm.memory import maker
from oxmlx.backends.llvm.render import ENTRY, Renderer
from oxmlx.backends.llvm.target import target
from oxmlx.errors import CompileError
from oxmlx.ir.kernel import Kernel

Array = NDArray[Any]
Shape = tuple[int, ...]


class Launcher:
    """A compiled kernel.

    Raises:
        MissingRule: there is no code for some operation.
        CompileError: LLVM refuses the text.
    """

    def __init__(self, kernel: Kernel, shapes: Sequence[Shape]) -> None:
        machine = target()
        renderer = Renderer(kernel, machine.lanes)
        self.text = renderer.text()
        self.outputs = [maker(s, b.dtype) for s, b in zip(shapes, kernel.outputs, strict=True)]
        self.scratch = [maker(b.shape, b.dtype) for b in renderer.rows.scratch]
        self.rows = prod(i.extent.value for i in renderer.outer)
        self.lanes = sum(i.extent.value for i in renderer.across)
        self.native = make_native(
            machine.address(self.text, ENTRY),
            self.rows,
            self.lanes,
            max(prod(b.shape) for b in (*kernel.inputs, *kernel.outputs)),
            pack_numbers(kernel),
        )

    def __call__(self, inputs: Sequence[Array]) -> list[Array]:
        """The outputs, in new memory."""
        outs = [make() for make in self.outputs]
        plain = [
            x if type(x) is ndarray and x.flags.c_contiguous else contiguous(x) for x in inputs
        ]
        if self.scratch:
            self.native(*plain, *outs, *[make() for make in self.scratch])
        else:
            self.native(*plain, *outs)
        return outs


def contiguous(x: Any) -> Array:
    """The elements as kernels read them: in order, in an array of NumPy's own class."""
    return np.array(x, order="C", copy=None).view(ndarray)


class Interpreted:
    """A kernel that the interpreter runs."""

    def __init__(self, kernel: Kernel, shapes: Sequence[Shape]) -> None:
        self.kernel, self.shapes = kernel, shapes

    def __call__(self, inputs: Sequence[Array]) -> list[Array]:
        given = [x.reshape(b.shape) for x, b in zip(inputs, self.kernel.inputs, strict=True)]
        outs = interpreter.run(self.kernel, *given)
        return [x.reshape(shape) for x, shape in zip(outs, self.shapes, strict=True)]


def make_launcher(kernel: Kernel, shapes: Sequence[Shape] | None = None) -> Launcher | Interpreted:
    """What runs a kernel: the interpreter, if it is over nothing, or if LLVM refuses its text.

    Args:
        kernel: whose buffers may have fewer axes than the arrays.
        shapes: of the arrays that it returns, by default those of its buffers.
    """
    shapes = [b.shape for b in kernel.outputs] if shapes is None else shapes
    if any(n.value == 0 for n in kernel.sizes):
        return Interpreted(kernel, shapes)
    try:
        return Launcher(kernel, shapes)
    except CompileError as e:
        message = f"kernel {kernel.name} runs in the interpreter, which is slow: {e}"
        warnings.warn(message, RuntimeWarning, stacklevel=2)
        return Interpreted(kernel, shapes)
