"""Whole programs on the device metal, run by the Linux executor: loops, groups, a language model;
and what is said when a step has no kernel."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_metal import Metal
from fetch import fetch
from generate import FOLDER, stream
from gguf_weights import convert
from llama import load_llama

import oxmlx as ox
import oxmlx.numpy as np_
from oxmlx import emulate, lax
from oxmlx.backends.metal import backend, library
from oxmlx.backends.metal.gpu import Gpu
from oxmlx.backends.metal.library import find
from oxmlx.errors import FallbackError
from oxmlx.ops.convert import from_numpy

F32 = np.dtype("float32")
FIXTURES = Path(__file__).parents[2] / "conformance" / "fixtures"


@pytest.fixture(autouse=True)
def on_metal() -> Any:
    with ox.default_device("metal"):
        yield


def single(x: Any) -> Any:
    """The array of doubles as one of floats, which Metal has."""
    return from_numpy(np.asarray(x, F32))


def test_loops_and_branches_have_compiled_bodies(device: Gpu) -> None:
    @ox.jit
    def f(x: Any) -> Any:
        y = lax.fori_loop(0, 5, lambda i, c: np_.sin(c) + x, x)
        return lax.cond(np_.sum(y) > 0, np_.exp, np_.cos, y)

    x = np.linspace(-1, 2, 40, dtype=F32)
    before = device.dispatches
    got = np.asarray(f(ox.array(x)))
    assert device.dispatches >= before + 7
    y = x
    for _ in range(5):
        y = np.sin(y) + x
    np.testing.assert_allclose(got, np.exp(y), rtol=1e-5)


# Launches, and a language model


def decayed(*xs: Any) -> list[Any]:
    """A step of every array, some elementwise and some by rows."""
    return [x * 0.9 - np_.sin(x) if x.ndim == 1 else x - np_.mean(x, 1)[:, None] for x in xs]


@pytest.mark.parametrize("mode", [{}, {"instrumented": True}, {"groups": 1}, {"order": "random"}])
def test_kernels_that_do_not_wait_for_each_other_are_one_launch(
    device: Gpu, mode: dict[str, Any]
) -> None:
    rng = np.random.default_rng(0)
    shapes = [(5,), (3, 70), (300,), (2, 2), (70, 3), (1,)]
    xs = [single(rng.normal(size=shape)) for shape in shapes]
    step = ox.jit(decayed)
    with emulate.mode(**mode):
        before = device.dispatches
        got = [np.asarray(x) for x in step(*xs)]
        assert device.dispatches == before + 1
    with ox.default_device("reference"):
        want = ox.jit(decayed)(*map(np.asarray, xs))
    for x, y in zip(got, want, strict=True):
        np.testing.assert_allclose(x, np.asarray(y), rtol=1e-5, atol=1e-6)


def test_what_is_empty_is_no_part_of_a_launch() -> None:
    xs = [single(np.ones(shape)) for shape in [(0,), (3,), (2, 0), (4, 2)]]
    got = [np.asarray(x) for x in ox.jit(decayed)(*xs)]
    assert [x.shape for x in got] == [x.shape for x in xs]
    np.testing.assert_allclose(got[1], np.full(3, 0.9 - np.sin(1)), rtol=1e-6)


def test_the_logits_of_a_language_model(device: Gpu) -> None:
    case = json.loads((FIXTURES / "smollm2_greedy.json").read_text("utf-8"))[0]
    recorded = np.load(FIXTURES / "smollm2_logits.npz")
    model = ox.device_put(load_llama(convert(fetch("smollm2"), FOLDER)), "metal")
    _, logits = next(stream(model, [case["ids"]], 1))
    assert np.abs(logits[0][recorded["columns"]] - recorded["values"][0]).max() < 1e-3
    copied = device.bytes_copied
    next(stream(model, [case["ids"]], 1))
    weights = sum(x.nbytes for _, x in model.named_parameters())
    assert device.bytes_copied - copied < weights / 10  # they stay where they are used


# Steps without a kernel


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "_told", set())


def test_a_step_on_the_host_is_said_once_for_each_reason(
    told: None, caplog: pytest.LogCaptureFixture
) -> None:
    x = ox.array(np.ones(3))
    for f in (np_.sin, np_.cos, lambda x: np_.sort(x), lambda x: np_.sort(x) + 1):
        ox.jit(f)(x.astype(ox.float64)).block_until_ready()
    z = ox.jit(np_.conj)(ox.array([1 + 2j]))
    assert complex(z[0]) == 1 - 2j
    assert sorted(caplog.messages) == [
        "metal: conj runs on the host: cannot hold c64",
        "metal: sin runs on the host: cannot hold f64",
        "metal: sort runs on the host: it has several results",
    ]


def test_a_step_on_the_host_can_be_forbidden(told: None) -> None:
    f = ox.jit(lambda x: np_.sin(x) + 1)
    x = ox.array(np.ones(3), dtype=ox.float64)
    assert f(x).dtype == np.float64
    with ox.config.context(fallback="error"):
        with pytest.raises(FallbackError, match="`sin` would run on the host: cannot hold f64"):
            f(x)  # compiled before, and refused all the same
        assert float(ox.jit(lambda x: np_.sum(np_.sin(x)))(ox.array(np.zeros(3, F32)))) == 0
    f(x)


@pytest.mark.parametrize("eager", [False, True])
def test_eager_code_is_no_exception(told: None, eager: bool) -> None:
    x = ox.array(np.ones(3), dtype=ox.float64)
    with ox.config.context(fallback="error", eager=eager):
        for _ in range(4):  # equation by equation, and then as a program
            with pytest.raises(FallbackError, match="`sin` would run on the host: cannot hold f64"):
                ox.eval(np_.sin(x) + 1)
    with ox.config.context(eager=eager):
        assert float((np_.sin(x) + 1)[0]) == np.sin(1) + 1


def test_a_step_in_a_loop_is_no_exception(told: None, caplog: pytest.LogCaptureFixture) -> None:
    f = ox.jit(lambda x: lax.fori_loop(0, 3, lambda i, c: np_.sort(c) + 1, x))
    x = ox.array([2, 1], dtype=ox.int8)
    assert np.asarray(f(x)).tolist() == [4, 5]
    assert caplog.messages == ["metal: sort runs on the host: it has several results"]
    with ox.config.context(fallback="error"), pytest.raises(FallbackError, match="`sort"):
        f(x)


def test_loops_and_effects_belong_to_the_host(
    told: None, capsys: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def f(x: Any) -> Any:
        ox.debug.print("{}", x[0])
        return lax.fori_loop(0, 3, lambda i, c: c * 2, x)

    with ox.config.context(fallback="error"):
        assert np.asarray(ox.jit(f)(single(np.ones(2)))).tolist() == [8, 8]
    assert capsys.readouterr().out == "1.0\n"
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]


# The device


def test_metal_is_never_the_default() -> None:
    assert ox.devices("metal") and ox.devices()[0].kind != "metal"


def test_without_a_library_there_is_no_device() -> None:
    assert find("oxmlx.no_such_library") is None
    before = ox.config.metal
    ox.config.update("metal", "")
    try:
        assert len(ox.devices("metal")) == (find("metalcompute") is not None)
    finally:
        ox.config.update("metal", before)


def test_a_library_that_finds_no_device_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    metal = Metal()

    def refuse() -> None:
        raise metal.error("No devices")

    monkeypatch.setattr(metal, "get_devices", refuse)
    monkeypatch.setattr(library, "import_module", lambda name: metal)
    find.cache_clear()
    try:
        with ox.config.context(metal=""):
            count = backend.Metal().count()
        assert type(count) is int and count == 0
        with ox.config.context(metal="cuda"), pytest.raises(metal.error, match="No devices"):
            backend.Metal().count()  # it was asked for by name
    finally:
        find.cache_clear()


def test_its_texts_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    ox.debug.show(np_.sin, device="metal", source=True)(single([1.0]))
    assert "kernel void ox_sin(" in capsys.readouterr().out
