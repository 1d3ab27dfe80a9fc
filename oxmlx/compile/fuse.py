"""Fusion: cut a jaxpr into kernels.

Each equation is lowered once, by itself; then a load of a value becomes its expression there.
Whether it may is decided by the index, never by the name of an operation:

    A fold loaded at ix is inlined if the free indices of ix are the kernel's outer indices, which
    the first such fold fixes: they say what a row is. Any other fold gets a buffer, and so does one
    that `reuses` its operands (a contraction). A value with a buffer that is loaded at just the
    element this kernel would store is stored here, on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from graphlib import CycleError, TopologicalSorter

import numpy as np

from oxmlx.errors import MissingRule
from oxmlx.ir.jaxpr import Eqn, Jaxpr, Literal, Var
from oxmlx.ir.kernel import (
    Buffer,
    Const,
    Expr,
    Index,
    Kernel,
    Load,
    Loop,
    Operand,
    Scalar,
    Store,
    nodes,
    substitute,
)
from oxmlx.ir.kernel import Literal as Number
from oxmlx.ir.plan import Obstacle
from oxmlx.ir.pretty import letters
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.scalar import SCALARS

MAX_EQUATIONS = 256  # in one kernel
MAX_BUFFERS = 28  # Metal binds 31 arguments
ROW_COST = 15  # adds: dearer than reading a value that is the same for every row
WRITTEN = (0, 1, -1, 0.5, -0.5, 2)  # numbers that are part of the text
NAME_LENGTH = 48
INLINED = frozenset({"move", "map", "fold"})


@dataclass(frozen=True)
class Fused:
    """Kernels, and the equations that stay as they are, in an order in which they can run.

    `buffers` says where the variables live that exist in memory, `reasons` why an equation stays.
    """

    steps: tuple[Kernel | Eqn, ...]
    buffers: dict[Var, Buffer]
    reasons: dict[Eqn, str]

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernels alone."""
        return tuple(step for step in self.steps if isinstance(step, Kernel))

    def map(self, change: Callable[[Kernel], Kernel]) -> Fused:
        """The same steps with every kernel changed."""
        steps = tuple(change(s) if isinstance(s, Kernel) else s for s in self.steps)
        return Fused(steps, self.buffers, self.reasons)


def no_obstacle(prim: Primitive, body: Expr) -> str:
    """The interpreter's answer."""
    return ""


def fuse(jaxpr: Jaxpr, obstacle: Obstacle = no_obstacle) -> Fused:
    """Cut `jaxpr` into kernels, as few as the rule allows; what the backend has no code for stays
    an equation."""
    return Fuser(jaxpr, obstacle).run()


