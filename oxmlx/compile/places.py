"""Places: what a kernel writes lies where one of its inputs lay, if nobody reads that any more.

A kernel may do so if each point of its grid is done with an element of the input when it stores
that element of the output, and no other point reads it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from oxmlx.compile.schedule import reads
from oxmlx.ir.jaxpr import Jaxpr, Var
from oxmlx.ir.kernel import Buffer, Expr, Kernel, Load, Loop, Store, nodes
from oxmlx.ir.plan import Branch, Launch, Library, Work
from oxmlx.ir.rows import Rows, keep_rows, make_rows


def place(steps: Sequence[Work], jaxpr: Jaxpr, given: Collection[int] = ()) -> list[Work]:
    """The steps of a program, with outputs in the place of what dies there.

    Args:
        given: which inputs the caller has done with; the others are not to be written to.
    """
    live = {a for a in jaxpr.outputs if isinstance(a, Var)}
    live.update(v for k, v in enumerate(jaxpr.inputs) if k not in given)
    out: list[Work] = []
    for step in reversed(steps):
        if isinstance(step, Launch):
            step = in_place(step, [v for v in step.inputs if v not in live])
        if isinstance(step, Library) and step.eqn.prim.amends:
            first, *others = step.inputs
            if isinstance(first, Var) and first not in live and first not in others:
                step = replace(step, over={step.outputs[0]: first})
        if isinstance(step, Branch):
            step = replace(step, over=kept_by_all(step, live))
        live.update(reads(step))
        out.append(step)
    return out[::-1]


def kept_by_all(step: Branch, live: Collection[Var]) -> dict[Var, Var]:
    """The results that lie where an operand lay that dies there, whichever plan is run."""
    operands, over = step.inputs[1:], dict[Var, Var]()
    origins = [plan.origins for plan in step.branches]
    for k, y in enumerate(step.outputs):
        ways = [(p, o.get(p.outputs[k])) for p, o in zip(step.branches, origins, strict=True)]
        first, *others = {-1 if v is None else plan.inputs.index(v) for plan, v in ways}
        if others or first < 0:
            continue
        x = operands[first]
        if not isinstance(x, Var) or x in live or x in over.values():
            continue
        if step.inputs.count(x) == 1:
            over[y] = x
    return over


def in_place(launch: Launch, dying: Sequence[Var]) -> Launch:
    """The launch, with as many outputs over inputs that die there as its kernel allows."""
    kernel = launch.kernel
    buffers = dict(zip(launch.inputs, kernel.inputs, strict=True))
    over: dict[Var, Var] = {}
    if dying and not any(s.combine for s in kernel.stores):
        for y, out in zip(launch.outputs, kernel.outputs, strict=True):
            left = (x for x in dying if x not in over.values())
            found = next((x for x in left if may_replace(kernel, buffers[x], out)), None)
            if found is not None:
                over[y] = found
    return replace(launch, over=over) if over else launch


def may_replace(kernel: Kernel, old: Buffer, new: Buffer) -> bool:
    """May an output lie where an input lay? Each element is stored by one point, once."""
    if old.dtype != new.dtype or old.extents != new.extents:
        return False
    store = next(s for s in kernel.stores if s.buffer is new)
    loads = [e for e in kernel.nodes if isinstance(e, Load) and e.buffer is old]
    if any(e.index != store.index for e in loads):
        return False
    folds = any(isinstance(e, Loop) for e in kernel.nodes)
    if not folds and not any(map(kernel.loops, kernel.stores)):
        return True  # a point loads everything before it stores anything
    rows = make_rows(kernel)
    return all(is_done(program, store, loads) for program in (rows, keep_rows(rows)))


def is_done(rows: Rows, store: Store, loads: Sequence[Load]) -> bool:
    """Is a point done with an element when it first writes to it, in whatever order its threads
    go? Those that sweep a row meet the same elements in every pass over the same loops."""
    out, passes = store.buffer, rows.passes
    folds = {f for p in passes for f in p.folds}

    def read(roots: Sequence[Expr]) -> list[Expr]:
        return nodes(*roots, kids=lambda e: () if e in folds else e.kids())

    sweeps, ends = [read(p.roots) for p in passes], read([s.value for s in rows.ends])
    every = [e for part in (*sweeps, ends) for e in part]
    if any(isinstance(e, Loop) and e not in folds and e.loop in store.index for e in every):
        return False  # such a loop within a sweep meets all elements for each
    reading = [n for n, sweep in enumerate(sweeps) if not set(sweep).isdisjoint(loads)]
    if any(s.buffer is out for s in rows.ends):
        return not reading
    (last,) = (n for n, p in enumerate(passes) if any(s.buffer is out for s in p.stores))
    saves = (n for n, p in enumerate(passes) if any(row.buffer is out for row, _ in p.saves))
    first, loops = min((*saves, last)), passes[last].loops
    return all(n <= first and passes[n].loops == loops for n in reading)
