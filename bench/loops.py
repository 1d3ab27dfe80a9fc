"""How fast are loops on the CPU, against JAX with one thread?

    python bench/loops.py [word]

Each loop is written once and jitted by both frameworks; what it carries is not donated, so a call
copies it once. `us a step` is the time of a call by its steps, `jax / ours` above 1: we are faster.
The times are those of the process, for the cores may be shared. With a word, only rows that have it
in their names. The command fails if the geometric mean is below 1.
"""

from __future__ import annotations

import sys

from command import FLAGS, Command, use_one_core

use_one_core()

COMMAND = Command(__doc__, "jax", "llvmlite")
COMMAND.add_argument("word", nargs="?", default="", help="part of the names of the rows to measure")
WORD = COMMAND.start().word

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np
from report import interleaved, report

import oxmlx as ox

RNG = np.random.default_rng(0)
STEPS = 500


class Loop(NamedTuple):
    """A function of a framework's module that makes the loop, and its arguments."""

    name: str
    make: Callable[[Any], Callable[..., Any]]
    args: tuple[np.ndarray, ...]
    steps: int = STEPS


def normal(*shape: int) -> np.ndarray:
    return (RNG.normal(size=shape) / shape[-1] ** 0.5).astype(np.float32)


def counted(body: Callable[[Any], Callable[..., Any]]) -> Callable[[Any], Callable[..., Any]]:
    """A loop of `STEPS` over (i, carry), with other arguments that stay."""

    def make(of: Any) -> Callable[..., Any]:
        step = body(of)
        return lambda c, *xs: of.lax.fori_loop(0, STEPS, lambda i, c: step(i, c, *xs), c)

    return make