class Fuser:
    """The values of a jaxpr, those of them `kept` in buffers, and the kernels drafted so far."""

    def __init__(self, jaxpr: Jaxpr, obstacle: Obstacle) -> None:
        self.jaxpr, self.obstacle = jaxpr, obstacle
        self.reasons: dict[Eqn, str] = {}
        self.place: dict[Var, int] = {}  # order of definition
        self.above: dict[Var, int] = {}  # the places of what a value is computed from, as bits
        self.eqn: dict[Var, Eqn] = {}  # of values that can be inlined
        self.opaque: list[Eqn] = []
        self.buffers: dict[Var, Buffer] = {}
        self.value: dict[Buffer, Var] = {}
        self.bodies: dict[Var, tuple[tuple[Index, ...], Expr]] = {}
        self.severed: set[Var] = set()  # kept values that only their own kernel may store
        self.alone: set[Var] = set()  # roots whose kernel stores nothing else
        self.drafts: dict[Var, Draft] = {}
        for v in jaxpr.inputs:
            self.define(v, ())
        for eqn in jaxpr.eqns:
            for v in eqn.outputs:
                self.define(v, variables(eqn.inputs))
            reason = no_element(eqn) or self.no_code(eqn)
            if reason:
                self.reasons[eqn] = reason
                self.opaque.append(eqn)
        for eqn in self.moves_of_the_host():
            del self.eqn[eqn.outputs[0]]
            self.opaque.append(eqn)
            self.reasons[eqn] = "it moves what only the host reads"
        wanted = [*variables(jaxpr.outputs), *(v for e in self.opaque for v in variables(e.inputs))]
        self.kept = {v for v in wanted if v in self.eqn}
        self.cut()
        self.todo = set(self.kept)

    def moves_of_the_host(self) -> list[Eqn]:
        """Moves between equations of the host: for NumPy they are mostly views."""
        uses: dict[Var, list[Eqn]] = {}
        for eqn in self.jaxpr.eqns:
            for v in variables(eqn.inputs):
                uses.setdefault(v, []).append(eqn)
        moves = {e for v, e in self.eqn.items() if e.prim.kind == "move" and v in uses}

        def is_fused(eqn: Eqn | None) -> bool:
            return eqn is not None and eqn not in moves

        while True:
            between = {
                e
                for e in moves
                if not any(is_fused(self.eqn.get(u.outputs[0])) for u in uses[e.outputs[0]])
                and not any(is_fused(self.eqn.get(v)) for v in variables(e.inputs))
            }
            if between == moves:
                return [e for e in self.jaxpr.eqns if e in moves]
            moves = between

    def no_code(self, eqn: Eqn) -> str:
        """Why the element of an equation cannot be computed; if it can, it may be inlined."""
        v = eqn.outputs[0]
        self.eqn[v] = eqn
        try:
            reason = self.obstacle(eqn.prim, self.body(v)[1])
        except MissingRule as e:
            reason = e.problem
        if reason:
            del self.eqn[v]
        return reason

    def define(self, v: Var, inputs: Iterable[Var]) -> None:
        self.place[v] = len(self.place)
        self.above[v] = 0
        for a in inputs:
            self.above[v] |= self.above[a] | 1 << self.place[a]

    def is_above(self, a: Var, b: Var) -> bool:
        """Is `b` computed from `a`?"""
        return bool(self.above[b] >> self.place[a] & 1)

    def cut(self) -> None:
        """Sever what would make a kernel too large, the largest operand first."""
        cones: dict[Var, tuple[frozenset[Var], frozenset[Var]]] = {}
        for v, eqn in self.eqn.items():
            while True:
                equations, reads = {v}, set[Var]()
                inner = [
                    a for a in variables(eqn.inputs) if a in self.eqn and a not in self.severed
                ]
                for a in variables(eqn.inputs):
                    more, loads = cones[a] if a in inner else (frozenset[Var](), frozenset((a,)))
                    equations |= more
                    reads |= loads
                if not inner or (len(equations) <= MAX_EQUATIONS and len(reads) <= MAX_BUFFERS):
                    break
                self.severed.add(max(inner, key=lambda a: (len(cones[a][0]), self.place[a])))
            cones[v] = frozenset(equations), frozenset(reads)
        self.kept |= self.severed

    def buffer(self, v: Var) -> Buffer:
        """The memory of a variable, whether or not it will exist."""
        if v not in self.buffers:
            b = Buffer(letters(self.place[v]), v.aval.shape, v.aval.dtype)
            self.buffers[v], self.value[b] = b, v
        return self.buffers[v]

    def body(self, v: Var) -> tuple[tuple[Index, ...], Expr]:
        """The element of a value, as an expression of a grid and of loads of the operands."""
        if v not in self.bodies:
            eqn, out = self.eqn[v], v.aval
            operands = [
                Operand.of(self.buffer(a))
                if isinstance(a, Var)
                else Operand((), a.aval.dtype, partial(number, a))
                for a in eqn.inputs
            ]
            grid = tuple(Index(f"g{k}", n) for k, n in enumerate(self.buffer(v).extents))
            self.bodies[v] = grid, eqn.prim.lower(grid, *operands, out=out)
        return self.bodies[v]

    def is_fold(self, v: Var) -> bool:
        """Is there a loop for each element? Over an axis of length 1 there is none."""
        if self.eqn[v].prim.kind != "fold":
            return False
        return any(isinstance(e, Loop) for e in nodes(self.body(v)[1]))

    def run(self) -> Fused:
        """Draft kernels until every kept value is stored by one, and they have an order."""
        while True:
            while self.todo:
                root = max(self.todo, key=self.place.__getitem__)
                self.todo.remove(root)
                if root not in self.stored():
                    self.draft(root)
            try:
                buffers = {v: self.buffer(v) for v in self.in_memory()}
                return Fused(self.order(), buffers, self.reasons)
            except CycleError as e:
                for root in [r for r, d in self.drafts.items() if d in e.args[1]]:
                    self.alone.add(root)
                    self.withdraw(root)

    def in_memory(self) -> list[Var]:
        """The variables that have a buffer, in order of definition."""
        return [v for v in self.place if v not in self.eqn or v in self.kept]

    def stored(self) -> set[Var]:
        """The values that some draft stores."""
        return {v for d in self.drafts.values() for v in d.stores}

    def draft(self, root: Var) -> None:
        """Draft the kernel that stores `root`."""
        apart = set(self.kept if root in self.alone else self.severed)
        while True:
            draft = Draft(self, root, self.stored() | apart)
            misfit = draft.expand()
            if misfit is not None:
                if misfit in self.kept:
                    apart.add(misfit)
                else:
                    self.keep(misfit)
                continue
            folded = {v for d in self.drafts.values() for v in d.folds} & draft.folds
            crossed = self.crossed(draft)
            if not folded and not crossed:
                self.drafts[root] = draft
                return
            apart |= crossed
            for v in sorted(folded, key=self.place.__getitem__):  # one kernel folds, another reads
                self.keep(v)

    def keep(self, v: Var) -> None:
        """Give `v` a buffer; drafts that computed it inline are made again."""
        self.kept.add(v)
        self.todo.add(v)
        for root in [r for r, d in self.drafts.items() if v in d.inlined]:
            self.withdraw(root)

    def withdraw(self, root: Var) -> None:
        self.todo |= self.drafts.pop(root).stores.keys()

    def crossed(self, draft: Draft) -> set[Var]:
        """Values stored on the way that another kernel needs before this one can run."""
        others = [v for v in self.kept if v not in draft.stores]
        others += [v for eqn in self.opaque for v in eqn.outputs]
        needed = [w for w in others if any(self.is_above(w, v) for v in draft.stores)]
        inner = draft.stores.keys() - {draft.root}
        return {v for v in inner if any(self.is_above(v, w) for w in needed)}

    def order(self) -> tuple[Kernel | Eqn, ...]:
        """The steps with producers first, else in program order; effects stay in theirs.

        Raises:
            CycleError: kernels wait for one another.
        """
        maker: dict[Var, Draft | Eqn] = {v: d for d in self.drafts.values() for v in d.stores}
        maker |= {v: eqn for eqn in self.opaque for v in eqn.outputs}
        kernels = {d: d.kernel() for d in self.drafts.values()}
        graph: TopologicalSorter[Draft | Eqn] = TopologicalSorter()
        place: dict[Draft | Eqn, int] = {}
        effects: list[Eqn] = []
        for d, kernel in kernels.items():
            reads = [self.value[b] for b in kernel.inputs]
            graph.add(d, *(maker[v] for v in reads if v in maker))
            place[d] = self.place[d.root]
        for eqn in self.opaque:
            reads = variables(eqn.inputs)
            place[eqn] = max((self.place[v] for v in (*reads, *eqn.outputs)), default=-1)
            graph.add(eqn, *(maker[v] for v in reads if v in maker))
            if eqn.prim.effects:
                graph.add(eqn, *effects[-1:])
                effects.append(eqn)
        graph.prepare()
        steps: list[Draft | Eqn] = []
        ready: list[Draft | Eqn] = []
        while graph.is_active():
            ready = sorted((*ready, *graph.get_ready()), key=place.__getitem__, reverse=True)
            steps.append(ready.pop())
            graph.done(steps[-1])
        return tuple(kernels[step] if isinstance(step, Draft) else step for step in steps)


