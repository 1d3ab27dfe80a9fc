"""`python -m oxmlx.doctor`: all of it is said, and what is wrong is in its exit code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fake_metal import Metal

import oxmlx as ox
from oxmlx import doctor, emulate
from oxmlx.api.eager import Compiler
from oxmlx.backends.metal import library, stamp
from oxmlx.backends.metal.gpu import gpu
from oxmlx.backends.metal.texts import kernel_names
from oxmlx.ir import pending
from oxmlx.ir.device import Device, default_device
from oxmlx.ir.machine import install, installed
from oxmlx.testing import parity
from oxmlx.testing.operations import OPERATIONS

Capture = pytest.CaptureFixture[str]
FEW = {name: OPERATIONS[name] for name in ("add", "softmax", "sort")}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parity, "OPERATIONS", FEW)
    monkeypatch.setattr(doctor, "LONG", 1 << 12)


@pytest.fixture
def emulated(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with ox.config.context(metal="emulate"):
        monkeypatch.setattr(gpu(), "refused", {})  # other tests may have tried what is wrong
        yield


def test_what_this_machine_has(capsys: Capture) -> None:
    assert doctor.main() == 0
    said = capsys.readouterr().out
    for package in ("oxmlx", "numpy", "llvmlite"):
        assert re.search(rf"^{package}: +{re.escape(version(package))}$", said, re.MULTILINE)
    assert f"{default_device()} is the default" in said
    assert "| softmax | ✓ " in said
    assert re.search(r"^\d+\.\d GB/s", said, re.MULTILINE)
    assert "All is well." in said and "as an issue" in said


@pytest.mark.clang
def test_the_executor_is_called_what_it_is(emulated: None, capsys: Capture) -> None:
    assert doctor.main() == 0
    own = capsys.readouterr().out.partition("\nmetal:0")[2]
    assert own.startswith(": the executor for Linux, which runs Metal texts as C++; no GPU\n")
    compiled = re.search(r"^(\d+) kernels compiled, 0 texts refused$", own, re.MULTILINE)
    assert compiled and int(compiled[1]) > len(kernel_names())
    assert "GB/s" not in own and "default from now on" not in own
    assert "All is well." in own


def test_a_gpu_of_nvidia_is_called_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    info = emulate.get_devices()[0]._replace(deviceName="NVIDIA T4")
    found = SimpleNamespace(metal=SimpleNamespace(get_devices=lambda: (info,)))
    monkeypatch.setattr(doctor, "gpu", lambda: found)
    with ox.config.context(metal="cuda"):
        name = doctor.name_of(Device("metal", 0))
        assert name == "metal:0: NVIDIA T4, which runs Metal texts as CUDA C++"
        assert not stamp.is_real()  # so metal never becomes the default by it


def test_a_device_that_is_wrong_is_said_to_be(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(parity, "TOLERANCE", dict.fromkeys(parity.TOLERANCE, 0.1))
    assert doctor.main() == 1
    said = capsys.readouterr().out
    assert "cpu: softmax, float32 [7, 67]: off by " in said
    assert "All is well." not in said


def take_for_a_gpu(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a module pass for metalcompute on a Mac."""
    find = library.find
    monkeypatch.setattr(library, "find", lambda n: module if n == "metalcompute" else find(n))


@pytest.mark.clang
def test_a_device_that_agrees_gets_its_stamp(
    emulated: None, monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    take_for_a_gpu(emulate, monkeypatch)
    monkeypatch.setattr(stamp, "stamp_file", lambda: tmp_path / "stamp")
    monkeypatch.setattr(metadata, "version", lambda package: "1.0")
    for known in (stamp.facts, stamp.read):
        monkeypatch.setattr(stamp, known.__name__, cache(known.__wrapped__))
    with ox.config.context(metal=""):
        assert doctor.main() == 0
        own = capsys.readouterr().out.partition("\nmetal:0: oxmlx emulator\n")[2]
        assert re.search(r"^\d+\.\d GB/s", own, re.MULTILINE)
        assert f"it is the default from now on: {tmp_path / 'stamp'} says so." in own
        assert ox.devices()[0].kind == "metal"
    assert ox.devices()[0].kind == "cpu"


@pytest.mark.clang
def test_a_device_that_refused_a_text_gets_none(
    emulated: None, monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    """Though its results are right: of what it refused, the host did the work."""
    take_for_a_gpu(emulate, monkeypatch)
    monkeypatch.setattr(stamp, "stamp_file", lambda: tmp_path / "stamp")
    monkeypatch.setattr(stamp, "facts", lambda: {"device": "none"})
    with ox.config.context(metal=""):
        gpu().refused["kernel void f() {}"] = "program_source:1:1: error: refused"
        assert doctor.main() == 1
        own = capsys.readouterr().out.partition("\nmetal:0: oxmlx emulator\n")[2]
    assert "1 texts refused" in own and "| softmax | ✓ " in own
    assert "default from now on" not in own
    assert not (tmp_path / "stamp").exists()


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[Metal]:
    """A device that refuses a text of ours, and computes nothing. Programs that it ran are not kept
    for the tests that come."""
    machine = installed()
    install(Compiler())
    monkeypatch.setattr(pending, "_programs", {})
    monkeypatch.setattr(pending, "_sights", {})
    metal = Metal()
    take_for_a_gpu(metal, monkeypatch)
    monkeypatch.setattr(doctor, "kernel_names", lambda: ("odd",))
    head = "[[max_total_threads_per_threadgroup(32)]]\n"
    text = f"{head}kernel void refused(device float* x [[buffer(0)]]) {{}}"
    monkeypatch.setattr(doctor, "kernel_text", lambda name: text)
    with ox.config.context(metal=""):
        yield metal
    install(machine)


def test_the_words_of_the_compiler_are_handed_on(broken: Metal, capsys: Capture) -> None:
    assert doctor.main() == 1
    said = capsys.readouterr().out
    assert "\nmetal:0: Fake GPU\n" in said
    assert "1 texts refused" in said
    assert "metal: program_source:1:1: error: refused, in the text\n[[max_total" in said
    assert "metal: softmax, float32 [7, 67]: off by " in said
    assert "default from now on" not in said
    assert "From a Mac, please do so even if all is well." in said


def test_a_device_that_fails_is_a_problem_and_no_end(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def fail(device: object) -> None:
        raise ox.errors.EvaluationError("cpu", "is on fire")

    monkeypatch.setattr(doctor, "examine", fail)
    assert doctor.main() == 1
    assert "cpu:0: cpu: is on fire" in capsys.readouterr().out
