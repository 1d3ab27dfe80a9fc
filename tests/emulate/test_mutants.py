"""Mutants: each is another text of the same lines, and the tests of a kernel find it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from emulate.programs import Program, count, matmul, running_sum, softmax, tiles
from mutation import missed

from oxmlx.emulate import mutants

PROGRAMS = [softmax, count, running_sum, matmul]


@pytest.mark.clang
@pytest.mark.parametrize("make", PROGRAMS, ids=lambda make: make.__name__)
def test_every_mutant_is_found(make: Callable[[], Program]) -> None:
    program = make()
    assert missed(program.text, [program], [{"groups": 3}]) == []  # fewer groups than rows


def test_mutants_keep_the_lines() -> None:
    for make in [*PROGRAMS, tiles]:
        text = make().text
        for m in mutants(text):
            lines = enumerate(zip(text.split("\n"), m.text.split("\n"), strict=True), 1)
            changed = [k for k, (before, after) in lines if before != after]
            assert changed == [m.line]


def test_what_is_mutated() -> None:
    names = [m.name for m in mutants(matmul().text)]
    assert len(names) == len(set(names)) or names.count("threadgroup_barrier removed") == 2
    assert "left[y][x] + 1" in names
    assert "a[row * p.k + first + x] - 1" in names
    assert "c[row * p.n + column] + 1" in names
    assert not any("[TILE]" in name for name in names)


def test_mutants_are_not_the_text() -> None:
    text = softmax().text
    texts = [m.text for m in mutants(text)]
    assert text not in texts
    assert len(set(texts)) == len(texts)
    assert np.ptp([len(t) for t in texts]) > 0
