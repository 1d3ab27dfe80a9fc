"""Everything that the example computes agrees with what it is checked against."""

from __future__ import annotations

import grad_composition
import numpy as np
import pytest
from grad_composition import Check, after_adapting, meta_train, sine_tasks


def test_every_check_agrees(
    device: str, traced: dict[str, list[int]], capsys: pytest.CaptureFixture[str]
) -> None:
    checks = grad_composition.main(["--meta-steps", "20", "--quiet"])
    assert len(checks) == 15
    assert [c for c in checks if not c.agrees] == []
    assert [c.what for c in checks if c.size == 0] == ["the gradient there"]
    assert traced["meta_step"] == traced["step"] == [1]
    printed = capsys.readouterr().out
    assert printed.count(" yes") == len(checks)
    assert "NO" not in printed.split()


def test_a_wrong_answer_is_seen() -> None:
    x = np.array([1.0, -3.0])
    assert Check("", "", x, x * (1 + 1e-9), 1e-8).agrees
    assert not Check("", "", x, x * (1 + 1e-7), 1e-8).agrees
    assert not Check("", "", x, np.zeros(2), 1e-8).agrees


def test_meta_learning_helps_on_tasks_never_seen() -> None:
    rng = np.random.default_rng(1)
    start, weights = meta_train(rng, 150, quiet=True)
    unseen = sine_tasks(rng, 100)
    assert float(after_adapting(weights, unseen)) < 0.4 * float(after_adapting(start, unseen))
