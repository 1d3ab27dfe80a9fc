"""Rows of the error tables, and which `raise` statements of a package running them executes."""

from __future__ import annotations

import ast
import dis
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

RAISE = dis.opmap["RAISE_VARARGS"]


class Refusal(NamedTuple):
    """One row: what a user gets wrong, the exact class that refuses it, a piece of its text."""

    name: str
    call: Callable[[], object]
    error: type[Exception]
    text: str


class Raise(NamedTuple):
    """A `raise` statement that makes an exception; to raise a caught one again is none."""

    file: Path
    first: int
    last: int
    code: str


def raises_of(package: Path) -> list[Raise]:
    """Every `raise` statement in the source files of a package, in order."""
    found: list[Raise] = []
    for file in package.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        again = {
            node
            for handler in ast.walk(tree)
            if isinstance(handler, ast.ExceptHandler)
            for node in ast.walk(handler)
            if isinstance(node, ast.Raise)
            and (
                node.exc is None or (isinstance(node.exc, ast.Name) and node.exc.id == handler.name)
            )
        }
        found += [
            Raise(file, node.lineno, node.end_lineno or node.lineno, ast.unparse(node))
            for node in ast.walk(tree)
            if isinstance(node, ast.Raise) and node.exc is not None and node not in again
        ]
    return sorted(found)


@contextmanager
def executed_raises(package: Path) -> Iterator[set[tuple[Path, int]]]:
    """Collect (file, line) of each `raise` that the package executes, even if caught inside it.

    A traceback would not do: an API may cut its own frames out of the tracebacks that it lets go.
    """
    prefix = str(package) + os.sep
    seen: set[tuple[Path, int]] = set()

    def in_frame(frame: FrameType, event: str, _: Any) -> Any:
        if event == "exception" and frame.f_code.co_code[frame.f_lasti] == RAISE:
            seen.add((Path(frame.f_code.co_filename), frame.f_lineno))
        return in_frame

    def on_call(frame: FrameType, _: str, __: Any) -> Any:
        return in_frame if frame.f_code.co_filename.startswith(prefix) else None

    before = sys.gettrace()
    sys.settrace(on_call)
    try:
        yield seen
    finally:
        sys.settrace(before)


def uncovered(raises: list[Raise], seen: set[tuple[Path, int]]) -> list[Raise]:
    """The statements that none of the executed lines belongs to."""
    return [
        statement
        for statement in raises
        if not any((statement.file, n) in seen for n in range(statement.first, statement.last + 1))
    ]
