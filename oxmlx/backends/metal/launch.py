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
from oxmlx.backends.metal.host import BesideHost
from oxmlx.backends.metal.render import NARROW, Renderer, entry, names_of
from oxmlx.backends.metal.sweep import AHEAD
from oxmlx.backends.runner import Launchable, Shape, compile_or_interpret
from oxmlx.dtypes import Dtype
from oxmlx.errors import CompileError
from oxmlx.ir.kernel import INDEX, Kernel
from oxmlx.ir.plan import NOTHING, Group, Over, numbered

MOST_POINTS = int(np.iinfo(INDEX).max) - AHEAD * MOST_GROUPS * THREADS
"""Points of a grid: the loop over them steps beyond the last one."""
MOST_MEMORY = 32768
"""Bytes of threadgroup memory."""
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
        over: which of them it writes over which inputs.

    Raises:
        CompileError: Metal refuses the text.
    """

    def __init__(
        self,
        text: str,
        name: str,
        groups: int,
        numbers: bytes,
        outputs: list[tuple[Shape, Dtype]],
        over: Over = NOTHING,
    ) -> None:
        self.gpu, self.over, self.dying = gpu(), over, {*over.values()}
        self.function = self.gpu.function(text, name)
        self.groups, self.outputs = min(groups, MOST_GROUPS), outputs
        self.numbers = [self.gpu.constant(numbers)] if numbers else []

    def __call__(self, inputs: Sequence[Any]) -> list[NDArray[Any]]:
        """The outputs, in memory of the device."""
        gpu, over = self.gpu, self.over
        outs = [
            gpu.reuse(inputs, over[k], out[0]) if k in over else gpu.empty(*out)
            for k, out in enumerate(self.outputs)
        ]
        # the same objects, if they are arrays; of others the copies live as long as this list
        arrays = [np.asanyarray(x) for k, x in enumerate(inputs) if k not in self.dying]
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


def make_launcher(
    kernel: Kernel, shapes: Sequence[Shape] | None = None, over: Over = NOTHING
) -> Launchable:
    """What runs a kernel: the interpreter, if it is over nothing, or if Metal refuses its text.

    Raises:
        FallbackError: Metal does, and the host is not to run it.

    Args:
        kernel: whose buffers may have fewer axes than the arrays.
        shapes: of the arrays that it returns, by default those of its buffers.
        over: which outputs may be written over which inputs.
    """
    shapes = [b.shape for b in kernel.outputs] if shapes is None else shapes
    many = arrays(kernel, over) > MOST_ARRAYS and len(kernel.outputs) > 1
    refused = ""

    def load(kernel: Kernel, shapes: Sequence[Shape]) -> Launchable:
        nonlocal refused
        try:
            return InParts(kernel, shapes) if many else load_kernel(kernel, shapes, over)
        except CompileError as e:
            refused = str(e)
            allow(kernel.name, refused)
            raise

    made = compile_or_interpret(load, kernel, shapes)
    return careful(made, kernel.name, refused) if refused else made


def load_kernel(kernel: Kernel, shapes: Sequence[Shape], over: Over = NOTHING) -> Launcher:
    """A kernel as a function of its own.

    Raises:
        MissingRule: MSL has no such operation.
        CompileError: Metal refuses the text, or it has more arrays or points than it may.
    """
    if (count := arrays(kernel, over)) > MOST_ARRAYS:
        problem = f"{kernel.name} has {count} arrays; Metal binds {MOST_ARRAYS}"
        raise CompileError("metal", problem)
    if points(kernel) > MOST_POINTS:
        problem = f"{kernel.name} has {points(kernel):,} points, more than an index can count"
        raise CompileError("metal", problem)
    renderer = Renderer(kernel, names_of(kernel, over))
    outputs = [(s, b.dtype) for s, b in zip(shapes, kernel.outputs, strict=True)]
    text, name = renderer.text(), entry(kernel)
    return Launcher(text, name, groups_of(renderer), pack_block(kernel), outputs, over)


def load_group(group: Group) -> Launchable | None:
    """The kernels of a group as one function, and beside it those of counts; nothing if one of them
    cannot be a part of it.

    Raises:
        FallbackError: Metal refuses the only other one, and the host is not to run it.
    """
    rest = group.rest
    if not group.counts:
        return load_together(group)
    if len(rest) > 1:
        made = load_together(Group(rest))
        return made and BesideHost(group, made)
    made = [make_launcher(r.kernel, [v.aval.shape for v in r.outputs], numbered(r)) for r in rest]
    return BesideHost(group, *made)


def load_together(group: Group) -> Launcher | None:
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
        text, numbers, over = together.text(), pack_blocks(kernels), numbered(group)
        if sum(r.memory for r in together.renderers) > MOST_MEMORY:
            return None
        return Launcher(text, together.name, groups, numbers, outputs, over)
    except CompileError:
        return None  # and the compiler will say of which kernel


def arrays(kernel: Kernel, over: Over) -> int:
    """How many arrays its function has; without numbers there is room for one more."""
    return len(kernel.inputs) + len(kernel.outputs) - len(over) - (not block_fields(kernel))


def points(kernel: Kernel) -> int:
    """The points of its grid."""
    return prod(i.extent.value for i in kernel.grid)


def groups_of(renderer: Renderer) -> int:
    """How many threadgroups have something to do."""
    n = points(renderer.kernel)
    each = 1 if renderer.by_group else NARROW if renderer.by_column else THREADS
    return -(-n // each)
