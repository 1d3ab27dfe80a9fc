"""Random programs compute on every device what they compute on the reference, and so do their
gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from metal_batch import compile_calls

import oxmlx as ox
from oxmlx.testing import Program

SEEDS = [*range(40), 7656, 20186, 20228, 300035]
over_devices = pytest.mark.parametrize(
    ("device", "seed"),
    [
        *(("cpu", seed) for seed in SEEDS),
        *(pytest.param("metal", seed, marks=pytest.mark.clang) for seed in SEEDS[:8]),
    ],
    indirect=["device"],
)
CLOSE = {"rtol": 2e-4, "atol": 2e-4}  # a dozen float32 operations near 1, some of them sums


def run(f: Any, program: Program) -> list[np.ndarray]:
    """The results on the default device."""
    return [np.asarray(x) for x in f(*map(ox.numpy.asarray, program.args))]


def on_reference(f: Any, program: Program) -> list[np.ndarray]:
    """The results there."""
    with ox.default_device("reference"):
        return run(f, program)


def gradient(program: Program) -> Any:
    """That of all results, weighed so that none of them cancels."""

    def weighed(*args: Any) -> Any:
        return sum(
            (x * ox.numpy.cos(ox.numpy.arange(float(x.size)).reshape(x.shape))).mean()
            for x in program(*args)
        )

    # neither a maximum nor an absolute value has a derivative where it has a kink, but nobody
    # meets one by chance; a loop of unknown length has none in reverse
    return ox.grad(weighed, argnums=(0, 1))


@over_devices
def test_programs_agree(device: str, seed: int) -> None:
    program = Program(seed)
    want, jitted = on_reference(program, program), ox.jit(program)
    compile_calls((jitted, program.args))
    for f in (jitted, program):
        for got, x in zip(run(f, program), want, strict=True):
            np.testing.assert_allclose(got, x, **CLOSE, err_msg=str(program))


@over_devices
def test_gradients_agree(device: str, seed: int) -> None:
    program = Program(seed)
    if "while_loop" in str(program):
        with pytest.raises(ox.errors.GradientError, match="scan"):
            run(gradient(program), program)
        return
    want, jitted = on_reference(gradient(program), program), ox.jit(gradient(program))
    compile_calls((jitted, program.args))
    for got, x in zip(run(jitted, program), want, strict=True):
        np.testing.assert_allclose(got, x, **CLOSE, err_msg=str(program))


def test_programs_are_what_their_seed_says() -> None:
    assert str(Program(3)) == str(Program(3)) != str(Program(4))
    assert len(Program(3, length=5).steps) == 5
