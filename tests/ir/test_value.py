"""Values: what arrays and tracers share."""

from __future__ import annotations

from typing import Any

import pytest

import oxmlx as ox
import oxmlx.numpy  # gives values their methods
from oxmlx.ir.stage import JaxprTracer
from oxmlx.ir.surface import Surface
from oxmlx.ir.value import Tracer, Value
from oxmlx.transforms.jvp import JVPTracer
from oxmlx.transforms.vmap import BatchTracer


@pytest.mark.parametrize("cls", [Tracer, JaxprTracer, JVPTracer, BatchTracer])
def test_no_slot_of_a_tracer_hides_a_method_of_arrays(cls: type[Tracer]) -> None:
    slots = {s for c in cls.__mro__ for s in getattr(c, "__slots__", ())}
    methods = {name for name in vars(Value) if not name.startswith("_")}
    assert slots & (methods | set(Surface.__annotations__)) <= {"aval"}


def test_what_type_checkers_see_is_what_there_is() -> None:
    declared = {*vars(Surface), *Surface.__annotations__}
    public = {n for n in declared if not n.startswith("__")}
    operators = {n for n in declared if n.startswith("__") and n not in vars(object)}
    missing = {n for n in public if not hasattr(Value, n)}
    missing |= {
        n for n in operators & {"__add__", "__rmatmul__", "__getitem__"} if n not in vars(Value)
    }
    assert not missing


def test_tracers_are_arrays() -> None:
    seen: list[bool] = []

    def f(x: Any) -> Any:
        seen.append(isinstance(x, ox.Array))
        return x

    f(ox.array(1.0))
    ox.jit(f)(1.0)
    ox.grad(f)(1.0)
    ox.vmap(f)(ox.numpy.ones(2))
    assert seen == [True] * 4


def test_tracers_have_the_methods() -> None:
    x = ox.numpy.ones((2, 2))
    for transformed in (ox.jit, lambda f: ox.vmap(f)):
        operand = x if transformed is ox.jit else x[None]
        got = transformed(lambda x: x.trace() + x.var() + x.T.sum() + x.at[0, 0].get())(operand)
        assert float(got.sum()) == 7.0
