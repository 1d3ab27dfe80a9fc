"""The cases find every error that is planted in a text of kernels/: none is harmless."""

from __future__ import annotations

import pytest
from kernels.cases import CASES
from mutation import missed

from oxmlx.backends.metal.texts import kernel_text


@pytest.mark.clang
@pytest.mark.parametrize("name", CASES)
def test_every_mutant_is_found(name: str) -> None:
    assert missed(kernel_text(name), CASES[name](), [{"groups": 1}, {"threads_limit": 96}]) == []
