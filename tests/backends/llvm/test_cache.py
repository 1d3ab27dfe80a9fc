"""Machine code on disk: found again, never trusted when damaged, and never in the way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from oxmlx.code_cache import CodeCache

PROGRAM = """
import oxmlx as ox
from oxmlx.backends.llvm.target import target
with ox.default_device("cpu"):
    print(ox.jit(lambda x: 2 * x + 1)(ox.numpy.arange(3.0)), target().kernels_compiled)
"""


def run(folder: Path | str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"OXMLX_CACHE": str(folder), "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_another_process_compiles_nothing(tmp_path: Path) -> None:
    assert run(tmp_path) == "[1. 3. 5.] 2"  # the kernel, and the way into it
    assert run(tmp_path) == "[1. 3. 5.] 0"


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 5000])
def test_damaged_files_are_made_again(tmp_path: Path, damage: bytes) -> None:
    run(tmp_path)
    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert len(files) == 2
    for p in files:
        p.write_bytes(damage)
    assert run(tmp_path) == "[1. 3. 5.] 2"
    assert run(tmp_path) == "[1. 3. 5.] 0"


def test_a_folder_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert run(tmp_path / "file" / "folder") == "[1. 3. 5.] 2"


def test_none_is_kept_if_none_is_wanted(tmp_path: Path) -> None:
    assert run("off") == "[1. 3. 5.] 2"


def test_a_change_of_one_bit_is_seen(tmp_path: Path) -> None:
    cache = CodeCache(tmp_path)
    path = cache.path("text", "cpu")
    cache.put(path, b"code")
    assert cache.get(path) == b"code"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert cache.get(path) is None
    assert path != cache.path("text", "other cpu") != cache.path("textother ", "cpu")
