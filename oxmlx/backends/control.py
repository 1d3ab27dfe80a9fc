"""Loops and branches of a plan, run from Python: what a backend need not have code for.

A body may write over the carries, which are given to it: so we keep no reference to them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from oxmlx.ir.evaluate import Executable
from oxmlx.ir.plan import Block, Branch, Control, Plan, Repeat, RepeatWhile

Arrays = Sequence[Any]


def make_control(
    step: Control, ready: Callable[[Plan], Executable]
) -> Callable[[Arrays], list[Any]]:
    """A step as a function of its operands; `ready` makes the plans in it ready."""
    match step:
        case Block():
            return ready(step.body)
        case Repeat():
            return repeat(step, ready(step.body))
        case RepeatWhile():
            return repeat_while(step, ready(step.condition), ready(step.body))
        case Branch(branches=branches):
            return branch([*map(ready, branches)])


def repeat(step: Repeat, body: Executable) -> Callable[[Arrays], list[Any]]:
    """From consts, carries and stacks to carries and stacks."""
    start, stop = step.consts, step.consts + step.carries
    steps = range(step.length)[:: -1 if step.reverse else 1]
    rows = [v.aval for v in step.outputs[step.carries :]]

    def run(args: Arrays) -> list[Any]:
        consts, carry, xs = args[:start], list(args[start:stop]), args[stop:]
        ys = [np.empty(a.shape, a.dtype) for a in rows]
        for t in steps:
            inputs = [*consts, *carry, *(x[t] for x in xs)]
            carry.clear()
            outs = body(inputs)
            carry = outs[: step.carries]
            for k, y in enumerate(ys, step.carries):
                y[t] = outs[k]
            outs.clear()
        return carry + ys

    return run


def repeat_while(
    step: RepeatWhile, condition: Executable, body: Executable
) -> Callable[[Arrays], list[Any]]:
    """From consts of the condition, consts of the body and carries to carries."""
    first, second = step.condition_consts, step.condition_consts + step.body_consts

    def run(args: Arrays) -> list[Any]:
        p, k, c = args[:first], args[first:second], list(args[second:])
        while condition([*p, *c])[0]:
            inputs = [*k, *c]
            c.clear()
            c = body(inputs)
        return c

    return run


def branch(branches: Sequence[Executable]) -> Callable[[Arrays], list[Any]]:
    """From the number of a branch and its operands to its results."""

    def run(args: Arrays) -> list[Any]:
        return branches[int(args[0])](args[1:])

    return run
