"""The whole example, as `make demo` runs it: it reads digits, and what it saved reads them too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import train_digits

import oxmlx as ox

SHORTER = {"cpu": [], "metal": ["--epochs", "12", "--hidden", "128"]}


def test_trains_saves_and_draws(
    device: str,
    tmp_path: Path,
    traced: dict[str, list[int]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    result = train_digits.main(["--quiet", "--plot", "--out", str(tmp_path), *SHORTER[device]])
    assert result.accuracies[-1] >= 0.97
    assert result.losses[0] > 2 > 0.1 > np.mean(result.losses[-20:])
    assert traced["step"] == traced["predict"] == [1]

    printed = capsys.readouterr().out
    assert "answers the same" in printed
    table = [line.split("|")[1].split() for line in printed.splitlines() if " | " in line]
    counts = np.array([[0 if n == "." else int(n) for n in row] for row in table])
    assert counts.shape == (10, 10)
    assert counts.trace() / counts.sum() == pytest.approx(result.accuracies[-1])

    assert {x.device.kind for x in ox.tree.leaves(result.model)} == {device}
    saved = ox.io.load(tmp_path / "digits.safetensors")
    assert saved.keys() == result.model.state_dict().keys()
    assert all(np.array_equal(x, saved[name]) for name, x in result.model.state_dict().items())
    assert (tmp_path / "digits.png").read_bytes().startswith(b"\x89PNG")


def test_steps_are_those_of_the_reference(device: str) -> None:
    args = train_digits.parse(["--quiet", "--epochs", "2", "--hidden", "32", "--batch", "256"])
    ours = train_digits.train(args)
    with ox.default_device("reference"):
        theirs = train_digits.train(args)
    assert len(ours.losses) == 8
    np.testing.assert_allclose(ours.losses, theirs.losses, rtol=1e-5)
    assert ours.losses[-1] < ours.losses[0]
