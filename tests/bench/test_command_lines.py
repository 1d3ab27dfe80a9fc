"""Every bench is a command that explains itself, at once and where nothing is installed."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"
COMMANDS = sorted(p for p in BENCH.glob("*.py") if "__main__" in p.read_text(encoding="utf-8"))
EVERY = pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.stem)
BARE = "-S", "-E"  # without what is installed
PACKAGES = {"gguf", "jax", "llvmlite", "sklearn", "tokenizers", "tqdm"}


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """A command of Python's, where COLUMNS breaks no line of what argparse says."""
    return subprocess.run(
        [sys.executable, *command],
        env=os.environ | {"COLUMNS": "400"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def imported(path: Path) -> set[str]:
    """The packages that a file imports, by their names."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


def test_there_are_some() -> None:
    assert {"conv", "gpu", "soak"} < {path.stem for path in COMMANDS}


@EVERY
def test_help_is_the_docstring(path: Path) -> None:
    done = run(*BARE, path, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")), clean=False)
    assert doc is not None and doc.strip() in done.stdout
    assert done.stdout.startswith(f"usage: {path.name} [-h]")
    assert f"python bench/{path.name}" in doc


@EVERY
def test_an_unknown_option_is_refused(path: Path) -> None:
    done = run(*BARE, path, "--nosuch")
    assert (done.returncode, done.stdout) == (2, "")
    usage, error = done.stderr.splitlines()
    assert usage.startswith(f"usage: {path.name}")
    assert error == f"{path.name}: error: unrecognized arguments: --nosuch"


@EVERY
def test_what_is_not_installed_is_named(path: Path) -> None:
    done = run(*BARE, path)
    assert (done.returncode, done.stdout) == (2, "")
    error = done.stderr.splitlines()[-1]
    said, _, advice = error.partition("; ")
    who, _, names = said.rpartition(": ")
    assert who == f"{path.name}: error: not installed here"
    assert "pip install -e '.[bench]'" in advice and "make bench" in advice
    assert set(names.split(", ")) - {"oxmlx"} <= PACKAGES
    assert imported(path) & PACKAGES <= set(names.split(", "))
    assert names.startswith("oxmlx")


def test_without_jax_a_bench_says_so() -> None:
    """As after `pip install -e .`: all but jax is there."""
    hide = "import runpy, sys; sys.modules['jax'] = None"
    start = f"sys.path.insert(0, {str(BENCH)!r}); runpy.run_module('train', run_name='__main__')"
    done = run("-c", f"{hide}; {start}")
    assert done.returncode == 2
    assert "error: not installed here: jax; `pip" in done.stderr.splitlines()[-1]


def test_a_word_of_no_row_lists_the_names() -> None:
    done = run(BENCH / "conv.py", "nosuch")
    assert (done.returncode, done.stdout) == (2, "")
    head, *rows, usage, error = done.stderr.splitlines()
    assert (head, usage) == ("rows:", "usage: conv.py [-h] [word]")
    assert "  gradient of x row, 9 64 to 64" in rows
    assert error.startswith("conv.py: error: no row's name contains 'nosuch'; ")


@pytest.fixture
def command() -> ModuleType:
    spec = spec_from_file_location("command", BENCH / "command.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("word", "chosen"), [("", ["ab", "bc", "ca"]), ("b", ["ab", "bc"]), ("ca", ["ca"])]
)
def test_a_word_chooses_rows(command: ModuleType, word: str, chosen: list[str]) -> None:
    assert list(command.Command("").choose(word, iter(["ab", "bc", "ca"]), str)) == chosen


def test_rows_are_made_as_they_are_measured(command: ModuleType) -> None:
    made: list[int] = []
    rows = command.Command("").choose("", (made.append(k) or k for k in range(3)), str)
    assert [(row, len(made)) for row in rows] == [(0, 1), (1, 2), (2, 3)]
