"""Metal is the default device with a stamp of this GPU and these versions, and never without."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from fake_metal import Metal

import oxmlx as ox
from oxmlx.backends.metal import library, stamp
from oxmlx.backends.metal.gpu import gpu
from oxmlx.testing.operations import OPERATIONS
from oxmlx.testing.parity import Outcome, stamp_metal

VERSIONS = {"oxmlx": "0.1.0", "metalcompute": "0.2.9"}
find = library.find


def forget() -> None:
    for known in (stamp.facts, stamp.read, stamp.advise):
        known.cache_clear()


@pytest.fixture(autouse=True)
def on_a_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A device that is not the executor, and an empty cache."""
    metal = Metal()
    monkeypatch.setattr(library, "find", lambda n: metal if n == "metalcompute" else find(n))
    monkeypatch.setattr(metadata, "version", VERSIONS.__getitem__)
    forget()
    with ox.config.context(metal="", cache=str(tmp_path / "cache")):
        yield
    forget()


def kinds() -> list[str]:
    return [d.kind for d in ox.devices()]


def outcomes(problem: str = "", device: str = "metal") -> list[Outcome]:
    """What a comparison would find, with a problem of the last operation."""
    *names, last = OPERATIONS
    found = [Outcome(name, False, device, 0.0, (), ()) for name in names]
    return [*found, Outcome(last, False, device, 0.0, (), (problem,) if problem else ())]


def test_without_a_stamp_metal_comes_last() -> None:
    assert kinds() == ["cpu", "reference", "metal"]


def test_with_a_stamp_metal_is_the_default(tmp_path: Path) -> None:
    file = stamp_metal(outcomes())
    assert file == tmp_path / "cache" / "metal_parity.json"
    assert kinds() == ["metal", "cpu", "reference"]
    assert ox.numpy.ones(2).device.kind == "metal"
    assert json.loads(file.read_text()).keys() == {*VERSIONS, "macos", "device", "date"}
    forget()  # as another process would
    assert kinds()[0] == "metal"


@pytest.mark.parametrize("fact", ["oxmlx", "metalcompute", "macos", "device"])
def test_a_stamp_of_something_else_is_none(fact: str) -> None:
    file = stamp.stamp(agrees=True)
    assert file is not None
    file.write_text(json.dumps(json.loads(file.read_text()) | {fact: "another"}))
    forget()
    assert kinds()[0] == "cpu"


@pytest.mark.parametrize("text", ["", "{", "[1]", "{}", "\N{PILE OF POO}"])
def test_a_damaged_stamp_is_none(text: str) -> None:
    file = stamp.stamp(agrees=True)
    assert file is not None
    file.write_text(text, encoding="utf-16")
    forget()
    assert kinds()[0] == "cpu"


def test_a_device_that_is_wrong_loses_its_stamp() -> None:
    file = stamp_metal(outcomes())
    assert file is not None and file.exists()
    assert stamp_metal(outcomes("off by inf ulps")) is None
    assert not file.exists()
    assert kinds()[0] == "cpu"


def test_a_device_that_refused_a_text_loses_its_stamp() -> None:
    file = stamp_metal(outcomes())
    assert file is not None and file.exists()
    gpu().refused["kernel"] = "error"
    assert stamp_metal(outcomes()) is None
    assert not file.exists()


@pytest.mark.parametrize("found", [outcomes()[1:], outcomes(device="cpu"), []])
def test_a_part_of_the_operations_gives_no_stamp(found: list[Outcome]) -> None:
    assert stamp_metal(found) is None
    assert kinds()[0] == "cpu"


def test_the_executor_gives_no_stamp_and_has_none(tmp_path: Path) -> None:
    with ox.config.context(metal="emulate"):
        assert stamp_metal(outcomes()) is None
    assert not (tmp_path / "cache").exists()
    assert stamp_metal(outcomes()) is not None
    with ox.config.context(metal="emulate"):
        assert kinds() == ["cpu", "reference", "metal"]


def unknown(package: str) -> str:
    raise metadata.PackageNotFoundError(package)


def blocked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")


@pytest.mark.parametrize(
    "prevent",
    [
        lambda patch, path: patch.setattr(metadata, "version", unknown),
        lambda patch, path: patch.setattr(stamp, "stamp_file", lambda: None),
        blocked,
    ],
)
def test_what_cannot_be_written_is_no_stamp(
    prevent: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    prevent(monkeypatch, tmp_path)
    assert stamp.stamp(agrees=True) is None
    assert kinds()[0] == "cpu"


def test_no_cache_is_no_stamp() -> None:
    with ox.config.context(cache="off"):
        assert stamp.stamp(agrees=True) is None
        assert kinds()[0] == "cpu"


def test_advice_is_given_once(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        stamp.advise()
    assert caplog.messages == [
        "metal: not compared with the reference yet: run `python -m oxmlx.doctor`"
    ]


def test_with_a_stamp_there_is_no_advice(caplog: pytest.LogCaptureFixture) -> None:
    stamp.stamp(agrees=True)
    stamp.advise()
    assert not caplog.messages


def test_a_program_on_metal_brings_the_advice(caplog: pytest.LogCaptureFixture) -> None:
    with ox.config.context(device="metal"):
        ox.jit(lambda x: x + 1)(ox.numpy.ones(3))
    assert [m for m in caplog.messages if "oxmlx.doctor" in m]