def sieve(of: Any) -> Callable[..., Any]:
    """Which numbers are prime: a scatter for each of the first ones."""

    def f(flags: Any) -> Any:
        def step(p: Any, flags: Any) -> Any:
            multiples = of.numpy.arange(2, 1 + len(flags) // 100) * p
            return flags.at[multiples].set(False, mode="drop")

        return of.lax.fori_loop(2, 100, step, flags)

    return f


def recurrent(of: Any) -> Callable[..., Any]:
    def step(w: Any, u: Any) -> Callable[..., Any]:
        def next_state(h: Any, x: Any) -> Any:
            h = of.numpy.tanh(x @ w + h @ u)
            return h, h

        return next_state

    return lambda h, xs, w, u: of.lax.scan(step(w, u), h, xs)


def attended(of: Any) -> Callable[..., Any]:
    """Queries one after another, each of which adds its key and value to a cache."""
    jnp, lax = of.numpy, of.lax

    def step(caches: Any, new: Any) -> Any:
        i, q, k, v = new
        keys, values = (c.at[i].set(x) for c, x in zip(caches, (k, v), strict=True))
        scores = jnp.where(jnp.arange(len(keys)) <= i, keys @ q * 0.125, -jnp.inf)
        e = jnp.exp(scores - scores.max())
        return (keys, values), e @ values / e.sum()

    def f(keys: Any, values: Any, *xs: Any) -> Any:
        return lax.scan(step, (keys, values), (jnp.arange(len(xs[0])), *xs))

    return f


def collatz(of: Any) -> Callable[..., Any]:
    """Numbers that are halved or trebled as the step says, and by how much they grow."""

    def f(c: Any) -> Any:
        def step(i: Any, c: Any) -> Any:
            return of.lax.cond(i % 3 == 0, lambda c: c * 3 + 1, lambda c: c * 0.5, c)

        return of.lax.fori_loop(0, STEPS, step, c)

    return f


def smoothed(of: Any) -> Callable[..., Any]:
    """Ten sweeps over the rows of a matrix, each of which takes a part of the row before."""

    def f(x: Any) -> Any:
        def row(above: Any, x: Any) -> Any:
            y = 0.5 * (above + x)
            return y, y

        return of.lax.fori_loop(0, 10, lambda _, x: of.lax.scan(row, x[0], x)[1], x)

    return f


def root(of: Any) -> Callable[..., Any]:
    """Newton's steps for square roots, as many as it takes."""
    jnp = of.numpy

    def f(a: Any) -> Any:
        def on(x: Any) -> Any:
            return jnp.max(jnp.abs(x * x - a)) > 1e-4

        return of.lax.while_loop(on, lambda x: x + 0.1 * (a / x - x), jnp.ones_like(a))

    return f


def loops() -> list[Loop]:
    """What is measured."""
    row, square, small = normal(1 << 20), normal(1024, 1024), normal(64, 64)
    letters = RNG.integers(0, 4, 1001).astype(np.int32)

    def knapsack(of: Any) -> Callable[..., Any]:
        jnp = of.numpy

        def step(best: Any, item: Any) -> Any:
            weight, worth = item
            place = jnp.arange(len(best)) - weight
            taken = jnp.where(place >= 0, best[jnp.maximum(place, 0)] + worth, 0)
            return jnp.maximum(best, taken), None

        return lambda best, *items: of.lax.scan(step, best, items)[0]

    items = RNG.integers(1, 100, STEPS).astype(np.int32), RNG.random(STEPS, np.float32)
    return [
        Loop("set an element of 2^20", counted(lambda _: lambda i, c: c.at[i].set(i)), (row,)),
        Loop(
            "add its neighbour to an element of 2^20",
            counted(lambda _: lambda i, c: c.at[i + 1].add(c[i])),
            (row,),
        ),
        Loop(
            "set a row of 1024x1024",
            counted(lambda of: lambda i, c, xs: c.at[i].set(of.numpy.sin(xs[i]))),
            (square, square),
        ),
        Loop(
            "set a block of 1024x1024",
            counted(
                lambda of: lambda i, c, x: of.lax.dynamic_update_slice(c, x * i, (i, 2 * i % 512))
            ),
            (square, small),
        ),
        Loop("count letters", counted(lambda _: lambda i, c, t: c.at[t[i]].add(1)), (row, letters)),
        Loop("primes below 10^5, scatters", sieve, (np.ones(100_000, bool),), 98),
        Loop("knapsack of 10^4", knapsack, (np.zeros(10_000, np.float32), *items)),
        Loop("recurrent layer of 64", recurrent, (small[0], normal(STEPS, 64), small, small)),
        Loop(
            "attention with a cache of 512x64",
            attended,
            (*np.zeros((2, 512, 64), np.float32), *(normal(STEPS, 64) for _ in "qkv")),
        ),
        Loop("a branch in a loop, 100", collatz, (RNG.random(100, np.float32),)),
        Loop("a loop in a loop, rows of 64", smoothed, (normal(50, 64),)),
        Loop("square roots by while", root, (RNG.random(1000, np.float32) + 0.5,), 80),
    ]


def measure(loop: Loop) -> dict[str, Any]:
    """One row."""
    ours, theirs = (of.jit(loop.make(of)) for of in (ox, jax))
    mine, other = ([of.numpy.array(x) for x in loop.args] for of in (ox, jax))
    start = time.perf_counter()
    got = ox.tree.leaves(ours(*mine))
    want = jax.tree.leaves(jax.block_until_ready(theirs(*other)))
    for x, y in zip(got, want, strict=True):
        np.testing.assert_allclose(np.asarray(x), np.asarray(y), rtol=1e-3, atol=1e-4)
    start = time.perf_counter()
    jax.block_until_ready(theirs(*other))
    once = time.perf_counter() - start
    times = interleaved(
        {
            "ours": lambda: ox.block_until_ready(ours(*mine)),
            "jax": lambda: jax.block_until_ready(theirs(*other)),
        },
        repeat=max(1, int(0.02 / once)),
        rounds=9,
        clock=time.process_time,
    )
    return {
        "loop": loop.name,
        "ours us a step": times["ours"] * 1e6 / loop.steps,
        "jax us a step": times["jax"] * 1e6 / loop.steps,
        "jax / ours": times["jax"] / times["ours"],
    }


def main() -> None:
    rows = [measure(x) for x in COMMAND.choose(WORD, loops(), lambda x: x.name)]
    report("loops", rows)
    mean = float(np.exp(np.mean(np.log([r["jax / ours"] for r in rows]))))
    print(f"geometric mean of jax / ours: {mean:.2f}; jax {jax.__version__}, flags: {FLAGS}")
    if mean < 1:
        sys.exit("slower than JAX")


if __name__ == "__main__":
    main()
