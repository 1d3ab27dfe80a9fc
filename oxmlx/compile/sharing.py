"""Sharing: what several kernels would each compute from several arrays is better stored once.

A residual stream is the case in point: each layer adds to it, and each kernel that reads it would
add up all the layers below. n kernels that compute a value from m arrays read n m of them; with the
value stored, by the one that comes by first, they read m + n - 1 and write 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Set

from oxmlx.compile.draft import Draft
from oxmlx.compile.values import Values, variables
from oxmlx.ir.jaxpr import Var
from oxmlx.ir.kernel import Load, nodes

Readers = dict[Var, set[Var]]
"""The kernels that compute with a value, by their roots."""


def shared(values: Values, kept: Set[Var], drafts: Iterable[Draft]) -> list[Var]:
    """The values that cost more to compute again than to store, in order of definition."""
    root = {v: d.root for d in drafts for v in d.stores}
    readers: Readers = {v: set() for v in values.eqn}
    for v in reversed(values.eqn):
        pass_on(values, readers, v, {root[v]} if v in kept else readers[v])
    arrays: dict[Var, set[Var]] = {}
    chosen: set[Var] = set()
    for v in values.eqn:
        arrays[v] = read_for(values, arrays, kept | chosen, v)
        if v not in kept and is_worth_it(values, v, len(readers[v]), len(arrays[v])):
            chosen.add(v)
    readers = {v: set() for v in values.eqn}
    for v in reversed(values.eqn):  # without those that only others of them read
        if v in chosen and not is_worth_it(values, v, len(readers[v]), len(arrays[v])):
            chosen.remove(v)
        own = {root.get(v, v)} if v in kept or v in chosen else readers[v]
        pass_on(values, readers, v, own)
    return [v for v in values.eqn if v in chosen]


def pass_on(values: Values, readers: Readers, v: Var, own: set[Var]) -> None:
    """Who computes with `v` computes with its operands."""
    for a in variables(values.eqn[v].inputs):
        if a in readers:
            readers[a] |= own


def is_worth_it(values: Values, v: Var, n: int, m: int) -> bool:
    """Do n kernels move fewer arrays if one of them stores what is computed from m?"""
    return values.eqn[v].prim.kind == "map" and n + m < n * m


def read_for(values: Values, arrays: dict[Var, set[Var]], stored: Set[Var], v: Var) -> set[Var]:
    """The arrays of which each element of `v` needs elements of its own."""
    if values.is_fold(v):
        return set()
    grid, body = values.body(v)
    own = {e.buffer for e in nodes(body) if isinstance(e, Load) and e.free >= frozenset(grid)}
    operands = {values.value[b] for b in own if b.shape}
    inlined = {a for a in operands if a in arrays and a not in stored}
    return (operands - inlined).union(*(arrays[a] for a in inlined))
