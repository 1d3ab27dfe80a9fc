"""Merging and grouping: fewer kernels and fewer commands, in an order in which they can run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import Program, graphs

import oxmlx as ox
import oxmlx.numpy as np_
from oxmlx.backends.interpreter import Interpreted
from oxmlx.backends.runner import Makers, make_executable
from oxmlx.compile.fuse import MAX_BUFFERS
from oxmlx.compile.pipeline import make_plan
from oxmlx.ir.aval import Aval
from oxmlx.ir.evaluate import evaluate_jaxpr
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.kernel_check import check_kernel
from oxmlx.ir.plan import MOST_COUNTS, Group, Host, Plan
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.stage import stage
from oxmlx.ir.trace import bind

F64 = np.dtype("float64")


def no_contractions(prim: Any, body: Any) -> str:
    return "a contraction" if prim.kind == "fold" and prim.reuses else ""


def jaxpr_of(f: Program, *shapes: tuple[int, ...]) -> Jaxpr:
    def flat(*xs: Any) -> list[Any]:
        return ox.tree.leaves(f(*xs))

    return stage(flat, [Aval(shape, F64) for shape in shapes])[0]


def plan(f: Program, *shapes: tuple[int, ...], most: int = 0) -> Plan:
    """The plan of `f`, which computes the right numbers."""
    jaxpr = jaxpr_of(f, *shapes)
    p = make_plan(jaxpr, no_contractions, most_arrays=most)
    for kernel in p.kernels:
        check_kernel(kernel)
    rng = np.random.default_rng(0)
    xs = [rng.uniform(0.1, 2, shape).astype(F64) for shape in shapes]
    got = make_executable(p, Makers(Interpreted))(xs)
    for x, y in zip(got, evaluate_jaxpr(jaxpr, xs), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-12)
    return p


R = (6, 5)


def test_maps_of_one_array_are_one_kernel() -> None:
    (kernel,) = plan(lambda x: (np_.sin(x), np_.cos(x), x * 2), R).kernels
    assert len(kernel.stores) == 3


def test_sums_over_the_same_rows_are_one_kernel() -> None:
    (kernel,) = plan(lambda x, y: (np_.sum(x, 0), np_.sum(x * y, 0)), R, R).kernels
    assert [str(i) for i in kernel.grid] == ["i0"]


@pytest.mark.parametrize("shape", [(6, 5), (5, 5)])
def test_rows_and_columns_are_two_even_of_a_square(shape: tuple[int, int]) -> None:
    assert len(plan(lambda x: (np_.sum(x, 0), np_.sum(x, 1)), shape).kernels) == 2


def test_maps_of_different_arrays_stay_apart_even_if_they_share_a_row() -> None:
    """Their arrays may differ in length next time."""
    p = plan(lambda x, y, b: (x + b, y + b), R, R, (5,))
    assert len(p.kernels) == 2


def test_a_kernel_that_waits_for_another_is_not_merged_with_it() -> None:
    def f(x: Any) -> Any:
        y = np_.exp(x)
        return y, (y @ y) * x

    p = plan(f, (5, 5))
    assert [len(k.stores) for k in p.kernels] == [1, 1]


def test_a_kernel_that_waits_for_another_by_way_of_a_third_is_not_merged_with_it() -> None:
    """Both read x; between them are two contractions."""

    def f(x: Any) -> Any:
        y = np_.exp(x)
        z = np_.sin(y @ y)
        return (z @ z) * x, y

    assert len(plan(f, (5, 5)).kernels) == 3


def test_merged_kernels_are_bounded() -> None:
    p = plan(lambda x, *ys: [x * y for y in ys], R, *[R] * 40)
    assert len(p.kernels) > 1
    assert all(len(k.inputs) + len(k.outputs) <= MAX_BUFFERS for k in p.kernels)


class Note(Primitive):
    """Nothing, in order."""

    word: str
    kind, effect, multiple_results = "host", "ordered", True

    def abstract(self, x: Aval) -> list[Aval]:
        return []

    def impl(self, x: Any) -> list[Any]:
        return []


def test_effects_keep_their_order_around_what_is_merged() -> None:
    """The note of y waits for y, so y's kernel cannot move below it; x's sibling moves up."""

    def f(x: Any) -> Any:
        y = np_.exp(x)
        bind(Note("first"), y)
        bind(Note("second"), x)
        return y, np_.sin(x)

    p = plan(f, R)
    words = [getattr(s.eqn.prim, "word", "") for s in p.steps if isinstance(s, Host)]
    assert words == ["first", "second"]
    assert len(p.kernels) == 1


# Groups


def test_a_group_is_one_command() -> None:
    p = plan(lambda x, y: (x * 2, y * 3), R, (7,), most=10)
    (group,) = p.commands
    assert isinstance(group, Group) and len(p.launches) == 2
    assert str(p).splitlines()[1:4] == ["  group", "    c = launch mul a", "    d = launch mul b"]


def test_what_waits_is_not_in_the_group() -> None:
    p = plan(lambda x: np_.exp(x) / np_.sum(np_.exp(x)), R, most=10)
    assert len(p.commands) == len(p.launches) == 2


def test_a_group_has_so_many_arrays_at_most() -> None:
    def f(*xs: Any) -> Any:
        return [x * 2 for x in xs]

    shapes = [(k + 2,) for k in range(7)]
    sizes = [len(p.commands) for p in (plan(f, *shapes, most=n) for n in (0, 1, 4, 14))]
    assert sizes == [7, 7, 4, 1]


@pytest.mark.parametrize("one", [(), (1,), (1, 1)])
def test_counts_take_no_room(one: tuple[int, ...]) -> None:
    def f(n: Any, x: Any, y: Any) -> Any:
        return n + n, x * 2, y * 2

    avals = [Aval(one, np.dtype("int32")), Aval(R, F64), Aval((7,), F64)]
    (group,) = make_plan(stage(f, avals)[0], no_contractions, most_arrays=4).commands
    assert len(group.outputs) == 3
    assert len(plan(f, one, R, (7,), most=4).commands) == 2, "a float has bits of the device's"


def test_few_counts_are_beside_a_command() -> None:
    avals = [Aval((), np.dtype("int32"))] * (MOST_COUNTS + 3)
    jaxpr = stage(lambda *ns: [n + n for n in ns], avals)[0]
    (group,) = make_plan(jaxpr, no_contractions, most_arrays=6).commands
    assert isinstance(group, Group)
    assert (len(group.counts), len(group.rest)) == (MOST_COUNTS, 3)
    assert len(make_plan(jaxpr, no_contractions, most_arrays=5).commands) == 2


def test_a_count_is_counted_again_by_who_needs_it() -> None:
    """So nobody waits for it."""

    def f(count: Any, x: Any, y: Any) -> Any:
        count = count + 1
        return count, x * count, y * count

    (group,) = plan(f, (), R, (7,), most=10).commands
    assert isinstance(group, Group)


@given(graphs(), st.sampled_from([0, 6, 100]))
def test_any_program(f: Program, most: int) -> None:
    plan(f, (4, 4), (4, 4), most=most)
