"""What is known of an equation by its kind is what lowering it by itself would say."""

from __future__ import annotations

import pytest
from cases import Case, every_case, program_of_case

import oxmlx as ox
from oxmlx.backends.base import backend_of
from oxmlx.compile.element import buffer_of, element, kind_of, same_extents
from oxmlx.compile.lengths import equal_lengths
from oxmlx.compile.values import Values, no_element
from oxmlx.ir.device import as_device
from oxmlx.ir.jaxpr import Var
from oxmlx.ir.kernel import Expr
from oxmlx.ir.primitive import Primitive

CASES = [c for c in every_case() if not no_element(program_of_case(c).eqns[0])]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_kind_knows_what_the_element_says(case: Case) -> None:
    obstacle = backend_of(as_device("cpu")).obstacle
    (eqn,) = program_of_case(case).eqns
    kind = kind_of(eqn, obstacle)
    (result,) = eqn.outputs
    atoms = (*eqn.inputs, result)
    buffers = {
        a: buffer_of(f"b{k}", a.aval) for k, a in enumerate(dict.fromkeys(atoms)) if type(a) is Var
    }
    _, body = element(eqn, buffers[result], buffers.__getitem__)
    assert kind.obstacle == obstacle(eqn.prim, body)
    if not kind.obstacle:
        extents = [buffers[a].extents if isinstance(a, Var) else () for a in atoms]
        assert same_extents(kind, extents) == [*equal_lengths(body)]


def layers(x: ox.Array, n: int) -> ox.Array:
    for k in range(n):
        x = ox.numpy.sin(x * (k + 0.25)) + x
    return x


@pytest.mark.parametrize("n", [3, 50])
def test_equal_equations_are_of_one_kind(n: int) -> None:
    seen: list[str] = []

    def obstacle(prim: Primitive, body: Expr) -> str:
        seen.append(prim.name)
        return ""

    jaxpr = ox.jit(layers, static_argnums=1).trace(ox.numpy.ones((3, 7)), n).jaxpr.jaxpr
    Values(jaxpr, obstacle)
    assert len(jaxpr.eqns) >= 3 * n
    assert sorted(seen) == ["add", "mul", "sin"]
