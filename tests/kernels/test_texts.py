"""The texts of kernels/ compute what numpy does: in any order, by any groups, of any values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kernels.cases import CANARY, CASES

import oxmlx.emulate as metalcompute
from oxmlx.backends.metal.texts import kernel_names, kernel_text

MODES: dict[str, dict[str, Any]] = {
    "ascending": {},
    "descending": {"order": "descending"},
    "random": {"order": "random", "seed": 1},
    "another random": {"order": "random", "seed": 2, "fast_math": True},
    "instrumented": {"instrumented": True},
    "one group": {"groups": 1, "instrumented": True, "order": "random"},
    "groups of 32": {"threads_limit": 32, "groups": 3, "instrumented": True},
    "groups of 96": {"threads_limit": 96, "order": "random"},
    "fast math": {"fast_math": True},
}


@pytest.fixture(scope="module")
def compiled() -> None:
    """All of them by a few calls of clang."""
    modes = [metalcompute.Mode(**changes) for changes in MODES.values()]
    metalcompute.prepare([kernel_text(name) for name in CASES], *modes)


def test_every_text_is_tested() -> None:
    assert sorted(CASES) == list(kernel_names())


@pytest.mark.clang
@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("changes", MODES.values(), ids=MODES.keys())
@pytest.mark.parametrize("name", CASES)
def test_a_text_computes_what_numpy_does(name: str, changes: dict[str, Any]) -> None:
    for case in CASES[name]():
        with metalcompute.mode(**changes):
            case.check(case.run())


@pytest.mark.clang
@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("name", CASES)
def test_it_computes_the_same_again(name: str) -> None:
    """The order of threads and groups is no part of a result."""
    for case in CASES[name]():
        runs: list[np.ndarray] = []
        for changes in (MODES["ascending"], MODES["descending"], MODES["random"]):
            with metalcompute.mode(**changes):
                runs.append(case.run().view("uint8"))
        assert np.array_equal(runs[0], runs[1]) and np.array_equal(runs[0], runs[2])


@pytest.mark.clang
@pytest.mark.parametrize("name", CASES)
def test_its_pointers_are_right(name: str) -> None:
    metalcompute.typecheck(kernel_text(name))


@pytest.mark.parametrize("name", CASES)
def test_its_cases_can_fail(name: str) -> None:
    """Results are no constants, and differ from what was there."""
    first = CASES[name]()[0].result.astype("float64")
    assert np.nanmax(first) > np.nanmin(first)
    assert not (first == CANARY).all()
