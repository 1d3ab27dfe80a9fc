"""Whole kernels are what numpy says, in every mode; the texts that we print are among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from emulate.programs import PROGRAMS, Program

import oxmlx.emulate as metalcompute

pytestmark = pytest.mark.clang

MODES: dict[str, dict[str, Any]] = {
    "ascending": {},
    "descending": {"order": "descending"},
    "random": {"order": "random", "seed": 1},
    "another random": {"order": "random", "seed": 2},
    "instrumented": {"instrumented": True},
    "instrumented random": {"instrumented": True, "order": "random"},
    "fast math": {"fast_math": True},
    "one group": {"groups": 1, "instrumented": True},
    "three groups": {"groups": 3, "order": "random"},
    "lazy": {"lazy": True},
}
ANY_SIZE = [p for p in PROGRAMS if p.__name__ != "matmul"]  # its tile is its group


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """All of them by three calls of clang."""
    modes = [metalcompute.Mode(**changes) for changes in MODES.values()]
    metalcompute.prepare([program().text for program in PROGRAMS], *modes)


@pytest.mark.parametrize("changes", MODES.values(), ids=MODES.keys())
@pytest.mark.parametrize("make", PROGRAMS, ids=lambda make: make.__name__)
def test_a_program_is_what_numpy_says(make: Callable[[], Program], changes: dict[str, Any]) -> None:
    program = make()
    with metalcompute.mode(**changes):
        got = program.run()
    program.check(got)
    assert np.ptp(got) > 0


@pytest.mark.parametrize("threads", [32, 64, 100, 160, 1024])
@pytest.mark.parametrize("make", ANY_SIZE, ids=lambda make: make.__name__)
def test_a_group_may_be_smaller(make: Callable[[], Program], threads: int) -> None:
    program = make()
    with metalcompute.mode(threads_limit=threads, groups=2, instrumented=True):
        program.check(program.run())


@pytest.mark.parametrize("make", PROGRAMS, ids=lambda make: make.__name__)
def test_the_pointers_of_a_text_are_right(make: Callable[[], Program]) -> None:
    metalcompute.typecheck(make().text)
