"""The gate: every stack of three transformations over every construct agrees with the mathematics.

A program computes a function of one real number in float64 by way of some construct. Its meaning
is written beside it for mpmath, which differentiates to many digits; a stack of transformations is
read as an operator on such functions.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cache
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from metal_batch import compile_calls

import oxmlx as ox
from oxmlx import lax
from oxmlx.errors import GradientError
from oxmlx.ops.axes import reduce_sum
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.math import cos, exp, sin

Fn = Callable[[Any], Any]
POINTS = [-0.7, 0.4, 1.3]
POINT = 0.6
WEIGHTS = [0.5, -1.25, 2.0]
REAL = np.dtype("float64")
TOLERANCE = {"float64": 1e-9, "float32": 1e-4}


def array(x: Any) -> Any:
    return from_numpy(np.asarray(x, REAL))


def total(x: Any) -> Any:
    return reduce_sum(x, (0,))


# Transformations, as operators on functions of one number: ours, and their meaning.


def over_batch(f: Fn) -> Fn:
    """x ↦ Σ wₖ f(x + pₖ), by one vmap."""
    points, weights = array(POINTS), array(WEIGHTS)
    return lambda x: total(ox.vmap(lambda p: f(x + p))(points) * weights)


OURS: dict[str, Callable[[Fn], Fn]] = {
    "jit": ox.jit,
    "grad": ox.grad,
    "jvp": lambda f: lambda x: ox.jvp(f, (x,), (array(1.0),))[1],
    "vmap": over_batch,
    "checkpoint": ox.checkpoint,
}
MEANING: dict[str, Callable[[Fn], Fn]] = {
    "jit": lambda f: f,
    "grad": lambda f: lambda x: mp.diff(f, x),
    "jvp": lambda f: lambda x: mp.diff(f, x),
    "vmap": lambda f: lambda x: sum(w * f(x + p) for w, p in zip(WEIGHTS, POINTS, strict=True)),
    "checkpoint": lambda f: f,
}

# Programs: (ours, its meaning).


def closure_in_scan(x: Any) -> Any:
    """The body closes over a tracer, and over one of its own making."""
    y = sin(x)
    carry, outs = lax.scan(lambda c, t: (sin(c * x) + y * t, c * y), x, array(np.arange(3)))
    return carry + total(outs * outs)


def closure_meaning(x: Any) -> Any:
    y, c, outs = mp.sin(x), x, []
    for t in range(3):
        outs.append(c * y)
        c = mp.sin(c * x) + y * t
    return c + sum(y * y for y in outs)


def nested_jit(x: Any) -> Any:
    inner = ox.jit(lambda a, b: sin(a) * b)
    outer = ox.jit(lambda a: inner(a, a * a) + inner(a * a, x))
    return outer(x * 0.5)


def nested_meaning(x: Any) -> Any:
    a = x * mp.mpf("0.5")
    return mp.sin(a) * a * a + mp.sin(a * a) * x


def jit_scan_jit(x: Any) -> Any:
    step = ox.jit(lambda c, u: sin(c) * u + x)
    run = ox.jit(lambda c: lax.scan(lambda c, u: (step(c, u), c * c), c, array(SCANNED)))
    carry, outs = run(x)
    return carry + total(outs)


SCANNED = [0.3, -0.8]


def jit_scan_meaning(x: Any) -> Any:
    c1 = mp.sin(x) * SCANNED[0] + x
    return mp.sin(c1) * SCANNED[1] + x + x * x + c1 * c1


def mapped_cond(x: Any) -> Any:
    """Under vmap the predicate is mapped; operands and closures differ between the branches."""
    y = x * x
    return lax.cond(
        x > 0.25, lambda a: sin(a) * y, lambda a: exp(a) + lax.switch(1, [sin, cos], a), x
    )


def cond_meaning(x: Any) -> Any:
    return mp.sin(x) * x * x if x > 0.25 else mp.exp(x) + mp.cos(x)


@ox.custom_vjp
def scaled_sine(x: Any) -> Any:
    return sin(x)


scaled_sine.defvjp(lambda x: (sin(x), x), lambda x, ct: (ct * cos(x),))


def custom_vjp_program(x: Any) -> Any:
    return scaled_sine(x * x) * x


@ox.custom_jvp
def own_sine(x: Any) -> Any:
    return sin(x)


@own_sine.defjvp
def own_sine_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (dx,) = primals, tangents
    return own_sine(x), cos(x) * dx


def custom_jvp_program(x: Any) -> Any:
    return own_sine(x * x) * x


def sine_meaning(x: Any) -> Any:
    return mp.sin(x * x) * x


def printing(x: Any) -> Any:
    ox.debug.print("x = {}", x)
    return lax.fori_loop(0, 2, lambda i, c: sin(c) * x, x)


def printing_meaning(x: Any) -> Any:
    return mp.sin(mp.sin(x) * x) * x


KEY = 7


def with_key(x: Any) -> Any:
    """A typed key is closed over, split, carried through a loop and drawn from."""
    key = ox.random.key(KEY)

    def step(carry: Any, _: Any) -> Any:
        key, y = carry
        key, now = ox.random.split(key)
        return (key, sin(y) * ox.random.uniform(now, dtype=REAL) + x), None

    return lax.scan(step, (key, x), None, 2)[0][1]


def key_meaning(x: Any) -> Any:
    key, y = ox.random.key(KEY), x
    for _ in range(2):
        key, now = ox.random.split(key)
        y = mp.sin(y) * mp.mpf(float(ox.random.uniform(now, dtype=REAL))) + x
    return y


def forward_while(x: Any) -> Any:
    """A loop with a data-dependent length, which has no reverse mode."""
    return lax.while_loop(
        lambda c: c[1] < 2.5, lambda c: (sin(c[0]) * x, c[1] + 1.0), (x, array(0.0))
    )[0]


def while_meaning(x: Any) -> Any:
    y = x
    for _ in range(3):
        y = mp.sin(y) * x
    return y


PROGRAMS: dict[str, tuple[Fn, Fn]] = {
    "closure over a tracer in a scan body": (closure_in_scan, closure_meaning),
    "nested jit": (nested_jit, nested_meaning),
    "jit of scan of jit": (jit_scan_jit, jit_scan_meaning),
    "cond with a mapped predicate": (mapped_cond, cond_meaning),
    "custom_vjp": (custom_vjp_program, sine_meaning),
    "custom_jvp": (custom_jvp_program, sine_meaning),
    "print": (printing, printing_meaning),
    "key": (with_key, key_meaning),
    "while": (forward_while, while_meaning),
}
STACKS = list(itertools.product(OURS, repeat=3))


def one_way(program: str, stack: tuple[str, ...]) -> bool:
    """Whether the stack asks a program for the mode that it does not have. The innermost
    derivative (the last of the stack) decides for custom_vjp, any reverse one for while."""
    modes = [t for t in reversed(stack) if t in ("grad", "jvp")]
    if program == "custom_vjp":
        return modes[:1] == ["jvp"]
    return program == "while" and "grad" in modes


def stacked(program: str, stack: tuple[str, ...]) -> Any:
    """A program under a stack of transformations."""
    ours, _ = PROGRAMS[program]
    for name in reversed(stack):
        ours = OURS[name](ours)
    return ours


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("stack", STACKS, ids="-".join)
def test_stack_of_three(program: str, stack: tuple[str, ...], capsys: Any) -> None:
    check(program, stack, capsys)


def name_of(x: str | tuple[str, ...]) -> str:
    return x if isinstance(x, str) else "-".join(x)


PAIRS = [("jit", *pair) for pair in itertools.product(OURS, repeat=2)]
# what changes nothing that is computed changes no kernel either
ON_METAL = [stack for stack in PAIRS if stack.count("jit") == 1 and stack[1] != "checkpoint"]
COMPILED = [
    *(("cpu", stack) for stack in PAIRS),
    *(pytest.param("metal", stack, marks=pytest.mark.clang) for stack in ON_METAL),
]


@cache
def compile_stacks(program: str) -> None:
    """Get the executor ready for all stacks over a program."""
    stacks = [stack for stack in ON_METAL if not one_way(program, stack)]
    compile_calls(*((stacked(program, stack), [array(POINT)]) for stack in stacks))


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(("device", "stack"), COMPILED, indirect=["device"], ids=name_of)
def test_compiled_stack_of_two(
    device: str,
    program: str,
    stack: tuple[str, ...],
    capsys: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if device == "metal":  # which has no doubles
        monkeypatch.setitem(globals(), "REAL", np.dtype("float32"))
        compile_stacks(program)
    check(program, stack, capsys)


def check(program: str, stack: tuple[str, ...], capsys: Any) -> None:
    """A program under a stack of transformations is the mathematics."""
    ours, (_, meaning) = stacked(program, stack), PROGRAMS[program]
    if one_way(program, stack):
        with pytest.raises(GradientError):
            ours(array(POINT))
        return
    for name in reversed(stack):
        meaning = MEANING[name](meaning)
    with mp.workdps(40):
        expected = float(meaning(mp.mpf(POINT)))
    got = ours(array(POINT))
    tolerance = TOLERANCE[REAL.name]
    assert (got.device, got.dtype) == (ox.array(0).device, REAL)
    assert float(got) == pytest.approx(expected, rel=tolerance, abs=tolerance)
    if program == "print":
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == len(POINTS) ** stack.count("vmap")
        assert all(line.startswith("x = ") for line in lines)
