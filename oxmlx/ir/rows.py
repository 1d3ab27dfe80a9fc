"""Row programs: the passes that a point of the grid makes over its row.

    rows ::= for grid: pass ... (store ...)
    pass ::= for index < size, ...: (save ...) (fold ...) (store ...)
    save ::= element = expr                       what a later pass would compute again

Derived from a kernel, never written: two folds are in one pass if neither needs the other and they
run over the same loops; a fold waits for a later pass that reads its arrays anyway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from oxmlx.dtypes import is_float
from oxmlx.ir.kernel import (
    Buffer,
    Expr,
    Fold,
    Index,
    Kernel,
    Load,
    Loop,
    Scalar,
    Size,
    Store,
    nodes,
)
from oxmlx.ir.scalar import SCALARS

SAVED = 8  # adds: dearer than writing an element of the row and reading it again


@dataclass
class Pass:
    """One sweep over a row."""

    loops: tuple[Index, ...]
    saves: list[tuple[Load, Expr]] = field(default_factory=list[tuple[Load, Expr]])
    """Elements that are kept for a later pass."""
    folds: list[Fold] = field(default_factory=list[Fold])
    """What is accumulated."""
    bodies: list[tuple[Expr, ...]] = field(default_factory=list[tuple[Expr, ...]])
    """Of each fold, the element inside of all its loops."""
    stores: list[Store] = field(default_factory=list[Store])
    """Elements that are stored."""

    @property
    def roots(self) -> list[Expr]:
        """Everything that is computed of an element."""
        saved = [e for _, e in self.saves]
        return [*saved, *(e for b in self.bodies for e in b), *(s.value for s in self.stores)]


@dataclass(frozen=True)
class Rows:
    """A kernel as passes, and the stores of one element a row that follow them."""

    kernel: Kernel
    passes: tuple[Pass, ...]
    ends: tuple[Store, ...]
    scratch: tuple[Buffer, ...] = ()
    """Memory for one row each, which nobody else sees."""

    def along_grid(self) -> bool:
        """Are more arrays laid out along the last index of the grid than along the passes?

        Then neighbouring points read neighbouring elements, and a row is better left to one lane.
        """
        innermost = {p.loops[-1] for p in self.passes}
        last = [e.index[-1] for e in self.kernel.nodes if type(e) is Load and len(e.index) > 1]
        along_rows = sum(i in innermost for i in last)
        return sum(i is self.kernel.grid[-1] for i in last if self.kernel.grid) > along_rows


def make_rows(kernel: Kernel) -> Rows:
    """The row program of a kernel: a fold of a row belongs to the pass after those it needs."""
    level: dict[Expr, int] = {}
    passes: dict[tuple[int, tuple[Index, ...]], Pass] = {}
    ends: list[Store] = []
    for e in kernel.nodes:
        level[e] = max((level[k] for k in e.kids()), default=0)
        if type(e) is Fold and kernel.is_row(e) and not slides(kernel, e):
            loops, body = box(e)
            p = passes.setdefault((level[e], loops), Pass(loops))
            p.folds.append(e)
            p.bodies.append(body)
            level[e] += 1
    for s in kernel.stores:
        loops = kernel.loops(s)
        known = max(level[e] for e in (*s.index, s.value))
        if loops:
            passes.setdefault((known, loops), Pass(loops)).stores.append(s)
        else:
            ends.append(s)
    ordered = [passes[key] for key in sorted(passes, key=lambda key: key[0])]
    settle(ordered)
    return Rows(kernel, tuple(p for p in ordered if p.folds or p.stores), tuple(ends))


def slides(kernel: Kernel, fold: Fold) -> bool:
    """Does a fold see a window that slides along an axis? Then there is no row of its own to sweep:
    neighbouring points read the same elements again."""
    loops, body = box(fold)

    def is_window(i: Expr) -> bool:
        meets = not i.free.isdisjoint(loops) and not i.free.isdisjoint(kernel.grid)
        return meets and not any(isinstance(e, (Size, Load)) for e in nodes(i))

    return any(is_window(i) for e in arrays(body) for i in e.index)


def box(fold: Fold) -> tuple[tuple[Index, ...], tuple[Expr, ...]]:
    """The loops of folds directly nested in one another, and the innermost body."""
    loops, body = [fold.loop], fold.body
    while len(body) == 1 and type(inner := body[0]) is Fold and inner.monoid == fold.monoid:
        if not inner.free.issuperset(loops):
            break
        loops.append(inner.loop)
        body = inner.body
    return tuple(loops), body


def settle(passes: Sequence[Pass]) -> None:
    """Let folds wait for a pass that reads their arrays anyway, if their own does not."""
    for n, p in enumerate(passes):
        for fold, body in [*zip(p.folds, p.bodies, strict=True)]:
            others = [e for e in p.roots if e not in body]
            if arrays(body) <= arrays(others):
                continue
            for q in passes[n + 1 :]:
                if fold in nodes(*q.roots):
                    break
                if q.loops == p.loops and arrays(body) <= arrays(q.roots):
                    at = p.folds.index(fold)
                    q.folds.append(p.folds.pop(at))
                    q.bodies.append(p.bodies.pop(at))
                    break


def arrays(roots: Sequence[Expr]) -> set[Load]:
    """The elements that are loaded, scalars aside."""
    return {e for e in nodes(*roots) if isinstance(e, Load) and e.index}


def keep_rows(rows: Rows) -> Rows:
    """The row program with dear values kept along the row, where a later pass needs them again: in
    the row of an output that is stored only then, or in scratch memory."""
    passes = [replace(p, saves=[], folds=[*p.folds], bodies=[*p.bodies]) for p in rows.passes]
    taken: set[Buffer] = set()
    scratch: list[Buffer] = []
    stored = {s.buffer: n for n, p in enumerate(passes) for s in p.stores}
    for n, p in enumerate(passes):
        *around, lane = p.loops
        if around:
            continue
        known: dict[Expr, Pass] = {}
        of_row = {*rows.kernel.grid, lane}  # what varies along a loop inside is no value of the row
        for q in passes[:n]:
            if q.loops == p.loops:
                values = (e for e in along(q.roots, lane) if e.free <= of_row)
                known = {**dict.fromkeys(values, q), **known}
        slots: dict[Expr, Load] = {}
        for e in dear(p.roots, lane, known):
            first = known[e]
            kept = (load for load, x in first.saves if x is e)
            saved = next((load for load in kept if stored.get(load.buffer, n) >= n), None)
            if saved is None:
                saved = place(rows, passes[n:], e, lane, taken)
                if saved.buffer not in rows.kernel.outputs:
                    scratch.append(saved.buffer)
                first.saves.append((saved, e))
            slots[e] = saved
        if slots:
            p.bodies = [tuple(swap(body, lane, slots)) for body in p.bodies]
            values = swap([s.value for s in p.stores], lane, slots)
            p.stores = [replace(s, value=v) for s, v in zip(p.stores, values, strict=True)]
    return replace(rows, passes=tuple(passes), scratch=tuple(scratch))


def along(roots: Sequence[Expr], lane: Index) -> list[Expr]:
    """What varies along the lane, outside of loops over it."""
    return [e for e in nodes(*roots, kids=lambda e: e.kids() if lane in e.free else ())]


def dear(roots: Sequence[Expr], lane: Index, known: Mapping[Expr, Pass]) -> list[Expr]:
    """The largest parts that are known from an earlier pass and better read than computed."""
    found: list[Expr] = []

    def is_dear(e: Expr) -> bool:
        if e not in known or not isinstance(e, Scalar) or lane not in e.free:
            return False
        work = (x for x in along([e], lane) if isinstance(x, Scalar) and lane in x.free)
        wide = is_float(e.dtype) and e.dtype.itemsize >= 4
        return wide and sum(SCALARS[x.op].cost for x in work) >= SAVED

    for e in nodes(*roots, kids=lambda e: () if is_dear(e) or lane not in e.free else e.kids()):
        if is_dear(e):
            found.append(e)
    return found


def place(rows: Rows, later: Sequence[Pass], e: Expr, lane: Index, taken: set[Buffer]) -> Load:
    """An element of memory along the row."""
    for p in later:
        for s in p.stores:
            own = s.index == (*rows.kernel.grid, lane) and s.buffer.dtype == e.dtype
            if own and s.buffer not in taken and s.buffer not in rows.kernel.inputs:
                taken.add(s.buffer)
                return Load(s.buffer, s.index)
    row = Buffer(f"row{len(taken)}", (lane.extent.value,), e.dtype, (lane.extent,))
    taken.add(row)
    return Load(row, (lane,))


def swap(roots: Sequence[Expr], lane: Index, slots: Mapping[Expr, Load]) -> list[Expr]:
    """The roots with some elements read from memory; what is the same for the row stays."""

    def stays(e: Expr) -> bool:
        return e in slots or lane not in e.free

    new: dict[Expr, Expr] = {}
    for e in nodes(*roots, kids=lambda e: () if stays(e) else e.kids()):
        new[e] = slots.get(e, e) if stays(e) else e.with_kids([new[k] for k in e.kids()])
    return [new[e] for e in roots]


def outside(roots: Sequence[Expr], scope: frozenset[Index]) -> list[Expr]:
    """The largest parts of `roots` that vary along `scope` only: to be computed before a loop."""

    def moves(e: Expr) -> bool:
        return not e.free <= scope

    found: list[Expr] = []
    for e in nodes(*roots, kids=lambda e: e.kids() if moves(e) and not isinstance(e, Loop) else ()):
        if isinstance(e, Loop) and moves(e):
            found += outside(e.body, scope - {e.loop})
        elif not moves(e) and (e.kids() or isinstance(e, Load)):
            found.append(e)
    return found


def guarded_loads(kernel: Kernel) -> set[Expr]:
    """Loads that only the arms of a select reach: their index may lie outside."""
    return loads_in_arms([e for s in kernel.stores for e in (*s.index, s.value)])


def loads_in_arms(roots: Sequence[Expr]) -> set[Expr]:
    """Loads in `roots` that only the arms of a select reach."""

    def always(e: Expr) -> Sequence[Expr]:
        return e.args[:1] if isinstance(e, Scalar) and e.op == "select" else e.kids()

    certain = set(nodes(*roots, kids=always))
    return {e for e in nodes(*roots) if isinstance(e, Load) and e not in certain}
