"""Loops of short kernels as one native call: a table of calls, which code of ours goes through,
with branches and other loops in it.

The argument block of that code holds the addresses of all arrays. Between two steps the addresses
of slices move on, and a carry changes places with the memory of its successor, if it is not changed
where it lies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from oxmlx.backends.llvm.code import Stop
from oxmlx.backends.llvm.driver import make_driver
from oxmlx.backends.llvm.launch import Array, in_order
from oxmlx.backends.llvm.table import Table, in_place, row_bytes
from oxmlx.cached import cached_property
from oxmlx.errors import CompileError
from oxmlx.ir.plan import Repeat, RepeatWhile

LONG_WORK = 1 << 28
"""Work after which Python may look for signals, in a loop that nobody knows the end of."""
LEAST_WORK = 1 << 10
"""Of a step, whatever it calls."""


def make_loop(step: Repeat | RepeatWhile) -> Loop | None:
    """A loop made ready; nothing if some step of it is long or has no code: Python runs it."""
    atoms = (*step.inputs, *step.outputs)
    if 0 in (n for a in atoms for n in a.aval.shape):
        return None
    try:
        loop = Loop(step)
    except CompileError:
        return None
    return loop if loop.table.fits else None


class Loop:
    """From the inputs of a loop to its outputs.

    Raises:
        CompileError: LLVM refuses a kernel.
    """

    def __init__(self, step: Repeat | RepeatWhile) -> None:
        self.table = table = Table()
        avals = [a.aval for a in step.inputs]
        if isinstance(step, Repeat):
            first, carries, own = step.consts, step.carries, step.consts
        else:
            first, own = step.condition_consts + step.body_consts, step.body_consts
            carries = len(step.outputs)
        last = first + carries
        self.carries, self.reverse, self.is_endless = slice(first, last), False, False
        given = [table.input(k) for k in range(len(avals))]
        self.now = [table.new(a) for a in avals[self.carries]]
        stay = in_place(step.body, slice(own, own + carries))
        ways = zip(self.now, avals[self.carries], stay, strict=True)
        self.next = [at if stays else table.new(a) for at, a, stays in ways]
        self.stacks: list[int] = []
        self.moving = range(0)
        moves: list[tuple[int, int]] = []
        if isinstance(step, Repeat):
            stacked = [v.aval for v in step.outputs[carries:]]
            self.reverse, self.steps = step.reverse, step.length
            self.stacks = [table.new(a) for a in stacked]
            rows = [*zip(given[last:], avals[last:], strict=True)]
            rows += zip(self.stacks, stacked, strict=True)
            sign = -1 if step.reverse else 1
            moves = [(at, sign * row_bytes(a)) for at, a in rows]
            self.moving = range(last, len(avals))
            inputs = given[:first] + self.now + given[last:]
            table.write(step.body, inputs, self.next + self.stacks, self.now)
        else:
            split = step.condition_consts
            table.code += map(Stop, table.write(step.condition, given[:split] + self.now))
            table.write(step.body, given[split:first] + self.now, self.next, self.now)
            self.steps = max(1, LONG_WORK // max(LEAST_WORK, table.work))
            self.is_endless = True
        table.turn(moves, self.now, self.next)

    @cached_property
    def drive(self) -> Callable[[Sequence[Array]], int]:
        """From the arrays at the first step to the number of steps."""
        return make_driver(self.table, self.steps)

    def __call__(self, inputs: Sequence[Array]) -> list[Array]:
        """The outputs, in new memory."""
        plain = in_order(inputs)
        arrays = self.table.arrays(plain)
        for at, start in zip(self.now, plain[self.carries], strict=True):
            arrays[at][...] = start
        begun = arrays.copy()
        if self.reverse:
            for at in (*self.moving, *self.stacks):
                begun[at] = arrays[at][-1:]
        while True:
            done = self.drive(begun)
            if done % 2:
                for now, following in zip(self.now, self.next, strict=True):
                    begun[now], begun[following] = begun[following], begun[now]
            if not self.is_endless or done < self.steps:
                return [begun[at] for at in self.now] + [arrays[at] for at in self.stacks]
