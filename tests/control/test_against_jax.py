"""Control flow under every transformation, program by program, against JAX in float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import oxmlx as ox
from oxmlx.ops.axes import reduce_sum
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.dot import matmul
from oxmlx.ops.math import cos, exp, sin
from oxmlx.ops.select import select

OURS = SimpleNamespace(
    sin=sin, cos=cos, exp=exp, where=select, matmul=matmul,
    total=lambda x: reduce_sum(x, tuple(range(x.ndim))), lax=ox.lax, jit=ox.jit, grad=ox.grad,
    vmap=ox.vmap, jvp=ox.jvp, checkpoint=ox.checkpoint, custom_vjp=ox.custom_vjp,
    custom_jvp=ox.custom_jvp, policies=ox.checkpoint_policies, array=from_numpy,
)  # fmt: skip
JAX = SimpleNamespace(
    sin=jnp.sin, cos=jnp.cos, exp=jnp.exp, where=jnp.where, matmul=jnp.matmul, total=jnp.sum,
    lax=jax.lax, jit=jax.jit, grad=jax.grad, vmap=jax.vmap, jvp=jax.jvp, checkpoint=jax.checkpoint,
    custom_vjp=jax.custom_vjp, custom_jvp=jax.custom_jvp, policies=jax.checkpoint_policies,
    array=jnp.asarray,
)  # fmt: skip


@pytest.fixture(autouse=True)
def x64() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


RNG = np.random.default_rng(3)
W = RNG.normal(size=(3, 3))
XS = RNG.normal(size=(5, 3))
IDX = np.array([0, 2, 1, 1, 0], np.int32)


# Programs: f(np, x: [3]) -> scalar.


def rnn(np: Any, x: Any) -> Any:
    """Weights are consts of the loop, the input is scanned, the carry a pair with an int."""
    w = np.array(W) * x

    def step(carry: Any, u: Any) -> Any:
        h, n = carry
        h = np.sin(np.matmul(w, h) + u)
        return (h, n + 1), h * n

    (h, n), ys = np.lax.scan(step, (x, 0), np.array(XS))
    return np.total(h) * n + np.total(ys)


def reverse_scan(np: Any, x: Any) -> Any:
    c, ys = np.lax.scan(lambda c, u: (np.sin(c) * u, c + u), x, np.array(XS) * x, reverse=True)
    return np.total(c * x) + np.total(ys * ys)


def untouched_carry(np: Any, x: Any) -> Any:
    """One carry is passed on as it is, one is swapped, one output is a constant."""

    def step(carry: Any, u: Any) -> Any:
        a, b, c = carry
        return (b, a * 1.5, c), (u, 2.0, c * u)

    (a, b, c), (u, two, d) = np.lax.scan(step, (x, x * x, np.sin(x)), np.array(XS))
    return np.total(a * b) + np.total(c) + np.total(u) + np.total(two) + np.total(d)


def loop_invariant(np: Any, x: Any) -> Any:
    """exp(x) is computed inside the loop from consts alone."""

    def step(c: Any, u: Any) -> Any:
        scale = np.exp(np.sin(x))
        return c * scale + u, None

    return np.total(np.lax.scan(step, x, np.array(XS))[0])


def nested_scans(np: Any, x: Any) -> Any:
    def inner(c: Any, u: Any) -> Any:
        return np.sin(c) + u * x, c

    def outer(c: Any, u: Any) -> Any:
        c, ys = np.lax.scan(inner, c, np.array(XS) * u)
        return c, np.total(ys)

    c, ys = np.lax.scan(outer, x, np.array(XS))
    return np.total(c) + np.total(ys)


def empty_scan(np: Any, x: Any) -> Any:
    c, ys = np.lax.scan(lambda c, u: (np.sin(c), c * u), x, np.array(XS[:0]))
    return np.total(c) + np.total(ys)


def weak_carry(np: Any, x: Any) -> Any:
    c, _ = np.lax.scan(lambda c, u: (c + np.total(u), None), 0.0, np.array(XS) * x)
    return c * c


def scan_of_cond(np: Any, x: Any) -> Any:
    def step(c: Any, item: Any) -> Any:
        u, k = item
        branches = [lambda c: np.sin(c) * u, lambda c: c * c, lambda c: np.exp(-c * c) * x]
        return np.lax.switch(k, branches, c), np.total(c)

    c, ys = np.lax.scan(step, x, (np.array(XS), np.array(IDX)))
    return np.total(c) + np.total(ys)


def unbalanced_cond(np: Any, x: Any) -> Any:
    """One branch has many residuals, the other has none; one output is an input."""

    def long(x: Any, y: Any) -> Any:
        return np.sin(np.cos(np.exp(np.sin(x)))) * y, y

    a, b = np.lax.cond(np.total(x) > 0, long, lambda x, y: (x * 0.0, y * 2.0), x, x * x)
    c, d = np.lax.cond(np.total(x) < 0, long, lambda x, y: (x * 0.0, y * 2.0), x, x * x)
    return np.total(a * b) + np.total(c * d)


def cond_of_cond(np: Any, x: Any) -> Any:
    def inner(y: Any) -> Any:
        return np.lax.cond(np.total(y) > 1.0, np.sin, lambda z: z * x, y)

    return np.total(np.lax.cond(np.total(x) > -1.0, inner, np.cos, x))


def fori(np: Any, x: Any) -> Any:
    return np.total(np.lax.fori_loop(0, 4, lambda i, c: np.sin(c) * (i + 1) + x, x))


def remat_of_scan(np: Any, x: Any) -> Any:
    run = np.checkpoint(lambda x: np.lax.scan(lambda c, u: (np.sin(c * u), c), x, np.array(XS)))
    c, ys = run(np.sin(x))
    return np.total(c) + np.total(np.cos(ys))


def scan_of_remat(np: Any, x: Any) -> Any:
    step = np.checkpoint(lambda c, u: (np.sin(c * u) * x, np.exp(-c * c)))
    c, ys = np.lax.scan(step, x, np.array(XS))
    return np.total(c) + np.total(ys)


def remat_with_policy(np: Any, x: Any) -> Any:
    f = np.checkpoint(
        lambda x: np.sin(np.matmul(np.array(W), np.sin(np.matmul(np.array(W), x)))),
        policy=np.policies.dots_saveable,
    )
    return np.total(f(f(x)))


def remat_of_remat(np: Any, x: Any) -> Any:
    inner = np.checkpoint(lambda y: np.sin(np.sin(y) * x))
    return np.total(np.checkpoint(lambda y: inner(inner(y)) * y)(x))


def gradient_in_scan(np: Any, x: Any) -> Any:
    """Gradient descent in a loop, differentiated through."""

    def loss(y: Any) -> Any:
        return np.total(np.sin(y) * x + y * y)

    return np.total(np.lax.scan(lambda y, _: (y - 0.1 * np.grad(loss)(y), None), x, None, 3)[0])


def vmap_in_scan(np: Any, x: Any) -> Any:
    def step(c: Any, u: Any) -> Any:
        return np.vmap(lambda a, b: np.sin(a) * b + np.total(x), (0, 0))(c, u), None

    return np.total(np.lax.scan(step, x, np.array(XS))[0])


def jvp_in_cond(np: Any, x: Any) -> Any:
    def push(y: Any) -> Any:
        return np.jvp(np.sin, (y,), (x,))[1]

    return np.total(np.lax.cond(np.total(x) > -9.0, push, np.cos, x * x))


def own_rules(np: Any, x: Any) -> Any:
    """custom_vjp with an int and a pytree, whose fwd and bwd call the function itself."""

    @np.custom_vjp
    def f(p: Any, k: Any) -> Any:
        return {"y": np.sin(p["a"]) * p["b"] * k}

    def fwd(p: Any, k: Any) -> Any:
        return f(p, k), (p, k)

    def bwd(res: Any, ct: Any) -> Any:
        p, k = res
        g = ct["y"] * k
        return {
            "a": g * np.cos(p["a"]) * p["b"],
            "b": g * np.sin(p["a"]) + 0.0 * f(p, k)["y"],
        }, None

    f.defvjp(fwd, bwd)
    return np.total(f({"a": x, "b": x * x}, 3)["y"])


def own_jvp(np: Any, x: Any) -> Any:
    @np.custom_jvp
    def f(x: Any, y: Any) -> Any:
        return np.sin(x) * y

    @f.defjvp
    def rule(primals: Any, tangents: Any) -> Any:
        (x, y), (dx, dy) = primals, tangents
        return f(x, y), f(x, dy) + np.cos(x) * y * dx

    return np.total(f(x, np.sin(x)) * f(x, x))


PROGRAMS: list[Callable[..., Any]] = [
    rnn, reverse_scan, untouched_carry, loop_invariant, nested_scans, empty_scan, weak_carry,
    scan_of_cond, unbalanced_cond, cond_of_cond, fori, remat_of_scan, scan_of_remat,
    remat_with_policy, remat_of_remat, gradient_in_scan, vmap_in_scan, jvp_in_cond, own_rules,
    own_jvp,
]  # fmt: skip
NO_JVP = {own_rules}

X = RNG.normal(size=3)
V = RNG.normal(size=3)
BATCH = RNG.normal(size=(4, 3))


def transformed(np: Any, f: Callable[..., Any], forward: bool) -> dict[str, Callable[[], Any]]:
    """The program under each stack of transformations, as thunks."""
    x, v, batch = np.array(X), np.array(V), np.array(BATCH)
    g = np.grad(f)
    weighted = lambda x: np.total(g(x) * v)  # noqa: E731
    out = {
        "value": lambda: f(x),
        "jit": lambda: np.jit(f)(x),
        "grad": lambda: g(x),
        "jit grad": lambda: np.jit(g)(x),
        "grad jit": lambda: np.grad(np.jit(f))(x),
        "vmap": lambda: np.vmap(f)(batch),
        "vmap grad": lambda: np.vmap(g)(batch),
        "grad vmap": lambda: np.grad(lambda b: np.total(np.vmap(f)(b)))(batch),
        "grad grad": lambda: np.grad(weighted)(x),
        "jit vmap grad grad": lambda: np.jit(np.vmap(np.grad(weighted)))(batch),
        "vmap of in_axes 1": lambda: np.vmap(f, in_axes=1)(np.array(BATCH.T)),
    }
    if forward:
        out["jvp grad"] = lambda: np.jvp(g, (x,), (v,))[1]
        out["jvp"] = lambda: np.jvp(f, (x,), (v,))[1]
        out["grad jvp"] = lambda: np.grad(lambda x: np.jvp(f, (x,), (v,))[1])(x)
        out["vmap jvp jvp"] = lambda: np.vmap(
            lambda x: np.jvp(lambda x: np.jvp(f, (x,), (v,))[1], (x,), (v,))[1]
        )(batch)
    return out


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_agrees_with_jax(program: Callable[..., Any]) -> None:
    forward = program not in NO_JVP
    ours = transformed(OURS, lambda x: program(OURS, x), forward)
    theirs = transformed(JAX, lambda x: program(JAX, x), forward)
    wanted = jax.jit(lambda: {stack: thunk() for stack, thunk in theirs.items()})()
    for stack, thunk in ours.items():
        got, want = np.asarray(thunk()), np.asarray(wanted[stack])
        assert got.dtype == want.dtype == np.float64, stack
        np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-10, err_msg=stack)
