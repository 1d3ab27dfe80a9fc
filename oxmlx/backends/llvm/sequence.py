"""Neighbouring steps that are short as one native call: it is Python that costs most of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from oxmlx.backends.llvm.driver import make_driver
from oxmlx.backends.llvm.launch import Array, in_order
from oxmlx.backends.llvm.table import Table, is_short
from oxmlx.backends.runner import Ready, Steps
from oxmlx.ir.jaxpr import Atom, Var
from oxmlx.ir.plan import Free


def join(steps: Steps, outputs: Sequence[Atom]) -> Steps:
    """The steps with sequences of short ones as one.

    Args:
        outputs: what somebody wants when all is done.
    """
    joined: list[Ready | Free] = []
    wanted = {a for a in outputs if isinstance(a, Var)}
    parts = [(short, [*part]) for short, part in groupby(steps, fits)]
    for short, part in reversed(parts):
        ready = [step for step in part if isinstance(step, Ready)]
        if short and len(ready) > 1:
            part = sequence(ready, part, wanted)
        joined[:0] = part
        wanted.update(a for r in ready for a in r.inputs if isinstance(a, Var))
    return joined


def fits(step: Ready | Free) -> bool:
    """May a sequence hold a step?"""
    return isinstance(step, Free) or is_short(step.call)


def sequence(ready: Sequence[Ready], part: Steps, wanted: set[Var]) -> list[Ready | Free]:
    """Some steps as one, and then the ends of values that were there before."""
    made = dict.fromkeys(v for step in ready for v in step.outputs)
    read = dict.fromkeys(a for step in ready for a in step.inputs if isinstance(a, Var))
    inputs = [v for v in read if v not in made]
    outputs = [v for v in made if v in wanted]
    freed = [v for step in part if isinstance(step, Free) for v in step.variables if v not in made]
    whole = Ready(Calls(part, inputs, outputs), inputs, outputs)
    return [whole, Free(tuple(freed))] if freed else [whole]


class Calls:
    """From what some steps read to what others want of them."""

    def __init__(self, steps: Steps, inputs: Sequence[Var], outputs: Sequence[Var]) -> None:
        self.table = table = Table()
        table.at = {v: table.input(k) for k, v in enumerate(inputs)}
        table.wanted = {v: table.new(v.aval) for v in outputs}
        for step in steps:
            if isinstance(step, Free):
                table.free(step.variables)
            elif is_short(step.call):
                table.add(step.call, step.inputs, step.outputs, step.over)
        self.outputs = [*table.wanted.values()]
        self.drive = make_driver(table, 1)

    def __call__(self, inputs: Sequence[Array]) -> list[Array]:
        """The outputs, in new memory."""
        plain = in_order(inputs)
        arrays = self.table.arrays(plain)
        self.drive(arrays)
        return [arrays[at] for at in self.outputs]
