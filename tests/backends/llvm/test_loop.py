"""Loops of short kernels run natively, and do what they do step by step."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx.api.executable import plan_of
from oxmlx.backends.base import backend_of
from oxmlx.backends.llvm import loop
from oxmlx.backends.llvm.loop import Loop, make_loop
from oxmlx.ir.device import as_device
from oxmlx.ir.plan import Repeat, RepeatWhile

jnp, lax = ox.numpy, ox.lax
XS = np.linspace(-1, 1, 20 * 16, dtype=np.float32).reshape(20, 16)
W = np.cos(np.arange(256, dtype=np.float32)).reshape(16, 16) / 8

Fn = Callable[[Any, Any], Any]
LOOPS: dict[str, Fn] = {
    "map and stack": lambda w, xs: lax.scan(lambda c, x: (jnp.tanh(c * w[0] + x), c), xs[0], xs),
    "fold": lambda w, xs: lax.scan(lambda c, x: (c + x, (c * x).sum()), xs[0], xs),
    "product of a matrix": lambda w, xs: lax.scan(lambda c, x: (jnp.tanh(c @ w + x), c), xs[0], xs),
    "transposed matrix": lambda w, xs: lax.scan(lambda c, x: (c + w @ x, None), xs[0], xs),
    "products": lambda w, xs: lax.scan(lambda c, x: (jnp.sin(c @ w), x), w[:2], xs),
    "backwards": lambda w, xs: lax.scan(
        lambda c, x: (jnp.tanh(c + x), c * 2), xs[0], xs, reverse=True
    ),
    "carries that change places": lambda w, xs: lax.scan(
        lambda c, x: ((c[1], c[0], x), (x, c[2], 1.0)), (xs[0], xs[1], xs[2]), xs
    ),
    "one value for a carry and a stack": lambda w, xs: lax.scan(
        lambda c, x: ((c[0] + x,) * 2, (c[0] + x, c[1])), (xs[0], xs[0]), xs
    ),
    "nothing": lambda w, xs: lax.scan(lambda c, x: (c, None), xs[0], xs),
    "a carry that stays": lambda w, xs: lax.scan(lambda c, x: (c, x * 2), xs[0], xs),
    "other dtypes": lambda w, xs: lax.scan(
        lambda c, x: ((c[0] + 1, c[1] ^ (x.sum() > 0)), (c[1], x.astype("bfloat16"))),
        (jnp.int32(0), jnp.bool_(False)),
        xs,
    ),
    "counted": lambda w, xs: lax.fori_loop(0, 33, lambda i, c: (c[1], c[0] + c[1]), (1, 1)),
    "counted, till an operand": lambda w, xs: lax.fori_loop(
        0, (xs[0] > 0).sum(), lambda i, c: c * 1.5 + i, 1.0
    ),
    "while": lambda w, xs: lax.while_loop(
        lambda c: c[0] < 30 + xs.sum(),
        lambda c: (c[0] * 1.1, c[1] + 1, c[2] @ w),
        (1.0, 0, xs[0]),
    ),
    "while, nothing to do": lambda w, xs: (
        lax.while_loop(lambda c: c.sum() < -99, lambda c: c, xs),
        lax.while_loop(lambda c: False, lambda c: c, xs),
        lax.while_loop(lambda c: c, lambda c: c, xs[0, 0] > 99),
    ),
    "while, not once": lambda w, xs: lax.while_loop(
        lambda c: c.sum() < -9, lambda c: c + 1, xs[15:]
    ),
    "gradient of a scan": lambda w, xs: ox.grad(
        lambda w, xs: lax.scan(lambda c, x: (jnp.tanh(c @ w + x), c), xs[0], xs)[1].mean(), (0, 1)
    )(w, xs),
    "scan of a scan": lambda w, xs: lax.scan(
        lambda c, x: (lax.scan(lambda d, y: (d * 0.9 + y, d), c, xs)[0], x), xs[0], xs
    ),
    "scans that stack, both ways": lambda w, xs: lax.scan(
        lambda c, x: lax.scan(lambda d, y: (y, d + x), c, xs, reverse=True), xs[0], xs
    ),
    "three deep": lambda w, xs: lax.fori_loop(
        0,
        3,
        lambda i, c: lax.fori_loop(
            0, 4, lambda j, c: lax.fori_loop(0, 2, lambda k, c: c * 0.9 + (i + j * k), c), c
        ),
        xs[0],
    ),
    "branches": lambda w, xs: lax.scan(
        lambda c, x: (lax.cond(x.sum() > 0, lambda: c + x, lambda: jnp.sin(c)), c), xs[0], xs
    ),
    "one of several": lambda w, xs: lax.scan(
        lambda c, i: (lax.switch(i % 4, [jnp.sin, jnp.cos, lambda c: c, lambda c: c @ w], c), c),
        xs[0],
        jnp.arange(20),
    ),
    "branches in loops in branches": lambda w, xs: lax.fori_loop(
        0,
        6,
        lambda i, c: lax.cond(
            i > 2,
            lambda c: lax.fori_loop(
                0, 3, lambda j, c: lax.cond(j == i - 3, lambda c: c * 2, lambda c: c - j, c), c
            ),
            lambda c: (c + i)[::-1],
            c,
        ),
        xs[0],
    ),
    "a number that chooses nothing new": lambda w, xs: lax.scan(
        lambda c, x: lax.cond(x[0] > 0, lambda: (c, x), lambda: (x, c)), xs[0], xs
    ),
    "gradient of branches": lambda w, xs: ox.grad(
        lambda xs: lax.scan(
            lambda c, x: (lax.cond(c.sum() > 0, lambda: c * x, lambda: c - jnp.sin(x)), c),
            xs[0],
            xs,
        )[1].sum()
    )(xs),
    "while in a scan": lambda w, xs: lax.scan(
        lambda c, x: (lax.while_loop(lambda d: d.sum() > 1, lambda d: d * 0.5, c + x), c), xs[0], xs
    ),
}


def control_steps(f: Fn) -> list[Any]:
    """The loops in the plan of a function, outermost first."""
    jaxpr = ox.jit(f).trace(W, XS).jaxpr.jaxpr
    plans = [plan_of(jaxpr, backend_of(as_device("cpu")), strict=False)]
    for plan in plans:
        plans += plan.inner
    return [s for plan in plans for s in plan.steps if isinstance(s, (Repeat, RepeatWhile))]


def arrays(f: Fn, device: str) -> list[np.ndarray]:
    with ox.default_device(device):
        return [np.asarray(x) for x in ox.tree.leaves(ox.jit(f)(ox.array(W), ox.array(XS)))]


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_is_its_meaning(name: str) -> None:
    f = LOOPS[name]
    for got, want in zip(arrays(f, "cpu"), arrays(f, "reference"), strict=True):
        assert (got.shape, got.dtype) == (want.shape, want.dtype)
        np.testing.assert_allclose(
            got.astype(np.float64), want.astype(np.float64), rtol=2e-6, atol=2e-6
        )


@pytest.mark.parametrize("name", [n for n in LOOPS if n != "while in a scan"])
def test_short_loops_are_native(name: str) -> None:
    steps = control_steps(LOOPS[name])
    assert steps
    assert all(isinstance(make_loop(s), Loop) for s in steps)


@pytest.mark.parametrize(
    "f",
    [
        lambda w, xs: lax.scan(lambda c, x: (jnp.sort(c + x), c), xs[0], xs),  # a host step
        lambda w, xs: lax.scan(lambda c, x: (c @ c.T, None), jnp.ones((400, 400)), xs),  # shared
        lambda w, xs: lax.scan(lambda c, x: (c, x), xs[:, :0], xs[:, :0]),  # nothing at all
        LOOPS["while in a scan"],
    ],
)
def test_other_loops_are_left_to_python(f: Fn) -> None:
    assert make_loop(control_steps(f)[0]) is None
    for got, want in zip(arrays(f, "cpu"), arrays(f, "reference"), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5)


ODD: dict[str, Fn] = {
    "nothing inside": lambda w, xs: lax.scan(
        lambda c, x: (c + jnp.cumsum(xs[:0] * c[0], 0).sum(), c), xs[0], xs
    ),
    "sin of nothing": lambda w, xs: lax.scan(
        lambda c, x: (c + jnp.sin(xs[:0] * c[0]).sum(), jnp.sin(x[:0])), xs[0], xs
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_empty_values_inside(name: str) -> None:
    for got, want in zip(arrays(ODD[name], "cpu"), arrays(ODD[name], "reference"), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-6)


@pytest.mark.parametrize("work", [1, 40, 100, 150, 1000, 10_000])
def test_long_loops_come_back_to_python_between(work: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where they go on as if nothing had been: an odd number of steps changes places of carries."""
    monkeypatch.setattr(loop, "LONG_WORK", work)

    def f(n: Any) -> Any:
        return lax.while_loop(
            lambda c: c[0] < n, lambda c: (c[0] + 1, c[2], c[1] + c[2]), (0, n * 0, n * 0 + 1)
        )

    for n in (0, 1, 2, 40):
        *_, (b, a) = fibonacci(n)
        assert [int(x) for x in ox.jit(lambda n: f(n))(n)] == [n, b, a]


