"""The matrix of rules has no hole but those that have a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cases import Case, every_case, outputs

from oxmlx.backends.llvm.backend import Cpu
from oxmlx.ir.aval import Aval
from oxmlx.ir.kernel import kernel_of
from oxmlx.testing.rules import HOLES, RULES, cpu_hole, has_rule, hole, primitives, rules_table


def test_every_hole_has_a_reason_and_every_reason_a_hole() -> None:
    holes = {(cls.name, r) for cls in primitives() for r in RULES if hole(cls, r) in HOLES.values()}
    assert holes == set(HOLES)


def obstacle(case: Case) -> str:
    """Why the device `cpu` has no kernel for a case."""
    avals = [Aval(x.shape, x.dtype) for x in case.operands]
    (out,) = outputs(case, case.prim.abstract(*avals))
    kernel = kernel_of(case.prim.name, avals, out, case.prim.lower)
    return Cpu().obstacle(case.prim, kernel.stores[0].value)


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
    note = f"- {dot.split(' | ')[-1][0]}: a host step: a library does better"
    assert any(line.startswith(note) for line in lines)


def test_the_published_table_is_the_one_the_classes_make(
    golden: Callable[[str, str], None],
) -> None:
    golden("rules.md", rules_table() + "\n")
