"""Mutation of Metal texts: which planted errors the tests of a kernel do not find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from oxmlx import emulate
from oxmlx.emulate import FaultError, Mode, mutants


class Runnable(Protocol):
    """A kernel's operands, and what it should make of them."""

    def run(self, text: str) -> Any: ...
    def check(self, got: Any) -> None: ...


def missed(text: str, cases: Sequence[Runnable], modes: Sequence[dict[str, Any]]) -> list[str]:
    """The mutants of a text that no case finds, in runs that are checked."""
    planted = list(mutants(text))
    assert len(planted) >= 4
    emulate.prepare([m.text for m in planted], Mode(instrumented=True))
    assert not is_found(text, cases, modes)
    return [f"line {m.line}: {m.name}" for m in planted if not is_found(m.text, cases, modes)]


def is_found(text: str, cases: Sequence[Runnable], modes: Sequence[dict[str, Any]]) -> bool:
    """By what the executor sees, or by the numbers."""
    for changes in modes:
        for case in cases:
            with emulate.mode(instrumented=True, watchdog=5, **changes):
                try:
                    case.check(case.run(text))
                except (FaultError, AssertionError):
                    return True
    return False