def fibonacci(n: int) -> list[tuple[int, int]]:
    pairs = [(0, 1)]
    for _ in range(n):
        a, b = pairs[-1]
        pairs.append((b, a + b))
    return pairs


def test_an_endless_loop_can_be_interrupted() -> None:
    program = """
import signal, oxmlx as ox
def stop(*_): raise KeyboardInterrupt
signal.signal(signal.SIGALRM, stop)
signal.setitimer(signal.ITIMER_REAL, 1.5)
try:
    ox.jit(lambda x: ox.lax.while_loop(lambda c: c > -1, lambda c: c * 0.5, x))(1.0)
except KeyboardInterrupt:
    print("interrupted")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "interrupted"


def test_operands_and_earlier_results_stay_as_they_are() -> None:
    f = ox.jit(LOOPS["carries that change places"])
    w, xs = ox.array(W), ox.array(XS)
    first = ox.tree.leaves(f(w, xs))
    before = [np.array(x) for x in first]
    for _ in range(3):
        f(w, xs + 1)
    np.testing.assert_array_equal(xs, XS)
    for x, y in zip(first, before, strict=True):
        np.testing.assert_array_equal(x, y)


def test_threads_run_one_loop_at_once() -> None:
    f = ox.jit(LOOPS["product of a matrix"])
    inputs = [ox.array(XS * k) for k in range(8)]
    want = [np.asarray(f(ox.array(W), x)[1]) for x in inputs]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            got = list(pool.map(lambda x: np.asarray(f(ox.array(W), x)[1]), inputs))
            for x, y in zip(got, want, strict=True):
                np.testing.assert_array_equal(x, y)


def test_a_step_of_a_loop_has_few_places_for_what_only_it_reads() -> None:
    def f(w: Any, xs: Any) -> Any:
        def step(c: Any, x: Any) -> Any:
            y = c
            for _ in range(4):
                y = jnp.tanh(y @ w + x)
            return y @ w + c, c

        return lax.scan(step, xs[0], xs)

    (step,) = control_steps(f)
    table = Loop(step).table
    assert len(table.makers) == 3, "a carry, the next one, and a stack"
    assert [*table.places.values()] == [64, 64], "a product, and the next one"
    for got, want in zip(arrays(f, "cpu"), arrays(f, "reference"), strict=True):
        np.testing.assert_allclose(got, want, rtol=2e-6, atol=2e-6)
