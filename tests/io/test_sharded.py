"""Models in several files: what is in which, what a crash leaves, and Hugging Face's layout."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from raw_safetensors import pack

from oxmlx.errors import ArgumentError, FileFormatError
from oxmlx.io import counters, load, load_sharded, save_safetensors, save_sharded, sharded
from oxmlx.io.sharded import INDEX, split

ARRAYS = {f"layers.{k}.weight": np.full((k + 1, 4), k, np.float32) for k in range(5)}


class Crash(BaseException):
    """What no handler of errors catches."""


def values(folder: Path) -> dict[str, list[Any]]:
    return {name: x.tolist() for name, x in load_sharded(folder).items()}


def wanted(arrays: dict[str, np.ndarray]) -> dict[str, list[Any]]:
    return {name: x.tolist() for name, x in arrays.items()}


def test_there_and_back_without_a_copy(tmp_path: Path) -> None:
    save_sharded(tmp_path / "model", ARRAYS, max_shard_size=64, metadata={"format": "np"})
    files = sorted(os.listdir(tmp_path / "model"))
    assert files == [*(f"model-0000{k}-of-00004.safetensors" for k in (1, 2, 3, 4)), INDEX]
    before = counters.bytes_copied
    for path in (tmp_path / "model", tmp_path / "model" / INDEX):
        assert {name: x.tolist() for name, x in load(path).items()} == wanted(ARRAYS)
    assert counters.bytes_copied == before


def test_the_index_is_hugging_faces(tmp_path: Path) -> None:
    save_sharded(tmp_path, ARRAYS, max_shard_size=10**6)
    index = json.loads((tmp_path / INDEX).read_text())
    assert index == {
        "metadata": {"total_size": sum(x.nbytes for x in ARRAYS.values())},
        "weight_map": dict.fromkeys(ARRAYS, "model-00001-of-00001.safetensors"),
    }
    theirs = safetensors.numpy.load_file(tmp_path / "model-00001-of-00001.safetensors")
    assert wanted(theirs) == wanted(ARRAYS)


def test_a_model_that_others_wrote(tmp_path: Path) -> None:
    names = list(ARRAYS)
    for file, part in (("b.safetensors", names[:2]), ("a.safetensors", names[2:])):
        safetensors.numpy.save_file({name: ARRAYS[name] for name in part}, tmp_path / file)
    weight_map = {n: "b.safetensors" if n in names[:2] else "a.safetensors" for n in names}
    index = {"metadata": {"total_size": 1.5}, "weight_map": weight_map}
    (tmp_path / "other.safetensors.index.json").write_text(json.dumps(index))
    found = load(tmp_path / "other.safetensors.index.json")
    assert {name: x.tolist() for name, x in found.items()} == wanted(ARRAYS)


def test_a_folder_with_one_file(tmp_path: Path) -> None:
    save_safetensors(tmp_path / "model.safetensors", ARRAYS)
    assert values(tmp_path) == wanted(ARRAYS)


def test_symlinked_shards_as_in_a_cache(tmp_path: Path) -> None:
    save_sharded(tmp_path / "blobs", ARRAYS, max_shard_size=64)
    (tmp_path / "snapshot").mkdir()
    for file in (tmp_path / "blobs").iterdir():
        (tmp_path / "snapshot" / file.name).symlink_to(file)
    assert values(tmp_path / "snapshot") == wanted(ARRAYS)


def test_a_missing_shard(tmp_path: Path) -> None:
    save_sharded(tmp_path, ARRAYS, max_shard_size=64)
    (tmp_path / "model-00002-of-00004.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match="model-00002-of-00004"):
        load_sharded(tmp_path)


def test_a_corrupt_shard_is_named(tmp_path: Path) -> None:
    save_sharded(tmp_path, ARRAYS, max_shard_size=64)
    (tmp_path / "model-00003-of-00004.safetensors").write_bytes(pack({}, b"1"))
    with pytest.raises(FileFormatError, match="model-00003-of-00004.*belong to no tensor"):
        load_sharded(tmp_path)


def test_no_arrays(tmp_path: Path) -> None:
    save_sharded(tmp_path, {})
    assert values(tmp_path) == {}


def test_saving_again_replaces_the_model(tmp_path: Path) -> None:
    for size in (64, 10**6, 64, 32, 64):
        arrays = {name: x + size for name, x in ARRAYS.items()}
        save_sharded(tmp_path, arrays, max_shard_size=size)
        assert values(tmp_path) == wanted(arrays)
        index = json.loads((tmp_path / INDEX).read_text())
        assert sorted(os.listdir(tmp_path)) == sorted({*index["weight_map"].values(), INDEX})


def test_saving_again_spares_the_files_of_others(tmp_path: Path) -> None:
    for name in ("model.safetensors", "config.json", "model-00001-of-00004.safetensors"):
        (tmp_path / name).write_bytes(b"theirs")
    save_sharded(tmp_path, ARRAYS, max_shard_size=64)
    save_sharded(tmp_path, ARRAYS, max_shard_size=64)
    for name in ("model.safetensors", "config.json", "model-00001-of-00004.safetensors"):
        assert (tmp_path / name).read_bytes() == b"theirs"
    assert values(tmp_path) == wanted(ARRAYS)


def test_saving_over_an_index_that_nobody_understands(tmp_path: Path) -> None:
    (tmp_path / INDEX).write_text('{"weight_map": {"w": "../important"}}')
    (tmp_path.parent / "important").write_bytes(b"theirs")
    save_sharded(tmp_path, ARRAYS)
    assert (tmp_path.parent / "important").read_bytes() == b"theirs"
    assert values(tmp_path) == wanted(ARRAYS)


@pytest.mark.parametrize("k", range(1, 6))
def test_a_crash_leaves_the_old_model_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, k: int
) -> None:
    save_sharded(tmp_path, ARRAYS, max_shard_size=64)
    files = set(os.listdir(tmp_path))
    zeros = {name: np.zeros_like(x) for name, x in ARRAYS.items()}
    replace, calls = os.replace, 0

    def crash(*args: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == k:
            raise Crash
        replace(*args)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", crash)
        with pytest.raises(Crash):
            save_sharded(tmp_path, zeros, max_shard_size=64)
    assert calls == k
    if k < 5:  # at 5 it is the index that fails
        assert set(os.listdir(tmp_path)) == files
    assert values(tmp_path) == wanted(ARRAYS)
    save_sharded(tmp_path, zeros, max_shard_size=64)
    assert values(tmp_path) == wanted(zeros)


def test_a_crash_after_the_index_leaves_the_new_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_sharded(tmp_path, ARRAYS, max_shard_size=64)
    zeros = {name: np.zeros_like(x) for name, x in ARRAYS.items()}

    def crash(*_: Any, **__: Any) -> None:
        raise Crash

    monkeypatch.setattr(sharded.Path, "unlink", crash)
    with pytest.raises(Crash):
        save_sharded(tmp_path, zeros, max_shard_size=64)
    assert values(tmp_path) == wanted(zeros)


def test_a_refused_save_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError):
        save_sharded(tmp_path / "model", {"w": 1.0})
    with pytest.raises(TypeError, match="c128"):
        save_sharded(tmp_path / "model", {"a": np.ones(1), "z": np.ones(1, complex)})
    assert os.listdir(tmp_path) == []


@given(st.lists(st.integers(0, 20), max_size=12), st.integers(1, 30))
def test_split(sizes: list[int], limit: int) -> None:
    buffers = {str(k): np.zeros(n, np.uint8) for k, n in enumerate(sizes)}
    shards = split(buffers, limit)
    assert [name for shard in shards for name in shard] == list(buffers)
    totals = [sum(x.nbytes for x in shard.values()) for shard in shards]
    assert all(n <= limit or len(shard) == 1 for n, shard in zip(totals, shards, strict=True))
    firsts = [next(iter(shard.values())).nbytes for shard in shards]
    assert all(a + b > limit for a, b in zip(totals, firsts[1:], strict=False))
