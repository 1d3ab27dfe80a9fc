"""Fusion: cut a jaxpr into kernels.

Each equation is lowered once, by itself; then a load of a value becomes its expression there.
Whether it may is decided by the index, never by the name of an operation:

    A fold loaded at ix is inlined if the free indices of ix are the kernel's outer indices, which
    the first such fold fixes: they say what a row is. Any other fold gets a buffer, and so does one
    that `reuses` its operands (a contraction). A value with a buffer that is loaded at just the
    element this kernel would store is stored here, on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from functools import reduce
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from operator import or_

from oxmlx.compile.draft import Draft
from oxmlx.compile.sharing import shared
from oxmlx.compile.values import Values, variables
from oxmlx.ir.jaxpr import Eqn, Jaxpr, Var
from oxmlx.ir.kernel import Buffer, Expr, Kernel, Loop, nodes
from oxmlx.ir.plan import Obstacle
from oxmlx.ir.primitive import Primitive

MAX_EQUATIONS = 256  # in one kernel
MAX_BUFFERS = 28  # Metal binds 31 arguments


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


def fuse(
    jaxpr: Jaxpr,
    obstacle: Obstacle = no_obstacle,
    strict: bool = False,
    amended: Set[Eqn] = frozenset(),
) -> Fused:
    """Cut `jaxpr` into kernels, as few as the rule allows; what the backend has no code for stays
    an equation, and so do those `amended`. In `strict` mode a fold that rounds has a kernel of its
    own, so that the order in which it adds up depends on nothing else."""
    values = Values(jaxpr, obstacle, amended)
    return Fuser(values, fences(values) if strict else set()).run()


def fences(values: Values) -> set[Var]:
    """The folds of floats, and what they fold if it is computed: one kernel ends there."""
    elements = {v: nodes(values.body(v)[1]) for v in values.eqn}
    folds = [v for v, es in elements.items() if any(isinstance(e, Loop) and e.rounds for e in es)]
    around = [a for v in folds for a in (v, *variables(values.eqn[v].inputs))]
    return {a for a in around if a in values.eqn}


class Fuser:
    """Which values are `kept` in buffers, and the kernels drafted so far."""

    def __init__(self, values: Values, severed: set[Var]) -> None:
        self.values = values
        self.severed = severed  # kept values that only their own kernel may store
        self.alone: set[Var] = set()  # roots whose kernel stores nothing else
        self.drafts: dict[Var, Draft] = {}
        self.stored = set[Var]()  # by some draft, each by one
        self.folded = set[Var]()
        wanted = variables(values.jaxpr.outputs)
        wanted += [v for e in values.opaque for v in variables(e.inputs)]
        self.kept = {v for v in wanted if v in values.eqn}
        self.cut()
        self.todo = set(self.kept)

    def cut(self) -> None:
        """Sever what would make a kernel too large, the largest operand first."""
        cones: dict[Var, tuple[frozenset[Var], frozenset[Var]]] = {}
        for v, eqn in self.values.eqn.items():
            while True:
                equations, reads = {v}, set[Var]()
                inner = [
                    a
                    for a in variables(eqn.inputs)
                    if a in self.values.eqn and a not in self.severed
                ]
                for a in variables(eqn.inputs):
                    more, loads = cones[a] if a in inner else (frozenset[Var](), frozenset((a,)))
                    equations |= more
                    reads |= loads
                if not inner or (len(equations) <= MAX_EQUATIONS and len(reads) <= MAX_BUFFERS):
                    break
                self.severed.add(max(inner, key=lambda a: (len(cones[a][0]), self.values.place[a])))
            cones[v] = frozenset(equations), frozenset(reads)
        self.kept |= self.severed

    def run(self) -> Fused:
        """Draft kernels until every kept value is stored by one, and they have an order."""
        while True:
            while self.todo:
                root = max(self.todo, key=self.values.place.__getitem__)
                self.todo.remove(root)
                if root not in self.stored:
                    self.draft(root)
            for v in shared(self.values, self.kept, self.drafts.values()):
                self.keep(v)
            if self.todo:
                continue
            try:
                buffers = {v: self.values.buffer(v) for v in self.in_memory()}
                return Fused(self.order(), buffers, self.values.reasons)
            except CycleError as e:
                for root in [r for r, d in self.drafts.items() if d in e.args[1]]:
                    self.alone.add(root)
                    self.withdraw(root)

    def in_memory(self) -> list[Var]:
        """The variables that have a buffer, in order of definition."""
        return [v for v in self.values.place if v not in self.values.eqn or v in self.kept]

    def draft(self, root: Var) -> None:
        """Draft the kernel that stores `root`."""
        apart = set(self.kept if root in self.alone else self.severed)
        while True:
            draft = Draft(self.values, root, self.kept, self.stored | apart)
            misfit = draft.expand()
            if misfit is not None:
                if misfit in self.kept:
                    apart.add(misfit)
                else:
                    self.keep(misfit)
                continue
            folded = self.folded & draft.folds
            crossed = self.crossed(draft)
            if not folded and not crossed:
                self.drafts[root] = draft
                self.stored |= draft.stores.keys()
                self.folded |= draft.folds
                return
            apart |= crossed
            for v in sorted(folded, key=self.values.place.__getitem__):
                self.keep(v)  # one kernel folds, another reads

    def keep(self, v: Var) -> None:
        """Give `v` a buffer; drafts that computed it inline are made again."""
        self.kept.add(v)
        self.todo.add(v)
        for root in [r for r, d in self.drafts.items() if v in d.inlined]:
            self.withdraw(root)

    def withdraw(self, root: Var) -> None:
        """Draft what `root`'s kernel stores again."""
        draft = self.drafts.pop(root)
        self.stored -= draft.stores.keys()
        self.folded -= draft.folds
        self.todo |= draft.stores.keys()

    def crossed(self, draft: Draft) -> set[Var]:
        """Values stored on the way that another kernel needs before this one can run."""
        values, inner = self.values, draft.stores.keys() - {draft.root}
        if not inner:
            return set()
        above = reduce(or_, (values.above[v] for v in draft.stores))
        others = (v for v in self.kept if v not in draft.stores)
        opaque = (v for eqn in values.opaque for v in eqn.outputs)
        needed = [w for w in chain(others, opaque) if above >> values.place[w] & 1]
        return {v for v in inner if any(values.is_above(v, w) for w in needed)}

    def order(self) -> tuple[Kernel | Eqn, ...]:
        """The steps with producers first, else in program order; effects stay in theirs.

        Raises:
            CycleError: kernels wait for one another.
        """
        maker: dict[Var, Draft | Eqn] = {v: d for d in self.drafts.values() for v in d.stores}
        maker |= {v: eqn for eqn in self.values.opaque for v in eqn.outputs}
        kernels = {d: d.kernel() for d in self.drafts.values()}
        graph: TopologicalSorter[Draft | Eqn] = TopologicalSorter()
        place: dict[Draft | Eqn, int] = {}
        effects: list[Eqn] = []
        for d, kernel in kernels.items():
            reads = [self.values.value[b] for b in kernel.inputs]
            graph.add(d, *(maker[v] for v in reads if v in maker))
            place[d] = self.values.place[d.root]
        for eqn in self.values.opaque:
            reads = variables(eqn.inputs)
            place[eqn] = max((self.values.place[v] for v in (*reads, *eqn.outputs)), default=-1)
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
