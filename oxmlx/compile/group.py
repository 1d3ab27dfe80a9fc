"""Grouping: what neighbouring kernels do in any order becomes one command to the device.

An optimizer's update of a tree is one kernel for each array, each of them often too small to be
worth a command of its own. Its counts of steps take no room in a command to a device: the host has
them done before that would begin.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from oxmlx.ir.jaxpr import Var
from oxmlx.ir.plan import MOST_COUNTS, Group, Launch, Work


def group(steps: Sequence[Work], most: int) -> list[Work]:
    """The steps with groups of launches, each of which takes so many arrays at most, those of
    counts aside."""
    out: list[Work] = []
    for run in waves(steps, most):
        launches = tuple(step for step in run if isinstance(step, Launch))
        out += [Group(launches)] if len(launches) > 1 else run
    return out


def waves(steps: Sequence[Work], most: int) -> Iterator[list[Work]]:
    """Launches none of which waits for another, as many as may go together; or one other step."""
    wave: list[Work] = []
    made, read, arrays, counts = set[Var](), set[Var](), set[Var](), 0
    for step in steps:
        beside = apart(step, read) if isinstance(step, Launch) else None
        joins = (
            beside and made.isdisjoint(beside.inputs) and len(arrays | room(beside, counts)) <= most
        )
        if wave and not joins:
            yield wave
            wave, made, read, arrays, counts = [], set(), set(), set(), 0
        if isinstance(step, Launch):
            launch = beside if beside and joins else step
            wave.append(launch)
            made.update(launch.outputs)
            read.update(launch.inputs)
            arrays |= room(launch, counts)
            counts += launch.kernel.is_count
        else:
            yield [step]
    if wave:
        yield wave


def room(step: Launch, counts: int) -> set[Var]:
    """The arrays that a launch takes of a command, after so many counts."""
    return set() if step.kernel.is_count and counts < MOST_COUNTS else step.places


def apart(step: Launch, read: set[Var]) -> Launch:
    """The launch, which leaves alone what others read that may come after it."""
    over = {y: x for y, x in step.over.items() if x not in read}
    return step if len(over) == len(step.over) else replace(step, over=over)
