"""The matrix of rules has no hole but those that have a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cases import Case, every_case, kernel_of_case, program_of_case

from oxmlx.api.executable import plan_of
from oxmlx.backends.base import backend_of
from oxmlx.backends.llvm.backend import Cpu
from oxmlx.ir.device import as_device
from oxmlx.ir.primitive import Primitive
from oxmlx.testing.rules import HOLES, RULES, cpu_hole, has_rule, hole, primitives, rules_table


def test_every_hole_has_a_reason_and_every_reason_a_hole() -> None:
    holes = {(cls.name, r) for cls in primitives() for r in RULES if hole(cls, r) in HOLES.values()}
    assert holes == set(HOLES)


def obstacle(case: Case) -> str:
    """Why the device `cpu` has no kernel for a case."""
    return Cpu().obstacle(case.prim, kernel_of_case(case).stores[0].value)


LOWERED = [cls for cls in primitives() if has_rule(cls, "lower")]


@pytest.mark.parametrize("cls", LOWERED, ids=lambda cls: cls.name)
def test_the_column_cpu_says_whether_any_case_has_a_kernel(cls: Any) -> None:
    obstacles = [obstacle(case) for case in every_case() if type(case.prim) is cls]
    assert bool(cpu_hole(cls)) == all(obstacles)


def test_the_table_lists_every_primitive() -> None:
    lines = rules_table().splitlines()
    assert len([line for line in lines if line.startswith("| ")]) == 1 + len(primitives())
    (sin,) = (line for line in lines if line.startswith("| sin |"))
    (dot,) = (line for line in lines if line.startswith("| dot_general |"))
    assert sin.split(" | ")[2:] == ["✓", "✓", "✓", "b", "✓", "✓", "✓ |"]
    note = f"- {dot.split(' | ')[-1][0]}: floats by the library"
    assert any(line.startswith(note) for line in lines)


def on_the_host(case: Case) -> bool:
    """Does the device `cpu` leave it to NumPy?"""
    plan = plan_of(program_of_case(case), backend_of(as_device("cpu")), strict=False)
    return bool(plan.host_steps)


def test_plans_do_what_the_table_says_of_cpu() -> None:
    """The list of what runs on the host is complete, and nothing is on it that need not be."""
    cases: dict[type[Primitive], list[Case]] = {}
    for case in every_case():
        cases.setdefault(type(case.prim), []).append(case)
    listed = {cls for cls in cases if "a host step" in cpu_hole(cls)[:11]}
    found = {cls for cls, several in cases.items() if all(map(on_the_host, several))}
    moves = {cls for cls in found if cls.kind == "move"}  # alone, a view is better
    assert {c.name for c in found - moves} == {c.name for c in listed}


def test_the_published_table_is_the_one_the_classes_make(
    golden: Callable[[str, str], None],
) -> None:
    golden("rules.md", rules_table() + "\n")
