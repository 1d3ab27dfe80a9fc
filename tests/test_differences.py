"""DIFFERENCES.md says what is so: behind every row is a check that runs both libraries."""

from __future__ import annotations

from pathlib import Path

import pytest
from differences import ROWS

PAGE = Path(__file__).parents[1] / "DIFFERENCES.md"


def table() -> list[list[str]]:
    """The cells of the table, row by row."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert lines[0] == "| topic | JAX | oxmlx | why |"
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_the_table_and_the_checks_are_in_step() -> None:
    assert sorted(cells[0] for cells in table()) == sorted(ROWS)
    assert all(len(cells) == 4 and all(cells) for cells in table())


# JAX and optax say of some of these things that they will be errors one day.
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("topic", ROWS)
def test_row(topic: str) -> None:
    ROWS[topic]()
