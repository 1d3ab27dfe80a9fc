"""Drafting: one kernel pulled out of its root, as far as the rule of `fuse` lets it."""

from __future__ import annotations

from collections.abc import Set
from math import prod

from oxmlx.compile.values import Values
from oxmlx.ir.jaxpr import Var
from oxmlx.ir.kernel import Expr, Index, Kernel, Load, Scalar, Store, nodes, substitute
from oxmlx.ir.scalar import SCALARS

ROW_COST = 15  # adds: dearer than reading a value that is the same for every row
MOST_PLACES = 8
"""Indices at which one kernel computes a value. Each may have several operands at several ones: the
differences of a running product, say, would have exponentially many."""
NAME_LENGTH = 48


class Draft:
    """One kernel: its root, and what that inlines, loads, and stores on the way."""

    def __init__(self, values: Values, root: Var, kept: Set[Var], elsewhere: Set[Var]) -> None:
        self.values, self.root, self.kept, self.elsewhere = values, root, kept, elsewhere
        self.grid, body = values.body(root)
        is_fold = values.is_fold(root)
        self.outer: tuple[Index, ...] | None = self.grid if is_fold else None
        self.stores: dict[Var, tuple[tuple[Expr, ...], Expr]] = {root: (self.grid, body)}
        self.inlined: dict[Var, list[tuple[tuple[Expr, ...], Expr]]] = {}
        self.folds = {root} if is_fold else set[Var]()
        self.loaded: set[Var] = set()
        self.new: dict[Expr, Expr] = {}

    def expand(self) -> Var | None:
        """Inline until only loads of buffers are left. Iterative, for programs are deep.

        Returns:
            A value that does not fit: it needs a buffer or, if it has one, another kernel that
            stores it. Then the draft is spoilt.
        """
        pulled: dict[Expr, Expr | None] = {}
        stack = [self.stores[self.root][1]]
        while stack:
            e = stack[-1]
            missing = [k for k in e.kids() if k not in self.new]
            if e in self.new:
                stack.pop()
            elif missing:
                stack += reversed(missing)
            else:
                same = e.with_kids([self.new[k] for k in e.kids()])
                if e not in pulled:
                    value = self.pull(same) if isinstance(same, Load) else None
                    if isinstance(value, Var):
                        return value
                    pulled[e] = value
                body = pulled[e]
                if body is not None and body not in self.new:
                    stack.append(body)
                else:
                    self.new[e] = same if body is None else self.new[body]
        return self.wasted()

    def pull(self, load: Load) -> Expr | Var | None:
        """The value that `load` reads, to be computed here; nothing if it is to be loaded; or the
        variable, if it can be neither."""
        values, v, index = self.values, self.values.value[load.buffer], load.index
        if v not in values.eqn:
            return None
        prim = values.eqn[v].prim
        is_fold = values.is_fold(v)
        outer = self.rows(load) if is_fold and not prim.reuses else self.outer
        is_row = outer is not None and load.free == frozenset(outer)
        fits = not is_fold or (is_row and not prim.reuses)
        here = v in self.kept and fits and self.passes_by(load, outer)
        here = here and v not in self.elsewhere and v not in self.loaded
        if v in self.kept and not here:
            if v in self.stores:
                return v
            if not self.is_number(v):
                self.loaded.add(v)
                return None
        elif not fits or (not here and len(self.inlined.get(v, ())) == MOST_PLACES):
            return v
        if is_fold:
            self.outer = outer
            self.folds.add(v)
        grid, body = values.body(v)
        (body,) = substitute([body], dict(zip(grid, index, strict=True)))
        self.inlined.setdefault(v, []).append((index, body))
        if here:
            self.stores.setdefault(v, (index, body))
        return body

    def rows(self, fold: Load) -> tuple[Index, ...] | None:
        """The outer indices, if need be those that a fold loaded here would fix."""
        if self.outer is None and fold.free <= set(self.grid) and (fold.free or len(self.grid) < 2):
            return tuple(g for g in self.grid if g in fold.free)
        return self.outer

    def is_number(self, v: Var) -> bool:
        """Is it one number, which is as well computed again from another one as read?"""
        work = 0
        while v in self.values.eqn:
            _, body = self.values.body(v)
            leaves = {e.buffer for e in nodes(body) if isinstance(e, Load)}
            work += cost(body)
            if v.aval.shape or self.values.is_fold(v) or len(leaves) != 1 or work > ROW_COST:
                return False
            v = self.values.value[leaves.pop()]
        return not v.aval.shape

    def passes_by(self, load: Load, outer: tuple[Index, ...] | None) -> bool:
        """Does this kernel come by each element once: at a point, at a row, or along one?"""
        index = load.index
        if [i.extent for i in index if isinstance(i, Index)] != list(load.buffer.extents):
            return False
        along = bool(index) and index[-1] not in self.grid and index[:-1] == outer
        return index == self.grid or index == outer or along

    def wasted(self) -> Var | None:
        """A costly value that would be computed again for rows that do not change it, or for each
        window that shows it."""
        rows = frozenset(self.grid[:-1] if self.outer is None else self.outer)
        root = self.values.eqn[self.root].prim
        slides = root.kind == "fold" and root.reuses
        for v, pulls in self.inlined.items():
            for index, body in pulls if self.values.eqn[v].prim.kind == "map" else ():
                free = frozenset[Index]().union(*(i.free for i in index))
                again = not (free <= rows or rows <= free)
                if again and cost(self.new[body]) > ROW_COST:
                    return v
                if slides and self.times(v, free) * cost(self.new[body], True) > ROW_COST:
                    return v
        return None

    def times(self, v: Var, free: Set[Index]) -> float:
        """How often an element of a value is computed at such indices, if it is more than once."""
        times = prod(i.extent.value for i in free) / max(prod(v.aval.shape), 1)
        return times if times > 1 else 0

    def kernel(self) -> Kernel:
        """The kernel: rows are called i0, i1, ..., and what runs along them like the folds do."""
        outer = self.grid if self.outer is None else self.outer
        along = [g for g in self.grid if g not in outer]
        names = {g: Index(f"i{k}", g.extent) for k, g in enumerate(outer)}
        names |= {g: Index(f"k{k}", g.extent) for k, g in enumerate(reversed(along))}
        stores: list[Store] = []
        for v, (index, body) in self.stores.items():
            *place, value = substitute([*index, self.new[body]], names)
            stores.append(Store(self.values.buffer(v), tuple(place), value))
        return Kernel(self.name(), tuple(names[g] for g in outer), tuple(stores))

    def name(self) -> str:
        """The operations that it computes, in order."""
        values = sorted({self.root, *self.inlined}, key=self.values.place.__getitem__)
        prims = [self.values.eqn[v].prim for v in values]
        words = dict.fromkeys(p.name for p in prims if p.kind != "move") or {prims[-1].name: None}
        return "_".join(words)[:NAME_LENGTH].rstrip("_")


def cost(e: Expr, of_values: bool = False) -> int:
    """Work to compute one element, in vector adds; that of finding where elements lie included,
    unless it is said not to be."""
    inside = nodes(e, kids=lambda e: () if of_values and isinstance(e, Load) else e.kids())
    return sum(SCALARS[n.op].cost for n in inside if isinstance(n, Scalar))
