"""Every example is a command that explains itself."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LIBRARIES = {"llama", "sampling", "tokenizer"}  # what generate.py is made of
COMMANDS = sorted(p for p in EXAMPLES.rglob("*.py") if p.stem not in LIBRARIES)


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.stem)
def test_help(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module(path.stem)
    monkeypatch.setattr(sys, "argv", [path.name, "--help"])
    with pytest.raises(SystemExit) as ended:
        module.main()
    assert ended.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert " ".join(module.__doc__.split()) in text
    assert f"usage: {path.name}" in text and "--" in text


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.stem)
def test_every_option_says_what_it_is(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".add_argument"):
            assert "help" in [k.arg for k in node.keywords], ast.unparse(node)


def test_generate_finds_its_parts_from_anywhere(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES / "llm" / "generate.py"), "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "--temperature" in done.stdout
