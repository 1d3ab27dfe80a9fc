"""A program computes the same whether its arguments are donated or not, whoever else has them, and
nobody's array changes."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx.backends import ownership
from oxmlx.backends.llvm import launch, sequence
from oxmlx.backends.metal import gpu
from oxmlx.errors import DonatedError
from oxmlx.testing import Program

Reader = Callable[[], Any]


def copied(x: np.ndarray, parents: list[Any]) -> ox.Array:
    return ox.array(x)


def launched(x: np.ndarray, parents: list[Any]) -> ox.Array:
    """What a kernel made."""
    return ox.jit(lambda y: y * 1)(ox.array(x))


def recorded(x: np.ndarray, parents: list[Any]) -> ox.Array:
    return ox.array(x) * 1


def child(x: np.ndarray, parents: list[Any]) -> ox.Array:
    """A view of another array, which somebody else has."""
    parents.append(ox.array(x.reshape(1, 1, 1, -1)))
    return parents[-1].reshape(x.shape)


def orphan(x: np.ndarray, parents: list[Any]) -> ox.Array:
    """A view of what nobody else has."""
    return ox.array(x.reshape(1, 1, 1, -1)).reshape(x.shape)


SOURCES = [copied, launched, recorded, child, orphan]


def pending(x: ox.Array) -> Reader:
    y = x * 2 + 1
    return lambda: np.asarray(y)


def reshaped(x: ox.Array) -> Reader:
    y = x.reshape(1, 1, 1, -1)
    ox.eval(y)
    return lambda: np.asarray(y)


def handle(x: ox.Array) -> Reader:
    y = copy(x)
    return lambda: np.asarray(y)


def exported(x: ox.Array) -> Reader:
    y = np.asarray(x)
    return lambda: y


def sliced(x: ox.Array) -> Reader:
    y = np.asarray(x)[..., ::2]
    return lambda: y


def by_dlpack(x: ox.Array) -> Reader:
    y = np.from_dlpack(x)
    return lambda: y


def buffered(x: ox.Array) -> Reader:
    y = memoryview(np.asarray(x))
    return lambda: np.asarray(y)


HOLDERS = [pending, reshaped, handle, exported, sliced, by_dlpack, buffered]


def bits(x: Any) -> tuple[Any, ...]:
    x = np.array(x)
    return x.shape, x.dtype, x.tobytes()


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether memory was found alone, each time that somebody asked."""
    answers: list[bool] = []

    for module, name in ((launch, "may_change"), (gpu, "is_alone")):
        asked = getattr(ownership, name)

        def ask(*args: Any, asked: Callable[..., bool] = asked) -> bool:
            answers.append(asked(*args))
            return answers[-1]

        monkeypatch.setattr(module, name, ask)
    return answers


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small arrays are treated as large ones are: steps are calls of their own, and in place."""
    monkeypatch.setattr(sequence, "fits", lambda step: False)
    monkeypatch.setattr(launch, "SMALL", 0)


def check(f: Callable[..., Any], args: list[np.ndarray], seed: int) -> None:
    """The law, for random donations of arguments that random others hold."""
    rng = np.random.default_rng(seed)
    donated = [k for k in range(len(args)) if rng.random() < 0.8]
    want = [bits(y) for y in ox.jit(f)(*map(ox.array, args))]
    run = ox.jit(f, donate_argnums=donated)
    for holders in ([], [HOLDERS[rng.integers(len(HOLDERS))] for _ in args]):
        parents: list[Any] = []
        given = [SOURCES[rng.integers(len(SOURCES))](x, parents) for x in args]
        ox.eval(given, parents)
        before = [*map(bits, parents)]
        readers = [hold(x) for hold, x in zip(holders, given, strict=False)]
        assert [bits(y) for y in run(*given)] == want
        expected = [hold(ox.array(x))() for hold, x in zip(holders, args, strict=False)]
        assert [bits(read()) for read in readers] == [*map(bits, expected)]
        assert [*map(bits, parents)] == before
        for k, x in enumerate(given):
            if k in donated:
                with pytest.raises(DonatedError):
                    x.tolist()
            else:
                assert bits(x) == bits(args[k])


SEEDS = range(40)
over_devices = pytest.mark.parametrize(
    ("device", "seed"),
    [
        *(("cpu", seed) for seed in SEEDS),
        *(pytest.param("metal", seed, marks=pytest.mark.clang) for seed in SEEDS[:8]),
    ],
    indirect=["device"],
)


def gradient(program: Program) -> Callable[..., Any]:
    """A step down a gradient: what is read late, after kernels and products have read it."""

    def loss(*args: Any) -> Any:
        return sum((x * ox.numpy.cos(x)).mean() for x in program(*args))

    def step(*args: Any) -> Any:
        grads = ox.grad(loss, argnums=tuple(range(len(args))))(*args)
        return [x - 0.1 * g for x, g in zip(args, grads, strict=True)]

    return step


@over_devices
def test_any_program(apart: None, device: str, seed: int) -> None:
    program = Program(seed)
    check(program, program.args, seed)


@over_devices
def test_any_step(apart: None, device: str, seed: int) -> None:
    program = Program(seed)
    if "while_loop" not in str(program):  # which has no gradient
        check(gradient(program), program.args, seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_any_program_in_few_calls(seed: int) -> None:
    program = Program(seed)
    with ox.default_device("cpu"):
        check(program, program.args, seed)


@pytest.mark.parametrize(
    "device", ["cpu", pytest.param("metal", marks=pytest.mark.clang)], indirect=True
)
def test_the_law_is_about_something(apart: None, counted: list[bool], device: str) -> None:
    """Programs do write over what is donated and what dies, and do not where others hold it."""
    for seed in SEEDS[:6]:
        program = Program(seed)
        check(program, program.args, seed)
    assert counted.count(True) > 8
    assert counted.count(False) > 0


@pytest.mark.parametrize("length", [5, 20, 700])
@pytest.mark.parametrize(
    "device", ["cpu", pytest.param("metal", marks=pytest.mark.clang)], indirect=True
)
def test_the_ends_of_a_row_read_what_another_end_replaces(
    apart: None, counted: list[bool], device: str, length: int
) -> None:
    def f(a: Any, x: Any) -> Any:
        return x.sum(1), (x * x).sum(1) * a

    rng = np.random.default_rng(length)
    args = [rng.normal(size=n).astype(np.float32) for n in ((12,), (12, length))]
    for seed in range(4):
        check(f, args, seed)
    assert counted.count(True) > 0
