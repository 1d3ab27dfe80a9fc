"""The values of a program, and the element of each as an expression of those it is made from."""

from __future__ import annotations

from collections.abc import Iterable, Set
from math import prod

from oxmlx.compile.element import Grid, Kind, buffer_of, element, kind_of, same_extents
from oxmlx.compile.lengths import same_lengths
from oxmlx.ir.jaxpr import Eqn, Jaxpr, Literal, Var
from oxmlx.ir.kernel import Buffer, Expr, Load, Loop, Size, nodes
from oxmlx.ir.plan import Obstacle
from oxmlx.ir.pretty import letters
from oxmlx.ir.primitive import Primitive

TURNED = 1 << 14
"""Elements from which on a transposed array is left where it lies."""
INLINED = frozenset({"move", "map", "fold"})


class Values:
    """The values of a jaxpr: what can be inlined, each lowered once, and what is `opaque`."""

    def __init__(self, jaxpr: Jaxpr, obstacle: Obstacle, amended: Set[Eqn] = frozenset()) -> None:
        self.jaxpr = jaxpr
        self.reasons: dict[Eqn, str] = {}
        self.place: dict[Var, int] = {}  # order of definition
        self.above: dict[Var, int] = {}  # the places of what a value is computed from, as bits
        self.eqn: dict[Var, Eqn] = {}  # of values that can be inlined
        self.opaque: list[Eqn] = []
        self.buffers: dict[Var, Buffer] = {}
        self.value: dict[Buffer, Var] = {}
        self.bodies: dict[Var, tuple[Grid, Expr]] = {}
        kinds: dict[Var, Kind] = {}
        for v in jaxpr.inputs:
            self.define(v, ())
        for eqn in jaxpr.eqns:
            for v in eqn.outputs:
                self.define(v, variables(eqn.inputs))
            reason = "it changes an array where it lies" if eqn in amended else no_element(eqn)
            if not reason:
                v, kind = eqn.outputs[0], kind_of(eqn, obstacle)
                reason = kind.obstacle
                if not reason:
                    self.eqn[v], kinds[v] = eqn, kind
                    continue
            self.reasons[eqn] = reason
            self.opaque.append(eqn)
        for eqn in self.moves_of_the_host(amended):
            del self.eqn[eqn.outputs[0]]
            self.opaque.append(eqn)
            self.reasons[eqn] = "it moves what only the host reads"
        self.settle(kinds)

    def settle(self, kinds: dict[Var, Kind]) -> None:
        """Give axes that have the same length one extent."""
        same = same_lengths(pair for v in self.eqn for pair in self.same_extents(v, kinds[v]))
        for b in self.value:
            b.extents = tuple(same.get(n, n) for n in b.extents)

    def same_extents(self, v: Var, kind: Kind) -> list[tuple[Size, Size]]:
        """Extents of a value and its operands that are the same."""
        atoms = (*self.eqn[v].inputs, v)
        return same_extents(
            kind, [self.buffer(a).extents if isinstance(a, Var) else () for a in atoms]
        )

    def moves_of_the_host(self, amended: Set[Eqn]) -> list[Eqn]:
        """Moves between equations of the host: for NumPy they are mostly views. What the library
        changes nobody may view, and of new elements it needs copies."""
        uses: dict[Var, list[Eqn]] = {}
        for eqn in self.jaxpr.eqns:
            for v in variables(eqn.inputs):
                uses.setdefault(v, []).append(eqn)
        moves = {
            e
            for v, e in self.eqn.items()
            if e.prim.kind == "move" and v in uses and amended.isdisjoint(uses[v])
        }
        turned = {e for e in moves if self.is_turned(e.outputs[0], uses[e.outputs[0]])}

        def is_fused(eqn: Eqn | None) -> bool:
            return eqn is not None and eqn not in moves

        while True:
            between = {
                e
                for e in moves
                if not any(is_fused(self.eqn.get(v)) for u in uses[e.outputs[0]] for v in u.outputs)
                and (e in turned or not any(is_fused(self.eqn.get(v)) for v in variables(e.inputs)))
            }
            if between == moves:
                return [e for e in self.jaxpr.eqns if e in moves]
            moves = between

    def is_turned(self, v: Var, users: Iterable[Eqn]) -> bool:
        """Is it a large array with its axes in another order, for products alone? A kernel would go
        across memory to make it, and a library reads matrices however they lie."""
        if prod(v.aval.shape) < TURNED or not all(u.prim.kind == "fold" for u in users):
            return False
        grid, body = element(self.eqn[v], self.buffer(v), self.buffer)  # not yet with final extents
        return isinstance(body, Load) and sorted(map(id, body.index)) == sorted(map(id, grid))

    def define(self, v: Var, inputs: Iterable[Var]) -> None:
        self.place[v] = len(self.place)
        self.above[v] = 0
        for a in inputs:
            self.above[v] |= self.above[a] | 1 << self.place[a]

    def is_above(self, a: Var, b: Var) -> bool:
        """Is `b` computed from `a`?"""
        return bool(self.above[b] >> self.place[a] & 1)

    def buffer(self, v: Var) -> Buffer:
        """The memory of a variable, whether or not it will exist."""
        if v not in self.buffers:
            b = buffer_of(letters(self.place[v]), v.aval)
            self.buffers[v], self.value[b] = b, v
        return self.buffers[v]

    def body(self, v: Var) -> tuple[Grid, Expr]:
        """The element of a value, as an expression of a grid and of loads of the operands."""
        if v not in self.bodies:
            self.bodies[v] = element(self.eqn[v], self.buffer(v), self.buffer)
        return self.bodies[v]

    def is_fold(self, v: Var) -> bool:
        """Is there a loop for each element? Over an axis of length 1 there is none."""
        if self.eqn[v].prim.kind != "fold":
            return False
        return any(isinstance(e, Loop) for e in nodes(self.body(v)[1]))


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
