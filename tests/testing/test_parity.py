"""Every device agrees with the reference, and what would not is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
import oxmlx.numpy as np_
from oxmlx.backends.llvm import launch
from oxmlx.backends.llvm.render import Renderer
from oxmlx.testing import parity
from oxmlx.testing.__main__ import main
from oxmlx.testing.operations import OPERATIONS
from oxmlx.testing.parity import compare_devices, distance, parity_table, problems_of
from oxmlx.testing.trials import Trial, trials

F32 = np.float32
HEAD = """\
Made from plans: what runs as a kernel (✓), and what on the host and why; nothing was run for it.
The column `metal` is that of the executor for Linux: no GPU."""


@pytest.fixture(autouse=True)
def emulated() -> Iterator[None]:
    with ox.config.context(metal="emulate"):
        yield


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("kind", ["cpu", pytest.param("metal", marks=pytest.mark.clang)])
def test_an_operation_agrees_with_the_reference(kind: str, name: str) -> None:
    found = compare_devices([kind], [name])
    assert len(found) == 1 + OPERATIONS[name].smooth
    assert problems_of(found) == []


def test_the_published_matrix_is_the_one_that_plans_make(
    golden: Callable[[str, str], None],
) -> None:
    table = parity_table(compare_devices(run=False), figures=False)
    golden("parity.md", f"{HEAD}\n\n{table}\n")


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_can_fail(name: str) -> None:
    """Its results are no zeros, nor are those of the gradients that it is said to have."""
    op = OPERATIONS[name]
    for gradient in (False, True)[: 1 + op.smooth]:
        for trial in trials(op, gradient):
            results = trial.run(ox.devices("reference")[0])
            assert any(np.asarray(y, np.float64).any() for y in results), trial


# What is wrong is seen


right = Trial.run


def off(self: Trial, device: Any, compiled: bool = True) -> list[np.ndarray]:
    """Eager results on a device, one element of which is wrong by little."""
    results = right(self, device, compiled)
    if device.kind == "cpu" and not compiled:
        wrong = results[-1].copy()
        wrong.reshape(-1)[-1] *= 1.001
        results[-1] = wrong
    return results


def test_one_wrong_element_is_seen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Trial, "run", off)
    monkeypatch.setattr(parity, "OPERATIONS", {"exp": OPERATIONS["exp"]})
    assert main(["parity", "--device", "cpu"]) == 1
    said = capsys.readouterr().out
    assert "| exp | wrong | wrong |" in said
    assert "\ncpu: exp, float32 [7, 67]: off by " in said
    assert "\ncpu: gradient of exp, float32 [7, 67]: off by " in said


def test_a_refused_kernel_is_wrong_though_its_numbers_are_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # a kernel of its own, for those that other tests have run are compiled by now
    odd = OPERATIONS["argmax"]._replace(function=lambda x: np_.argmax(np_.cos(np_.sin(x)) - x, 1))
    monkeypatch.setattr(parity, "OPERATIONS", {"odd": odd})
    monkeypatch.setattr(Renderer, "text", lambda self: "define nothing")
    monkeypatch.setattr(launch, "_texts", {})  # what is made of it is not for other tests
    [outcome] = compare_devices(["cpu"], ["odd"])
    assert outcome.error == 0
    assert "runs in the interpreter, which is slow: cpu: LLVM refuses" in outcome.problems[0]


def test_an_error_is_one_problem_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise ox.errors.EvaluationError("cpu", "is on fire")

    monkeypatch.setattr(parity, "measure", refuse)
    [outcome] = compare_devices(["cpu"], ["argmax"])
    assert len(outcome.problems) == len(list(trials(OPERATIONS["argmax"], False)))
    assert all("is on fire" in text for text in outcome.problems)


@pytest.mark.parametrize(
    ("got", "want", "ulps"),
    [
        (F32([1, 2]), F32([1, 2]), 0),
        (F32([1, 2 + 2**-21]), F32([1, 2]), 2),
        (F32([np.nan, 1]), F32([np.nan, 1]), 0),
        (F32([np.nan, 1]), F32([0, 1]), np.inf),
        (F32([np.inf, 1]), F32([-np.inf, 1]), np.inf),
        (F32([1]), F32([np.inf]), np.inf),
        (F32([1e-30]), F32([0]), np.inf),
        (F32([1]), F32([[1]]), np.inf),
        (F32([1]), np.float64([1]), np.inf),
        (np.int32([3]), np.int32([3]), 0),
        (np.int32([3]), np.int32([4]), np.inf),
    ],
)
def test_the_distance_of_arrays(got: np.ndarray, want: np.ndarray, ulps: float) -> None:
    assert distance(got, want) == ulps


def test_rules_are_printed_without_being_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert capsys.readouterr().out.startswith("| primitive |")
