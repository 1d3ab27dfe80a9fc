"""Compiling: many texts at once, kept on disk, and refused in words where there is no clang."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import oxmlx.emulate as metalcompute
from oxmlx.emulate import CompilerMissing, TextError
from oxmlx.emulate.clang import Clang, clang

PROGRAM = """
import oxmlx.emulate as metalcompute
from oxmlx.emulate.clang import Clang

calls = 0
run = Clang.run
def counted(*arguments, **names):
    global calls
    calls += 1
    return run(*arguments, **names)
Clang.run = counted

device = metalcompute.Device()
text = "kernel void f(device int* x [[buffer(0)]], uint i [[thread_position_in_grid]])"
text += "{ x[i] = 7; }"
x = device.buffer(4096)
device.kernel(text).function("f")(1, x)
print(memoryview(x).cast("i")[3], calls)
"""


def run(folder: Path | str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"OXMLX_CACHE": str(folder), "PATH": "/usr/local/bin:/usr/bin:/bin"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.mark.clang
def test_another_process_compiles_nothing(tmp_path: Path) -> None:
    assert run(tmp_path) == "7 2"  # the runtime, and the kernel
    assert run(tmp_path) == "7 0"


@pytest.mark.clang
def test_damaged_files_are_made_again(tmp_path: Path) -> None:
    run(tmp_path)
    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert len(files) == 3  # the runtime, a library, and what of it the text is
    for file in files:
        file.write_bytes(b"x" * 5000)
    assert run(tmp_path) == "7 2"


@pytest.mark.clang
def test_none_is_kept_if_none_is_wanted() -> None:
    assert run("off") == "7 2"


def source(value: str, name: str = "f") -> str:
    return f"""
    #define VALUE {value}
    struct P {{ float x[VALUE]; }};
    inline float helper() {{ return VALUE; }}
    kernel void {name}(device float* x [[buffer(0)]], uint i [[thread_position_in_threadgroup]]) {{
      threadgroup P shared;
      if (i == 0) shared.x[VALUE - 1] = helper();
      if (i == 0) x[0] = shared.x[VALUE - 1];
    }}"""


@pytest.mark.clang
def test_many_texts_are_one_call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", clang_folder())
    texts = [source(f"{n}0{np.random.default_rng().integers(10**6)}") for n in range(1, 6)]
    texts = [text.replace("[VALUE]", "[8]").replace("[VALUE - 1]", "[7]") for text in texts]
    calls: list[object] = []
    run = Clang.run
    monkeypatch.setattr(Clang, "run", lambda *a, **k: (calls.append(a), run(*a, **k))[1])
    metalcompute.prepare([*texts, texts[0]])
    assert len(calls) == 1
    device = metalcompute.Device()
    for text in texts:
        x = device.buffer(4)
        device.kernel(text).function("f")(1, x)
        assert np.frombuffer(x, "float32")[0] == np.float32(text.split()[2])
    assert len(calls) == 1


def clang_folder() -> str:
    return f"{Path(clang().command[0]).parent}:/usr/bin:/bin"


@pytest.mark.clang
def test_the_one_that_is_wrong_is_told() -> None:
    texts = [source("1"), source("2"), source("3").replace("if", "iff")]
    with pytest.raises(TextError, match=r"program_source:7:\d+: error"):
        metalcompute.prepare(texts)
    metalcompute.Device().kernel(texts[1]).function("f")


def test_without_a_clang_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(CompilerMissing, match="Install one: apt install clang-16"):
        clang()
    with pytest.raises(metalcompute.error, match="found no clang of version 15 or newer"):
        metalcompute.Device().kernel(source("12345"))


def compiler(folder: Path, name: str, version: str) -> Path:
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{version}'\n")
    file.chmod(0o755)
    return file


def test_which_clang_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    compiler(tmp_path, "clang++", "Debian clang version 14.0.6")
    (tmp_path / "more").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}:{tmp_path / 'more'}")
    compiler(tmp_path / "more", "clang++-16", "clang version 16.0.6")
    newer = compiler(tmp_path / "more", "clang++-19", "Ubuntu clang version 19.1.1")
    assert clang().command == (str(newer),)
    own = compiler(tmp_path, "zig", "clang version 22.1.0")
    monkeypatch.setenv("CXX", f"{own} c++")
    assert clang().command == (str(own), "c++")
    gcc = compiler(tmp_path, "g++", "g++ (Debian) 12.2.0")
    monkeypatch.setenv("CXX", str(gcc))
    assert clang().command == (str(newer),)


def test_other_machines_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(CompilerMissing, match="metalcompute itself runs the kernels"):
        clang()
