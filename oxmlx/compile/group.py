"""Grouping: what neighbouring kernels do in any order becomes one command to the device.

An optimizer's update of a tree is one kernel for each array, each of them often too small to be
worth a command of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oxmlx.ir.jaxpr import Var
from oxmlx.ir.plan import Group, Launch, Work


def group(steps: Sequence[Work], most: int) -> list[Work]:
    """The steps with groups of launches, each of which takes at most so many arrays."""
    out: list[Work] = []
    for run in waves(steps, most):
        launches = tuple(step for step in run if isinstance(step, Launch))
        out += [Group(launches)] if len(launches) > 1 else run
    return out


def waves(steps: Sequence[Work], most: int) -> Iterator[list[Work]]:
    """Launches none of which waits for another, as many as may go together; or one other step."""
    wave: list[Work] = []
    made, arrays = set[Var](), set[Var]()
    for step in steps:
        own = {*step.inputs, *step.outputs} if isinstance(step, Launch) else set[Var]()
        joins = own and made.isdisjoint(own) and len(arrays) + len(own - arrays) <= most
        if wave and not joins:
            yield wave
            wave, made, arrays = [], set(), set()
        if isinstance(step, Launch):
            wave.append(step)
            made.update(step.outputs)
            arrays |= own
        else:
            yield [step]
    if wave:
        yield wave
