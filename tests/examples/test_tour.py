"""The walk runs through real modules, and what it says of them is true."""

from __future__ import annotations

import re

import pytest
import tour


def walk(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[int, str]:
    """What it prints, by chapter."""
    assert tour.main(argv) < 1e-6
    pieces = re.split(r"^(\d+)\. .*\n=+\n", capsys.readouterr().out, flags=re.MULTILINE)
    return {int(k): text for k, text in zip(pieces[1::2], pieces[2::2], strict=True)}


def test_every_stage_is_shown(device: str, capsys: pytest.CaptureFixture[str]) -> None:
    chapters = walk(capsys)
    assert list(chapters) == list(range(1, 12))
    assert "def loss(" in chapters[1]
    for k in (2, 3, 4, 5, 6, 7):
        assert chapters[k].count("{ lambda ") == 1, k
        assert "dot_general" in chapters[k]
    assert "tanh" in chapters[3] and "tanh" not in chapters[4], "a linear program has no tanh"
    assert chapters[8].count("kernel dot_general(") >= 2
    assert "fold max" in chapters[9]
    assert "kernel void ox_" in chapters[10] and "threadgroup_barrier" in chapters[10]
    assert chapters[11].count("∂loss/∂") == 2


def test_sweeping_removes_what_the_text_says(capsys: pytest.CaptureFixture[str]) -> None:
    lines = walk(capsys)[7].splitlines()
    curvature, gradient = (
        [int(n) for n in re.findall(r"\d+", line)]
        for name in ("jvp of grad ", "grad ")
        for line in lines
        if line.strip().startswith(name)
    )
    assert gradient[0] > gradient[1], "dce finds the derivative that stop_gradient hides"
    assert curvature[0] > curvature[1] > curvature[2], "and cse finds what is there twice"


def test_kernels_do_not_depend_on_sizes(capsys: pytest.CaptureFixture[str]) -> None:
    small, large = walk(capsys), walk(capsys, "--batch", "33", "--hidden", "17")
    assert small[2] != large[2]
    for k in (8, 9, 10):
        assert small[k] == large[k]
