"""The cases find every error that is planted in a text of kernels/: none is harmless."""

from __future__ import annotations

from typing import Any

import pytest
from kernels.cases import CASES, Case

import oxmlx.emulate as metalcompute
from oxmlx.backends.metal.texts import kernel_text
from oxmlx.emulate import FaultError, Mode, mutants

MODES: list[dict[str, Any]] = [
    {"instrumented": True, "groups": 1, "watchdog": 5},
    {"instrumented": True, "threads_limit": 96, "watchdog": 5},
]


def is_found(cases: list[Case], text: str) -> bool:
    """In a run that is checked, with fewer groups than rows, or by the numbers."""
    for changes in MODES:
        for case in cases:
            with metalcompute.mode(**changes):
                try:
                    case.check(case.run(text))
                except (FaultError, AssertionError):
                    return True
    return False


@pytest.mark.clang
@pytest.mark.parametrize("name", CASES)
def test_every_mutant_is_found(name: str) -> None:
    planted = list(mutants(kernel_text(name)))
    assert len(planted) >= 4
    metalcompute.prepare([m.text for m in planted], Mode(instrumented=True))
    cases = CASES[name]()
    assert not is_found(cases, kernel_text(name))
    missed = [f"line {m.line}: {m.name}" for m in planted if not is_found(cases, m.text)]
    assert missed == []
