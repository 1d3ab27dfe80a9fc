"""Every example is a command that explains itself."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LIBRARIES = {"llama", "options", "sampling", "tokenizer"}  # what commands are made of
COMMANDS = sorted(p for p in EXAMPLES.rglob("*.py") if p.stem not in LIBRARIES)


def options(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The options of a command, and what its text says of each."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".add_argument"):
            said = {k.arg: ast.unparse(k.value) for k in node.keywords if k.arg}
            yield ast.literal_eval(node.args[0]), said


# An option with a type has values that it refuses: -1 is no size, no seed, and no file here.
CHECKED = [
    (path.stem, option)
    for path in COMMANDS
    for option, said in options(path)
    if said.get("type", "new_folder") != "new_folder" and "required" not in said
]


def refused(
    name: str,
    argv: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """The sentence that a command ends with, before it does anything."""
    monkeypatch.setattr(sys, "argv", [f"{name}.py", *argv])
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(name).main()
    assert ended.value.code == 2
    printed = capsys.readouterr()
    *usage, error = printed.err.splitlines()
    assert printed.out == "" and usage[0].startswith(f"usage: {name}.py")
    assert "usage" not in "".join(usage[1:]) and "Traceback" not in printed.err
    return error.removeprefix(f"{name}.py: error: ")


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
    assert [option for option, said in options(path) if "help" not in said] == []


def test_options_are_checked() -> None:
    assert len(CHECKED) > 30
    assert {("train_digits", "--epochs"), ("generate", "--model")} < set(CHECKED)


@pytest.mark.parametrize(("name", "option"), CHECKED, ids="".join)
def test_minus_one_is_refused(
    name: str,
    option: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = refused(name, [option, "-1"], capsys, monkeypatch)
    assert option.strip("-").replace("-", "_") in error.replace("-", "_")
    assert "-1" in error


@pytest.mark.parametrize(
    ("name", "argv", "text"),
    [
        ("train_digits", ["--batch", "0"], "argument --batch: wanted 1 or more, got 0"),
        ("train_digits", ["--batch", "1.5"], "argument --batch: invalid positive value: '1.5'"),
        ("train_digits", ["--learning-rate", "nan"], "--learning-rate: wanted a number above 0"),
        ("train_digits", ["--seed", str(2**64)], "argument --seed: wanted 0 or more, and less"),
        ("train_digits", ["--out", "FILE"], "argument --out: FILE is a file; wanted a folder"),
        ("train_digits", ["--out", "FILE/x/y"], "argument --out: FILE is a file; wanted a folder"),
        ("train_digits", ["--batch", "1199"], "--batch: there are 1198 pictures to train with,"),
        ("train_mnist_cnn", ["--data", "/nope"], "argument --data: there is no folder /nope"),
        ("train_mnist_cnn", ["--data", "HERE"], "argument --data: HERE has no train-images-idx3-"),
        ("train_mnist_cnn", ["--data", "digits", "--limit", "63"], "there are 63 pictures"),
        ("char_transformer", ["--text", "/nope"], "argument --text: there is no file /nope"),
        ("char_transformer", ["--text", "FILE"], "its last twentieth, kept for testing, has 2 let"),
        ("char_transformer", ["--heads", "3"], "wanted an even share of 128 features each, got 3"),
        ("char_transformer", ["--heads", "128"], "an even share of 128 features each, got 128"),
        ("char_transformer", ["--prompt", ""], "--prompt: there must be some text to continue"),
        (
            "embeddings",
            ["one sentence"],
            "argument sentences: wanted two or more to compare, got 1",
        ),
        ("embeddings", ["--model", "HERE"], "HERE has no config.json and no tokenizer.json and no"),
        ("fetch", ["minilm", "--into", "FILE"], "argument --into: FILE is a file; wanted a folder"),
        ("gguf_weights", ["--gguf", "/nope", "--out", "HERE/x"], "--gguf: there is no file /nope"),
        ("gguf_weights", ["--gguf", "FILE", "--out", "HERE/x"], "FILE is not a whole GGUF file"),
        ("gguf_weights", ["--gguf", "FILE", "--out", "HERE"], "HERE exists and holds no model.saf"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(
    name: str,
    argv: list[str],
    text: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "file").write_text("no more than forty letters, of no format")

    def named(word: str) -> str:
        return word.replace("FILE", "HERE/file").replace("HERE", str(tmp_path))

    assert named(text) in refused(name, [named(word) for word in argv], capsys, monkeypatch)


def test_generate_finds_its_parts_from_anywhere(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES / "llm" / "generate.py"), "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "--temperature" in done.stdout
