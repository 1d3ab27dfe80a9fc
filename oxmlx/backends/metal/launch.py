"""Kernels ready to run on NumPy arrays, whose memory is the device's."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oxmlx.backends.metal.block import block_fields, pack_block, pack_blocks
from oxmlx.backends.metal.fallback import allow, careful
from oxmlx.backends.metal.frame import THREADS
from oxmlx.backends.metal.gpu import MOST_ARGUMENTS, MOST_GROUPS, gpu
from oxmlx.backends.metal.group import Together
from oxmlx.backends.metal.render import Renderer, entry, names_of
from oxmlx.backends.runner import Launchable, Shape, compile_or_interpret
from oxmlx.dtypes import Dtype
from oxmlx.errors import CompileError
from oxmlx.ir.kernel import INDEX, Kernel
from oxmlx.ir.plan import Group

MOST_POINTS = int(np.iinfo(INDEX).max) - MOST_GROUPS * THREADS
"""Points of a grid: the loop over them steps beyond the last one."""
MOST_ARRAYS = MOST_ARGUMENTS - 2
"""Arrays of a function, which takes its numbers and its flags as well."""


class Launcher:
    """A compiled function.

    Args:
        text: what to compile.
        name: of the function in it.
        groups: how many threadgroups have something to do.
        numbers: its block of numbers.
        outputs: the shapes and dtypes of the arrays that it makes.

    Raises:
        CompileError: Metal refuses the text.
    """

    def __init__(
        self, text: str, name: str, groups: int, numbers: bytes, outputs: list[tuple[Shape, Dtype]]
    ) -> None:
        self.gpu = gpu()
        self.function = self.gpu.function(text, name)
        self.groups, self.outputs = min(groups, MOST_GROUPS), outputs
        self.numbers = [self.gpu.constant(numbers)] if numbers else []

    def __call__(self, inputs: Sequence[Any]) -> list[NDArray[Any]]:
        """The outputs, in memory of the device."""
        gpu = self.gpu
        outs = [gpu.empty(*out) for out in self.outputs]
        # the same objects, if they are arrays; of others the copies live as long as this list
        arrays = [np.asanyarray(x) for x in inputs]
        blocks = [*map(gpu.place, arrays), *map(gpu.own, outs), *self.numbers]
        gpu.launch(self.function, self.groups, THREADS, blocks)
        return outs


class InParts:
    """A kernel with more arrays than Metal binds: a launch for each half of its outputs."""

    def __init__(self, kernel: Kernel, shapes: Sequence[Shape]) -> None:
        self.launches: list[tuple[Launchable, list[int]]] = []
        half = len(kernel.outputs) // 2
        for outputs in (range(half), range(half, len(kernel.outputs))):
            wanted = [kernel.outputs[k] for k in outputs]
            stores = tuple(s for s in kernel.stores if s.buffer in wanted)
            part = Kernel(kernel.name, kernel.grid, stores)
            ready = make_launcher(part, [shapes[kernel.outputs.index(b)] for b in part.outputs])
            self.launches.append((ready, [kernel.inputs.index(b) for b in part.inputs]))

    def __call__(self, inputs: Sequence[Any]) -> list[NDArray[Any]]:
        """The outputs, in memory of the device."""
        return [x for run, ins in self.launches for x in run([inputs[k] for k in ins])]


def make_launcher(kernel: Kernel, shapes: Sequence[Shape] | None = None) -> Launchable:
    """What runs a kernel: the interpreter, if it is over nothing, or if Metal refuses its text.

    Raises:
        FallbackError: Metal does, and the host is not to run it.

    Args:
        kernel: whose buffers may have fewer axes than the arrays.
        shapes: of the arrays that it returns, by default those of its buffers.
    """
    shapes = [b.shape for b in kernel.outputs] if shapes is None else shapes
    many = arrays(kernel) > MOST_ARRAYS and len(kernel.outputs) > 1
    refused = ""

    def load(kernel: Kernel, shapes: Sequence[Shape]) -> Launchable:
        nonlocal refused
        try:
            return (InParts if many else load_kernel)(kernel, shapes)
        except CompileError as e:
            refused = str(e)
            allow(kernel.name, refused)
            raise

    made = compile_or_interpret(load, kernel, shapes)
    return careful(made, kernel.name, refused) if refused else made


def load_kernel(kernel: Kernel, shapes: Sequence[Shape]) -> Launcher:
    """A kernel as a function of its own.

    Raises:
        MissingRule: MSL has no such operation.
        CompileError: Metal refuses the text, or it has more arrays or points than it may.
    """
    if arrays(kernel) > MOST_ARRAYS:
        problem = f"{kernel.name} has {arrays(kernel)} arrays; Metal binds {MOST_ARRAYS}"
        raise CompileError("metal", problem)
    if points(kernel) > MOST_POINTS:
        problem = f"{kernel.name} has {points(kernel):,} points, more than an index can count"
        raise CompileError("metal", problem)
    renderer = Renderer(kernel, names_of(kernel))
    outputs = [(s, b.dtype) for s, b in zip(shapes, kernel.outputs, strict=True)]
    text, name = renderer.text(), entry(kernel)
    return Launcher(text, name, groups_of(renderer), pack_block(kernel), outputs)


def load_group(group: Group) -> Launchable | None:
    """The kernels of a group as one function; nothing if one of them cannot be a part of it."""
    kernels = [launch.kernel for launch in group.launches]
    if any(n.value == 0 for k in kernels for n in k.sizes):
        return None
    if any(points(k) > MOST_POINTS for k in kernels):
        return None
    together = Together(group)
    outputs = [(v.aval.shape, v.aval.dtype) for v in group.outputs]
    groups = max(map(groups_of, together.renderers))
    try:
        return Launcher(together.text(), together.name, groups, pack_blocks(kernels), outputs)
    except CompileError:
        return None  # and the compiler will say of which kernel


def arrays(kernel: Kernel) -> int:
    """How many arrays its function has; without numbers there is room for one more."""
    return len(kernel.inputs) + len(kernel.outputs) - (not block_fields(kernel))


def points(kernel: Kernel) -> int:
    """The points of its grid."""
    return prod(i.extent.value for i in kernel.grid)


def groups_of(renderer: Renderer) -> int:
    """How many threadgroups have something to do."""
    n = points(renderer.kernel)
    return n if renderer.by_group else -(-n // THREADS)
