"""The element of an equation: what its types alone say of it, once for all equations like it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

import numpy as np

from oxmlx.compile.lengths import equal_lengths
from oxmlx.errors import MissingRule
from oxmlx.ir.aval import Aval
from oxmlx.ir.jaxpr import Atom, Eqn, Literal, Var
from oxmlx.ir.kernel import Buffer, Const, Expr, Index, Operand, Size, size
from oxmlx.ir.kernel import Literal as Number
from oxmlx.ir.plan import Obstacle

WRITTEN = (0, 1, -1, 0.5, -0.5, 2)  # numbers that are part of the text
MOST_KINDS = 4096

Grid: TypeAlias = tuple[Index, ...]
Place: TypeAlias = "tuple[int, int] | Size"
"""An extent: of which array (the operands, then the output) and axis; or the same everywhere."""


class Kind(NamedTuple):
    """What all equations have in common that are the same up to the names of their variables."""

    obstacle: str
    """Why there is no code for the element; nothing if there is."""
    same: tuple[tuple[Place, Place], ...] = ()
    """Extents that are the same whatever the arguments."""


_kinds: dict[Hashable, Kind] = {}


def kind_of(eqn: Eqn, obstacle: Obstacle) -> Kind:
    """The kind of an equation, for a backend with these obstacles."""
    arrays = {a: k for k, a in reversed([*enumerate(eqn.inputs)]) if isinstance(a, Var)}
    operands = tuple(word(a, arrays) for a in eqn.inputs)
    key = obstacle, eqn.prim, operands, eqn.outputs[0].aval
    kind = _kinds.get(key)
    if kind is None:
        if len(_kinds) >= MOST_KINDS:
            _kinds.clear()
        kind = _kinds[key] = make_kind(eqn, obstacle, arrays)
    return kind


def word(a: Atom, arrays: Mapping[Var, int]) -> Hashable:
    """What the element depends on of an operand: not on a number that is an argument."""
    if isinstance(a, Var):
        return arrays[a], a.aval
    n = number(a, ())
    return n.dtype if type(n) is Number else n


def make_kind(eqn: Eqn, obstacle: Obstacle, arrays: Mapping[Var, int]) -> Kind:
    """The kind of an equation, by its element over arrays of its own."""
    out = len(eqn.inputs)
    buffers = {a: buffer_of(f"x{k}", a.aval) for a, k in arrays.items()}
    result = buffer_of("out", eqn.outputs[0].aval)
    try:
        _, body = element(eqn, result, buffers.__getitem__)
        reason = obstacle(eqn.prim, body)
    except MissingRule as e:
        return Kind(e.problem)
    if reason:
        return Kind(reason)
    named = [(arrays[a], b) for a, b in buffers.items()] + [(out, result)]
    places: dict[Size, Place] = {n: (k, axis) for k, b in named for axis, n in enumerate(b.extents)}
    return Kind("", tuple((places.get(m, m), places.get(n, n)) for m, n in equal_lengths(body)))


def same_extents(kind: Kind, extents: Sequence[tuple[Size, ...]]) -> list[tuple[Size, Size]]:
    """The extents that are the same, if those of the operands and the output are these."""

    def find(place: Place) -> Size:
        return place if isinstance(place, Size) else extents[place[0]][place[1]]

    return [(find(m), find(n)) for m, n in kind.same]


def element(eqn: Eqn, out: Buffer, buffer: Callable[[Var], Buffer]) -> tuple[Grid, Expr]:
    """The element of an equation, as an expression of a grid and of loads of the operands.

    Raises:
        MissingRule: it has none, for these types.
    """
    operands = [
        Operand.of(buffer(a))
        if isinstance(a, Var)
        else Operand((), a.aval.dtype, partial(number, a))
        for a in eqn.inputs
    ]
    grid = tuple(Index(f"g{k}", n) for k, n in enumerate(out.extents))
    return grid, eqn.prim.lower(grid, *operands, out=eqn.outputs[0].aval)


def buffer_of(name: str, aval: Aval) -> Buffer:
    """Memory of a type, each axis with an extent of its own."""
    extents = tuple(size(n, f"{name}{axis}") for axis, n in enumerate(aval.shape))
    return Buffer(name, aval.shape, aval.dtype, extents)


def number(atom: Literal, index: tuple[Expr, ...]) -> Expr:
    """A literal of the program: in the text if it is common, else an argument of the kernel."""
    value = np.asarray(atom.value)
    return Const(value) if value.item() in WRITTEN or value.dtype == bool else Number(value)
