"""A save that breaks anywhere leaves the old file whole, and nothing else behind."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oxmlx.io import atomic, load, save, save_state
from oxmlx.io.atomic import replacing

OLD = {"w": np.arange(6, dtype=np.float32), "b": np.ones(2, np.int8)}
NEW = {"w": np.zeros(6, np.float32), "b": np.zeros(2, np.int8)}
FILES = ["x.safetensors", "x.npz"]


class Crash(BaseException):
    """What no handler of errors catches."""


def crash_at(k: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which raises at its k-th call instead of doing its work."""
    calls = 0

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == k:
            raise Crash
        return function(*args, **kwargs)

    return wrapped


def same(path: Path, wanted: dict[str, np.ndarray]) -> bool:
    found = load(path)
    return found.keys() == wanted.keys() and all(
        np.asarray(found[name]).tobytes() == x.tobytes() for name, x in wanted.items()
    )


POINTS: list[tuple[str, Any, str, int]] = [
    ("x.safetensors", np, "ascontiguousarray", 1),
    ("x.safetensors", np, "ascontiguousarray", 2),
    ("x.npz", np.lib.format, "write_array", 1),
    ("x.npz", np.lib.format, "write_array", 2),
    *((name, os, "chmod", 1) for name in FILES),
    *((name, os, "fsync", 1) for name in FILES),
    *((name, os, "replace", 1) for name in FILES),
]


@pytest.mark.parametrize(("name", "module", "function", "k"), POINTS)
def test_an_exception_in_the_middle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: Any, function: str, k: int
) -> None:
    path = tmp_path / name
    save(path, OLD)
    before = path.read_bytes()
    monkeypatch.setattr(module, function, crash_at(k, getattr(module, function)))
    with pytest.raises(Crash):
        save(path, NEW)
    assert path.read_bytes() == before
    assert same(path, OLD)
    assert os.listdir(tmp_path) == [name]


def test_every_write_may_fail(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"old")
    for n in range(5):
        with pytest.raises(Crash), replacing(path, "test") as file:
            for _ in range(n):
                file.write(b"n" * 100_000)
            raise Crash
        assert path.read_bytes() == b"old"
        assert os.listdir(tmp_path) == ["x"]


CHILD = """
import os, signal, sys
import numpy as np
from oxmlx.io import atomic, save

module, function, k, path = sys.argv[1:]
module = {"np": np, "os": os, "atomic": atomic}[module]
work, calls = getattr(module, function), 0

def die(*args, **kwargs):
    global calls
    calls += 1
    if calls == int(k):
        os.kill(os.getpid(), signal.SIGKILL)
    return work(*args, **kwargs)

setattr(module, function, die)
save(path, {"w": np.zeros(6, np.float32), "b": np.zeros(2, np.int8)})
"""


@pytest.mark.parametrize(
    ("where", "survives"),
    [
        (("np", "ascontiguousarray", "2"), OLD),
        (("os", "fsync", "1"), OLD),
        (("os", "replace", "1"), OLD),
        (("atomic", "sync_folder", "1"), NEW),
    ],
    ids=lambda x: x[1] if isinstance(x, tuple) else "",
)
def test_a_killed_process(
    tmp_path: Path, where: tuple[str, ...], survives: dict[str, np.ndarray]
) -> None:
    path = tmp_path / "x.safetensors"
    save(path, OLD)
    done = subprocess.run([sys.executable, "-c", CHILD, *where, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert same(path, survives)
    save(path, NEW)
    assert same(path, NEW)


def test_the_data_are_on_the_disk_before_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    for name in ("fsync", "replace"):
        function = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *args, f=function, n=name: (calls.append(n), f(*args))[1]
        )
    save(tmp_path / "x.safetensors", NEW)
    assert calls == ["fsync", "replace", "fsync"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_broke_is_what_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(error)) as caught:
        save(tmp_path / "x.safetensors", NEW)
    assert caught.value is error
    assert os.listdir(tmp_path) == []


def test_a_refused_save_touches_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save(path, OLD)
    for bad in ({"w": "text"}, {"w": np.ones(1, complex)}, {"a": {"b": OLD["w"]}, "a.b": OLD["w"]}):
        with pytest.raises((TypeError, ValueError)):
            save(path, bad)
        with pytest.raises((TypeError, ValueError)):
            save_state(path, {"w": object()})
        assert same(path, OLD)
        assert os.listdir(tmp_path) == ["x.safetensors"]


def test_permissions_and_symlinks_stay(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "x.safetensors", tmp_path / "link.safetensors"
    save(real, OLD)
    real.chmod(0o640)
    link.symlink_to(real)
    save(link, NEW)
    assert link.is_symlink()
    assert same(real, NEW)
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_new_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    save(tmp_path / "x.safetensors", NEW)
    (tmp_path / "y").write_bytes(b"")
    modes = {(tmp_path / name).stat().st_mode for name in ("x.safetensors", "y")}
    assert len(modes) == 1


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        save(tmp_path / "absent" / "x.safetensors", NEW)


def test_sync_folder_closes_what_it_opens(tmp_path: Path) -> None:
    before = len(os.listdir("/dev/fd"))
    atomic.sync_folder(tmp_path)
    assert len(os.listdir("/dev/fd")) == before
