"""The jaxpr: a typed, first-order, single-assignment program over arrays.

jaxpr   ::= { lambda const ... ; binder ... . let equation ... in (atom, ...) }
eqn     ::= binder ... = primitive[param ...] atom ...
atom    ::= variable | literal
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from threading import RLock
from typing import Any, TypeVar, final
from weakref import WeakValueDictionary

import numpy as np

from oxmlx.fork import TABLES, hold
from oxmlx.ir.aval import Aval, scalar_aval
from oxmlx.ir.primitive import Primitive
from oxmlx.source import Location

T = TypeVar("T")


@final
class Var:
    """A variable; identity is equality."""

    __slots__ = ("aval",)

    def __init__(self, aval: Aval) -> None:
        self.aval = aval


@final
class Literal:
    """A rank-0 number written into the program."""

    __slots__ = ("aval", "value")

    def __init__(self, value: np.generic, aval: Aval | None = None) -> None:
        self.value, self.aval = value, aval or scalar_aval(value.dtype)


Atom = Var | Literal


class Eqn:
    """outputs = prim inputs, written at the user's line `where`."""

    __slots__ = ("inputs", "outputs", "prim", "where")

    def __init__(
        self,
        prim: Primitive,
        inputs: tuple[Atom, ...],
        outputs: tuple[Var, ...],
        where: Location | None,
    ) -> None:
        self.prim, self.inputs, self.outputs, self.where = prim, inputs, outputs, where


class Jaxpr:
    """A closed program: every variable it reads is an input or the output of an earlier equation.

    `consts` of its leading inputs were free variables of the function it was traced from; they
    print left of the semicolon.
    """

    __slots__ = (
        "__weakref__",
        "axis_names",
        "consts",
        "derived",
        "effects",
        "eqns",
        "inputs",
        "outputs",
    )

    def __init__(
        self,
        inputs: Sequence[Var],
        eqns: Sequence[Eqn],
        outputs: Sequence[Atom],
        consts: int = 0,
    ) -> None:
        self.inputs, self.eqns, self.outputs = tuple(inputs), tuple(eqns), tuple(outputs)
        self.consts = consts
        self.axis_names = frozenset[Any]().union(*(e.prim.axis_names for e in self.eqns))
        self.effects = any(e.prim.effects for e in self.eqns)
        self.derived: dict[Hashable, Any] = {}

    @property
    def in_avals(self) -> list[Aval]:
        return [v.aval for v in self.inputs]

    @property
    def out_avals(self) -> list[Aval]:
        return [a.aval for a in self.outputs]

    def derive(self, key: Hashable, make: Callable[[], T]) -> T:
        """A program derived from this one (its jvp, say), cached and dying with it."""
        try:
            return self.derived[key]
        except KeyError:
            return self.derived.setdefault(key, make())


def alone(prim: Primitive, types: Sequence[Any]) -> Jaxpr:
    """The program of one equation, on arrays of these shapes and dtypes."""
    inputs = [Var(Aval(shape, dtype)) for shape, dtype in types]
    out = prim.abstract(*[v.aval for v in inputs])
    outputs = tuple(map(Var, out if prim.multiple_results else [out]))
    return Jaxpr(inputs, [Eqn(prim, tuple(inputs), outputs, None)], outputs)


_table: WeakValueDictionary[Any, Jaxpr] = WeakValueDictionary()
_lock = RLock()  # reentrant: a finalizer of the user's may run at any allocation
hold(_lock, TABLES)


def structure(jaxpr: Jaxpr) -> Hashable:
    """A key that two jaxprs share if they differ in names of variables and lines only. It
    knows primitives by number, as `intern_key` does functions."""
    number: dict[Var, int] = {v: k for k, v in enumerate(jaxpr.inputs)}

    def key(a: Atom) -> Hashable:
        return number[a] if type(a) is Var else (a.aval, a.value.tobytes())

    eqns: list[Hashable] = []
    for e in jaxpr.eqns:
        ins = tuple(map(key, e.inputs))
        for v in e.outputs:
            number[v] = len(number)
        eqns.append((id(e.prim), ins, tuple(v.aval for v in e.outputs)))
    avals = tuple(v.aval for v in jaxpr.inputs)
    return avals, tuple(eqns), tuple(map(key, jaxpr.outputs)), jaxpr.consts


def intern_jaxpr(jaxpr: Jaxpr) -> Jaxpr:
    """The one jaxpr of this structure, so that programs can be compared by identity."""
    key = structure(jaxpr)
    with _lock:
        return _table.setdefault(key, jaxpr)
