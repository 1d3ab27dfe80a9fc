"""facts/cases.md, 5b: every group has its tests, named after it, in the files beside this one."""

from __future__ import annotations

import re
from pathlib import Path

GROUPS = 36
ELSEWHERE = {22, 35}
"""Quantisation, which is not there yet."""


def groups(text: str) -> set[int]:
    """The groups that the tests of a file are named after."""
    return {int(n) for n in re.findall(r"^def test_(\d\d)_", text, re.MULTILINE)}


FILES = sorted(Path(__file__).parent.glob("test_cases_*.py"))


def test_every_group_has_tests() -> None:
    found = set[int]().union(*(groups(file.read_text()) for file in FILES))
    assert found == set(range(1, GROUPS + 1)) - ELSEWHERE


def test_every_file_says_which_groups_it_has() -> None:
    for file in FILES:
        text = file.read_text()
        said: set[int] = set()
        for first, last in re.findall(r"(\d+)(?:-(\d+))?", text.split(":")[0]):
            said |= set(range(int(first), int(last or first) + 1))
        assert said == groups(text), file.name
