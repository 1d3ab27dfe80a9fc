"""Golden plans: how few kernels programs come down to, forward and backward.

The counts are the law; the texts are there to be read. A command is what the device is asked for at
once, a launch one loop nest over its arrays, a kernel a text that is compiled.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from math import ceil
from typing import Any, NamedTuple

import pytest
from programs import PROGRAMS, Program, Sizes, floats, start, update

from oxmlx.backends.llvm.render import Renderer
from oxmlx.compile.fuse import MAX_BUFFERS
from oxmlx.compile.pipeline import make_plan
from oxmlx.ir.kernel import Kernel
from oxmlx.ir.plan import Group, Host, Launch, Plan

METAL = 29
"""Arrays that one command to Metal may take: it binds 31 arguments, and one is for the numbers."""
SUMMARISED = {"transformer_step"}


class Counts(NamedTuple):
    """What a plan asks for."""

    commands: int
    launches: int
    kernels: int
    contractions: int = 0


COUNTS = {
    "softmax": Counts(1, 1, 1),
    "softmax_vjp": Counts(1, 1, 1),
    "layer_norm": Counts(1, 1, 1),
    "layer_norm_vjp": Counts(2, 2, 2),  # dx; dgamma and dbeta
    "rms_norm": Counts(1, 1, 1),
    "rms_norm_vjp": Counts(2, 2, 2),  # dx; dgamma
    "cross_entropy": Counts(1, 1, 1),
    "cross_entropy_grad": Counts(1, 1, 1),
    "gelu_gelu_grad": Counts(1, 1, 1),
    "adamw": Counts(1, 12, 2),  # ten arrays, and two counts of steps
    "attention_block": Counts(4, 4, 4, 6),
    "attention_block_vjp": Counts(6, 6, 6, 17),
    "mlp_adamw_step": Counts(5, 10, 7, 5),
    "transformer_step": Counts(25, 45, 23, 51),
}


def no_contractions(prim: Any, body: Any) -> str:
    return "a contraction" if prim.kind == "fold" and prim.reuses else ""


def plan_of(
    program: Program, sizes: Sizes | None = None, most: int = sys.maxsize, given: bool = False
) -> Plan:
    """The plan of a program, whose arguments are given to it or not."""
    jaxpr = program.jaxpr(sizes or Sizes())
    own = range(len(jaxpr.inputs) * given)
    return make_plan(jaxpr, no_contractions, most_arrays=most, given=own)


def kernels_of(plan: Plan) -> list[Kernel]:
    """One kernel for each text."""
    return list({Renderer(k, 16).text(): k for k in reversed(plan.kernels)}.values())[::-1]


def counts(plan: Plan) -> Counts:
    contractions = [e for e in plan.host_steps if e.prim.name == "dot_general"]
    return Counts(len(plan.commands), len(plan.launches), len(kernels_of(plan)), len(contractions))


def summary(plan: Plan) -> str:
    """How often each kind of step comes."""
    names: Counter[str] = Counter()
    for step in plan.steps:
        match step:
            case Launch(kernel):
                names[f"launch {kernel.name}"] += 1
            case Group(launches):
                names.update(f"group: launch {launch.kernel.name}" for launch in launches)
            case Host(eqn):
                names[f"host {eqn.prim.name}"] += 1
            case _:
                pass
    return "\n".join(f"{n:4} {name}" for name, n in sorted(names.items()))


@pytest.mark.parametrize("name", PROGRAMS)
def test_plans(name: str, golden: Callable[[str, str], None]) -> None:
    plan = plan_of(PROGRAMS[name])
    got = counts(plan)
    assert got == COUNTS[name], str(plan)
    head = ", ".join(f"{n} {word}" for word, n in got._asdict().items())
    body = [summary(plan)] if name in SUMMARISED else [str(plan), *map(str, kernels_of(plan))]
    golden(f"plan_{name}.txt", "\n\n".join([head, *body]) + "\n")


@pytest.mark.parametrize("name", PROGRAMS)
def test_only_contractions_and_views_stay_on_the_host(name: str) -> None:
    plan = plan_of(PROGRAMS[name])
    others = {e.prim.name for e in plan.host_steps} - {"dot_general", "reshape", "transpose"}
    assert others <= ({"scatter", "broadcast"} if name == "transformer_step" else set())


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_is_made_that_nobody_reads(name: str) -> None:
    plan = plan_of(PROGRAMS[name])
    read = {v for c in plan.commands for v in c.inputs} | set(plan.outputs)
    read |= {a for e in plan.host_steps for a in e.inputs}
    assert all(v in read for c in plan.commands for v in c.outputs)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 14, 23, 60])
def test_a_tree_is_updated_by_few_commands(n: int) -> None:
    """An update reads the parameter, its gradient and two averages, and writes three arrays; the
    count of steps is one more array that it reads. That two counts are updated takes no room."""
    params = [floats(k % 5 + 2, k % 3 + 2) for k in range(n)]
    program = Program(update, lambda _: (params, *start(params)))
    assert len(plan_of(program).commands) == 1
    assert len(kernels_of(plan_of(program))) == 2
    assert len(plan_of(program, most=METAL).commands) == ceil(n / 4)
    in_place = plan_of(program, most=METAL, given=True)
    assert len(in_place.commands) == ceil(n / 7)
    assert len(kernels_of(in_place)) == 2
    over = [len(launch.over) for launch in in_place.launches if len(launch.outputs) == 3]
    assert over == [3] * n, "parameters and averages lie where they lay"


def test_a_tree_is_updated_in_place(golden: Callable[[str, str], None]) -> None:
    plan = plan_of(PROGRAMS["adamw"], most=METAL, given=True)
    golden("plan_adamw_in_place.txt", f"{plan}\n")


@pytest.mark.parametrize("most", [0, METAL, sys.maxsize])
@pytest.mark.parametrize("name", PROGRAMS)
def test_kernels_and_commands_are_bounded(name: str, most: int) -> None:
    plan = plan_of(PROGRAMS[name], most=most)
    assert all(len(k.inputs) + len(k.outputs) <= MAX_BUFFERS for k in plan.kernels)
    groups = [c for c in plan.commands if isinstance(c, Group)]
    taken = [{v for r in g.rest for v in r.places} for g in groups]
    assert all(len(places) <= most for places in taken)
    assert bool(groups) <= bool(most)


def test_plans_do_not_depend_on_lengths() -> None:
    """Other lengths give the same kernels, and the same steps."""
    other = Sizes(64, 33, 5, 17, 8, 129, 50)
    for name, program in PROGRAMS.items():
        one, two = plan_of(program), plan_of(program, other)
        assert str(one) == str(two), name
        assert [Renderer(k, 16).text() for k in kernels_of(one)] == [
            Renderer(k, 16).text() for k in kernels_of(two)
        ]
