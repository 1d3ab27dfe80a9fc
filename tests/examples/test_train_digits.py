"""The whole example, as `make demo` runs it: it reads digits, and what it saved reads them too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import train_digits

import oxmlx as ox


def test_trains_saves_and_draws(
    tmp_path: Path, traced: dict[str, list[int]], capsys: pytest.CaptureFixture[str]
) -> None:
    result = train_digits.main(["--quiet", "--plot", "--out", str(tmp_path)])
    assert result.accuracies[-1] >= 0.97
    assert result.losses[0] > 2 > 0.1 > np.mean(result.losses[-20:])
    assert traced["step"] == traced["predict"] == [1]

    printed = capsys.readouterr().out
    assert "answers the same" in printed
    table = [line.split("|")[1].split() for line in printed.splitlines() if " | " in line]
    counts = np.array([[0 if n == "." else int(n) for n in row] for row in table])
    assert counts.shape == (10, 10)
    assert counts.trace() / counts.sum() == pytest.approx(result.accuracies[-1])

    saved = ox.io.load(tmp_path / "digits.safetensors")
    assert saved.keys() == result.model.state_dict().keys()
    assert all(np.array_equal(x, saved[name]) for name, x in result.model.state_dict().items())
    assert (tmp_path / "digits.png").read_bytes().startswith(b"\x89PNG")
