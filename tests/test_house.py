"""The rules of the house that no tool checks for us."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "oxmlx"
FILES = sorted(PACKAGE.rglob("*.py"))

# What a user may not have installed may be imported where it is used.
OPTIONAL = {"gguf", "llvmlite", "matplotlib", "metalcompute", "tokenizers", "tqdm"}
# Oracles and rivals, never dependencies.
FOREIGN = {"jax", "jaxlib", "mlx", "optax", "tensorflow", "torch"}

Check = Callable[[str], Iterator[str]]


def long_lines(source: str) -> Iterator[str]:
    """Lines of more than 100 columns."""
    for number, line in enumerate(source.splitlines(), 1):
        if len(line) > 100:
            yield f"{number}: {len(line)} columns"


def missing_docstring(source: str) -> Iterator[str]:
    """A module that does not say what it is."""
    if not ast.get_docstring(ast.parse(source)):
        yield "1: no docstring"


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and top-level package of every import; a relative one is of `oxmlx`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "oxmlx" if node.level else (node.module or "").partition(".")[0]


def hidden_imports(source: str) -> Iterator[str]:
    """Imports inside functions, of anything but optional third-party packages."""
    functions = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    for line, package in sorted({found for function in functions for found in imports(function)}):
        if package not in OPTIONAL:
            yield f"{line}: {package} is imported inside a function"


def foreign_imports(source: str) -> Iterator[str]:
    """Imports of the packages that we are compared with."""
    for line, package in imports(ast.parse(source)):
        if package in FOREIGN:
            yield f"{line}: {package} is imported"


CHECKS: list[Check] = [long_lines, missing_docstring, hidden_imports, foreign_imports]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_house_is_in_order(check: Check) -> None:
    offences = [
        f"oxmlx/{file.relative_to(PACKAGE)}:{offence}"
        for file in FILES
        for offence in check(file.read_text(encoding="utf-8"))
    ]
    if offences:
        pytest.fail(f"{check.__doc__}\n" + "\n".join(offences), False)


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    names = {file.stem for file in FILES} | {file.parent.name for file in FILES}
    assert not names & {"utils", "util", "helpers", "misc", "common"}


@pytest.mark.parametrize(
    ("check", "source"),
    [
        (long_lines, "x = 1\n" + "y = " + "1" * 97),
        (missing_docstring, "x = 1\n"),
        (missing_docstring, "# a comment only\n"),
        (hidden_imports, "def f():\n    import numpy\n"),
        (hidden_imports, "def f():\n    def g():\n        import numpy\n"),
        (hidden_imports, "class A:\n    async def f(self):\n        from . import tree\n"),
        (hidden_imports, "def f():\n    from oxmlx.ops import add, gguf\n"),
        (foreign_imports, "import jax.numpy as jnp\n"),
        (foreign_imports, "def f():\n    from torch.nn import Linear\n"),
    ],
)
def test_an_offence_is_seen(check: Check, source: str) -> None:
    assert len(list(check(source))) == 1


@pytest.mark.parametrize(
    ("check", "source"),
    [
        (long_lines, "y = " + "1" * 96),
        (missing_docstring, '"""What this is."""\n'),
        (
            hidden_imports,
            "import numpy\ndef f():\n    import gguf\n    from tqdm.auto import tqdm\n",
        ),
        (foreign_imports, "from oxmlx import jax\nfrom .torch import x\nimport jaxtyping\n"),
    ],
)
def test_what_is_allowed_is_not_an_offence(check: Check, source: str) -> None:
    assert not list(check(source))
