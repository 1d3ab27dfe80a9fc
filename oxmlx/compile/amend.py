"""Amending: a few elements of a large array are changed where it lies, if nobody reads the old ones
any more, instead of a kernel that goes through all of it.

So is a cache that a loop carries, or that is donated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from oxmlx.compile.schedule import part_by, reads
from oxmlx.ir.jaxpr import Atom, Eqn, Jaxpr, Var
from oxmlx.ir.plan import Host, Shelf, Work

LARGE = 1 << 16
"""Bytes from which on a step of its own costs less than a kernel that copies."""
REPEATED = 1 << 10
"""The same in a loop, which need not be Python's."""
RUN = 32
"""What is written beside a run of neighbours while that is found, in elements."""


def amending(
    jaxpr: Jaxpr, shelf: Shelf, given: Collection[Var] = (), repeated: bool = False
) -> Iterator[Eqn]:
    """The equations of a program that the library does where their first operand lies, or may.

    Args:
        given: the inputs that the caller has done with.
        repeated: whether the program is the body of a loop.
    """
    least = REPEATED if repeated else LARGE
    own, wanted = {*given}.intersection(jaxpr.inputs), wanted_whole(jaxpr)
    for k, eqn in enumerate(jaxpr.eqns):
        if not eqn.prim.amends:
            continue
        x, (y,) = eqn.inputs[0], eqn.outputs
        if eqn.prim.kind == "host":
            own.add(y)
            if shelf(eqn):
                yield eqn
        elif x in own and y in wanted and pays(eqn, least) and shelf(eqn) and may_die(x, jaxpr, k):
            own.add(y)
            yield eqn


def wanted_whole(jaxpr: Jaxpr) -> set[Atom]:
    """The values that have to lie in memory when all is done, and those they are made of by
    changes; of others a kernel may need some elements only."""
    wanted: set[Atom] = {*jaxpr.outputs}
    for eqn in reversed(jaxpr.eqns):
        if eqn.prim.amends and (eqn.prim.kind == "host" or eqn.outputs[0] in wanted):
            wanted.add(eqn.inputs[0])
    return wanted


def pays(eqn: Eqn, least: int) -> bool:
    """Is the array large, and what is changed a small part of it, in few runs of neighbours?"""
    x, block = eqn.inputs[0].aval, eqn.inputs[1].aval
    run = 1
    for n, m in zip(x.shape[::-1], block.shape[::-1], strict=True):
        run *= m
        if m != n:
            break
    runs = block.size // max(run, 1)
    return x.size * x.dtype.itemsize >= least and x.size >= max(2 * block.size, RUN * runs)


def may_die(x: Atom, jaxpr: Jaxpr, k: int) -> bool:
    """Can all that reads a value come before equation k, of which it is the first operand?"""
    made = {*jaxpr.eqns[k].outputs}
    for eqn in jaxpr.eqns[k + 1 :]:
        if not made.isdisjoint(eqn.inputs):
            if x in eqn.inputs:
                return False
            made.update(eqn.outputs)
    return x not in jaxpr.outputs and x not in jaxpr.eqns[k].inputs[1:]


def readers_first(steps: Sequence[Work]) -> list[Work]:
    """The steps with what reads an array before what changes it, as far as that can be."""
    last = {v: step for step in steps for v in reads(step)}
    out = [*steps]
    for step in steps:
        if not (isinstance(step, Host) and step.eqn.prim.amends):
            continue
        x = step.inputs[0]
        if not isinstance(x, Var) or last[x] is step:
            continue
        n, end = out.index(step), out.index(last[x]) + 1
        before, after = part_by(out[n + 1 : end], {*step.outputs})
        out[n : max(n + 1, end)] = [*before, step, *after]
    return out
