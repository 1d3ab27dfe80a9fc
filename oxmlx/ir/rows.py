"""Row programs: the passes that a point of the grid makes over its row.

    rows ::= for grid: pass ... (store ...)
    pass ::= for index < size, ...: (fold ...) (store ...)

Derived from a kernel, never written: two folds are in one pass if neither needs the other and they
run over the same loops.
"""

from __future__ import annotations

from dataclasses import dataclass

from oxmlx.ir.kernel import Expr, Fold, Index, Kernel, Load, Store


@dataclass(frozen=True)
class Pass:
    """One sweep over a row: folds that accumulate, and elements that are stored."""

    loops: tuple[Index, ...]
    folds: tuple[Fold, ...]
    stores: tuple[Store, ...]


@dataclass(frozen=True)
class Rows:
    """A kernel as passes, and the stores of one element a row that follow them."""

    kernel: Kernel
    passes: tuple[Pass, ...]
    ends: tuple[Store, ...]

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
    folds: dict[tuple[int, tuple[Index, ...]], list[Fold]] = {}
    stores: dict[tuple[int, tuple[Index, ...]], list[Store]] = {}
    for e in kernel.nodes:
        level[e] = max((level[k] for k in e.kids()), default=0)
        if type(e) is Fold and kernel.is_row(e):
            folds.setdefault((level[e], box(e)[0]), []).append(e)
            level[e] += 1
    for s in kernel.stores:
        known = max(level[e] for e in (*s.index, s.value))
        stores.setdefault((known, kernel.loops(s)), []).append(s)
    ends = [s for (_, loops), several in stores.items() if not loops for s in several]
    keys = sorted(dict.fromkeys((*folds, *(k for k in stores if k[1]))), key=lambda k: k[0])
    passes = (Pass(k[1], tuple(folds.get(k, ())), tuple(stores.get(k, ()))) for k in keys)
    return Rows(kernel, tuple(passes), tuple(ends))


def box(fold: Fold) -> tuple[tuple[Index, ...], tuple[Expr, ...]]:
    """The loops of folds directly nested in one another, and the innermost body."""
    loops, body = [fold.loop], fold.body
    while len(body) == 1 and type(inner := body[0]) is Fold and inner.monoid == fold.monoid:
        if not inner.free.issuperset(loops):
            break
        loops.append(inner.loop)
        body = inner.body
    return tuple(loops), body
