"""Every refusal of the package, by table: tests/errors/ mirrors oxmlx/, one table a module.

A table is a file with a list `REFUSALS`; no `raise` of the package may be without a row.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib.util
from pathlib import Path

import pytest
from public_frames import shown
from raise_coverage import Raise, Refusal, executed_raises, raises_of, uncovered

PACKAGE = Path(__file__).resolve().parents[1] / "oxmlx"
TABLES = Path(__file__).parent / "errors"

# Python's own protocols ask for exactly these.
PROTOCOL_ERRORS = {"AttributeError", "StopIteration"}


def table(file: Path) -> list[Refusal]:
    name = "refusals." + ".".join(file.relative_to(TABLES).with_suffix("").parts)
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.REFUSALS


FILES = [file.relative_to(TABLES) for file in sorted(TABLES.rglob("*.py"))]
ROWS = {f"{file}: {row.name}": row for file in FILES for row in table(TABLES / file)}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_refusal(row: Refusal) -> None:
    with pytest.raises(row.error) as caught:
        row.call()
    assert type(caught.value) is row.error
    assert row.text in str(caught.value)
    if frames := shown(caught.value):
        pytest.fail("a user sees our frames; oxmlx.api.boundary cuts them:\n" + "\n".join(frames))


@pytest.mark.clang
def test_every_raise_has_a_row() -> None:
    with executed_raises(PACKAGE) as seen:
        for row in ROWS.values():
            with contextlib.suppress(Exception):
                row.call()
    if missing := uncovered(raises_of(PACKAGE), seen):
        rows = "\n".join(
            f"{place(m)}\n    wants a row in tests/errors/{file_of(m)}" for m in missing
        )
        pytest.fail(f"{len(missing)} raise statements that no row executes:\n{rows}", False)


def file_of(statement: Raise) -> str:
    return statement.file.relative_to(PACKAGE).as_posix()


def place(statement: Raise) -> str:
    code = statement.code if len(statement.code) <= 80 else statement.code[:77] + "..."
    return f"  oxmlx/{file_of(statement)}:{statement.first}: {code}"


def test_row_names_are_unique() -> None:
    assert len(ROWS) == sum(len(table(TABLES / file)) for file in FILES)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_table_mirrors_a_module(file: Path) -> None:
    assert (PACKAGE / file).exists()


def test_no_builtin_exception_is_raised() -> None:
    builtin = {name for name in dir(builtins) if name.endswith(("Error", "Exception"))}
    if found := [s for s in raises_of(PACKAGE) if names(s) & (builtin - PROTOCOL_ERRORS)]:
        pytest.fail("classes of oxmlx.errors say more:\n" + "\n".join(map(place, found)), False)


def names(statement: Raise) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(statement.code)) if isinstance(node, ast.Name)}


PLANTED = '''
"""A module with four raises, two of which it executes."""

def refuse(n):
    if n == 0:
        raise ValueError(
            "executed, over several lines"
        )
    try:
        if n == 1:
            raise KeyError("executed, and caught inside")
    except KeyError:
        raise
    if n == 2:
        raise TypeError("never executed")
    if n == 3:
        raise OSError(fail())

def fail():
    return 1 // 0
'''


def test_the_check_finds_a_raise_without_a_row(tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text(PLANTED)
    namespace: dict[str, object] = {}
    exec(compile(PLANTED, str(tmp_path / "planted.py"), "exec"), namespace)
    refuse = namespace["refuse"]
    assert callable(refuse)
    with executed_raises(tmp_path) as seen:
        for n in (0, 1, 3):
            with contextlib.suppress(ValueError, KeyError, ZeroDivisionError):
                refuse(n)
    statements = raises_of(tmp_path)
    assert [s.first for s in statements] == [6, 11, 15, 17]
    assert [s.code.split("(")[0] for s in uncovered(statements, seen)] == [
        "raise TypeError",
        "raise OSError",
    ]
