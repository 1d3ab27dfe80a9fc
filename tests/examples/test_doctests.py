"""What the docstrings of the examples show is true: pytest collects those of the package only."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SHOWN = sorted(p for p in EXAMPLES.rglob("*.py") if ">>> " in p.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
def test_docstrings(path: Path) -> None:
    module = importlib.import_module(path.stem)
    failed, attempted = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert (failed, attempted > 0) == (0, True)
