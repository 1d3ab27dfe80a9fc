"""A kernel ready to run on NumPy arrays."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import prod
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import NDArray

from oxmlx.backends.llvm.block import pack_numbers
from oxmlx.backends.llvm.entry import Native, Way, make_native
from oxmlx.backends.llvm.memory import SMALL, maker
from oxmlx.backends.llvm.render import ENTRY, Renderer
from oxmlx.backends.llvm.scratch import pieces
from oxmlx.backends.llvm.share import LONG, divide, work_of
from oxmlx.backends.llvm.target import target
from oxmlx.backends.llvm.workers import count_threads, get_team
from oxmlx.backends.ownership import may_change
from oxmlx.backends.runner import Launchable, Shape, compile_or_interpret
from oxmlx.cached import cached_property
from oxmlx.ir.kernel import Kernel
from oxmlx.ir.plan import NOTHING, Over

Array = NDArray[Any]
MOST_TEXTS = 1024


class Launcher:
    """A compiled kernel, which may write outputs `over` inputs: its text is the same. Of small ones
    new memory is cheaper than to ask whether they may be written to.

    Raises:
        MissingRule: there is no code for some operation.
        CompileError: LLVM refuses the text.
    """

    def __init__(self, kernel: Kernel, shapes: Sequence[Shape], over: Over = NOTHING) -> None:
        machine = target()
        renderer = Renderer(kernel, machine.lanes)
        self.kernel = kernel
        self.text = text_of(renderer)
        self.engine = machine.load(self.text)
        self.outputs = [maker(s, b.dtype) for s, b in zip(shapes, kernel.outputs, strict=True)]
        self.shapes = shapes
        large = [prod(b.shape) * b.dtype.itemsize >= SMALL for b in kernel.outputs]
        self.over = {k: n for k, n in over.items() if large[k]}
        self.division = divide(renderer)
        self.numbers = pack_numbers(kernel)
        self.scratch = tuple(b.dtype.itemsize * prod(b.shape) for b in renderer.rows.scratch)
        """The bytes of each array that belongs to one thread."""
        self.work = work_of(renderer)
        self.native = self.make_native("release" if self.work >= LONG else "hold")

    def make_native(self, way: Way) -> Native:
        """The function that runs it in a way."""
        entry = self.engine.get_function_address(ENTRY)
        return make_native(way, entry, self.division, self.numbers, self.scratch)

    def __call__(self, inputs: Sequence[Array]) -> list[Array]:
        """The outputs, in new memory or in that of inputs which nobody else refers to."""
        if self.over:
            outs = [self.place(k, inputs) for k in range(len(self.outputs))]
        else:
            outs = [make() for make in self.outputs]
        plain = in_order(inputs)
        if self.division.chunks > 1 and (threads := count_threads()) > 1:
            self.share(threads, plain, outs)
        elif self.scratch:
            self.native(*plain, *outs, *pieces(self.scratch))
        else:
            self.native(*plain, *outs)
        return outs

    def place(self, k: int, inputs: Sequence[Array]) -> Array:
        """Memory for output k."""
        n = self.over.get(k)
        if n is None or not may_change(inputs, n) or not inputs[n].flags.c_contiguous:
            return self.outputs[k]()
        return inputs[n].reshape(self.shapes[k])

    def share(self, threads: int, inputs: list[Array], outs: list[Array]) -> None:
        """Run it with a team, in which each thread has scratch memory of its own."""
        scratch = pieces(tuple([threads * n for n in self.scratch]))
        self.shared(*inputs, *outs, *scratch, get_team(threads).memory)

    @cached_property
    def shared(self) -> Native:
        """The function that shares it."""
        return self.make_native("share")


_texts: dict[Any, str] = {}


def text_of(renderer: Renderer) -> str:
    """The text of a kernel, which is that of every kernel of its form: the layers of a network, and
    a known program with a new shape, are not rendered again."""
    key = renderer.kernel.form, renderer.width
    text = _texts.get(key)
    if text is None:
        if len(_texts) >= MOST_TEXTS:
            _texts.clear()
        text = _texts[key] = renderer.text()
    return text


def in_order(inputs: Sequence[Any]) -> list[Array]:
    """The elements as kernels read them: in order, in arrays of NumPy's own class."""
    return [
        x
        if type(x) is ndarray and x.flags.c_contiguous
        else np.array(x, order="C", copy=None).view(ndarray)
        for x in inputs
    ]


def make_launcher(
    kernel: Kernel, shapes: Sequence[Shape] | None = None, over: Over = NOTHING
) -> Launchable:
    """What runs a kernel: the interpreter, if it is over nothing, or if LLVM refuses its text.

    Args:
        kernel: whose buffers may have fewer axes than the arrays.
        shapes: of the arrays that it returns, by default those of its buffers.
        over: which outputs may be written over which inputs.
    """
    shapes = [b.shape for b in kernel.outputs] if shapes is None else shapes
    return compile_or_interpret(partial(Launcher, over=over), kernel, shapes)