class Draft:
    """One kernel: its root, and what that inlines, loads, and stores on the way."""

    def __init__(self, fuser: Fuser, root: Var, elsewhere: set[Var]) -> None:
        self.fuser, self.root, self.elsewhere = fuser, root, elsewhere
        self.grid, body = fuser.body(root)
        is_fold = fuser.is_fold(root)
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
        fuser, v, index = self.fuser, self.fuser.value[load.buffer], load.index
        if v not in fuser.eqn:
            return None
        prim = fuser.eqn[v].prim
        is_fold = fuser.is_fold(v)
        outer = self.rows(load) if is_fold and not prim.reuses else self.outer
        is_row = outer is not None and load.free == frozenset(outer)
        fits = not is_fold or (is_row and not prim.reuses)
        if v in fuser.kept:
            here = fits and self.passes_by(load, outer)
            if not here or v in self.elsewhere or v in self.loaded:
                if v in self.stores:
                    return v
                self.loaded.add(v)
                return None
        elif not fits:
            return v
        if is_fold:
            self.outer = outer
            self.folds.add(v)
        grid, body = fuser.body(v)
        (body,) = substitute([body], dict(zip(grid, index, strict=True)))
        self.inlined.setdefault(v, []).append((index, body))
        if v in fuser.kept:
            self.stores.setdefault(v, (index, body))
        return body

    def rows(self, fold: Load) -> tuple[Index, ...] | None:
        """The outer indices, if need be those that a fold loaded here would fix."""
        if self.outer is None and fold.free <= set(self.grid) and (fold.free or len(self.grid) < 2):
            return tuple(g for g in self.grid if g in fold.free)
        return self.outer

    def passes_by(self, load: Load, outer: tuple[Index, ...] | None) -> bool:
        """Does this kernel come by each element once: at a point, at a row, or along one?"""
        index = load.index
        if [i.extent for i in index if isinstance(i, Index)] != list(load.buffer.extents):
            return False
        along = bool(index) and index[-1] not in self.grid and index[:-1] == outer
        return index == self.grid or index == outer or along

    def wasted(self) -> Var | None:
        """A costly value that would be computed again for rows that do not change it."""
        rows = frozenset(self.grid[:-1] if self.outer is None else self.outer)
        for v, pulls in self.inlined.items():
            for index, body in pulls if self.fuser.eqn[v].prim.kind == "map" else ():
                free = frozenset[Index]().union(*(i.free for i in index))
                again = not (free <= rows or rows <= free)
                if again and cost(self.new[body]) > ROW_COST:
                    return v
        return None

    def kernel(self) -> Kernel:
        """The kernel: rows are called i0, i1, ..., and what runs along them like the folds do."""
        outer = self.grid if self.outer is None else self.outer
        along = [g for g in self.grid if g not in outer]
        names = {g: Index(f"i{k}", g.extent) for k, g in enumerate(outer)}
        names |= {g: Index(f"k{k}", g.extent) for k, g in enumerate(reversed(along))}
        stores: list[Store] = []
        for v, (index, body) in self.stores.items():
            *place, value = substitute([*index, self.new[body]], names)
            stores.append(Store(self.fuser.buffer(v), tuple(place), value))
        return Kernel(self.name(), tuple(names[g] for g in outer), tuple(stores))

    def name(self) -> str:
        """The operations that it computes, in order."""
        values = sorted({self.root, *self.inlined}, key=self.fuser.place.__getitem__)
        prims = [self.fuser.eqn[v].prim for v in values]
        words = dict.fromkeys(p.name for p in prims if p.kind != "move") or {prims[-1].name: None}
        return "_".join(words)[:NAME_LENGTH].rstrip("_")


def variables(atoms: Iterable[Var | Literal]) -> list[Var]:
    """The atoms that are variables."""
    return [a for a in atoms if isinstance(a, Var)]


def no_element(eqn: Eqn) -> str:
    """Why the equation has not one output whose element is an expression; nothing if it has."""
    prim = eqn.prim
    if prim.effects:
        return "it has an effect"
    if prim.kind == "program":
        return "it runs programs of its own"
    if prim.multiple_results:
        return "it has several results"
    if prim.kind not in INLINED or type(prim).lower is Primitive.lower:
        return "it has no lower rule"
    return ""


def number(atom: Literal, index: tuple[Expr, ...]) -> Expr:
    """A literal of the program: in the text if it is common, else an argument of the kernel."""
    value = np.asarray(atom.value)
    return Const(value) if value.item() in WRITTEN or value.dtype == bool else Number(value)


def cost(e: Expr) -> int:
    """Work to compute one element, in vector adds."""
    return sum(SCALARS[n.op].cost for n in nodes(e) if isinstance(n, Scalar))
