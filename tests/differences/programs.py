"""jit, loops, branches, effects, and how programs print."""

from __future__ import annotations

import contextlib
import io
import math
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import oxmlx as ox
from differences.rows import row
from oxmlx.errors import DonatedError

onp = ox.numpy


@row("arrays that a jitted function closes over")
def closed_over_arrays() -> None:
    theirs, ours = jnp.arange(3.0) * 2, onp.arange(3.0) * 2
    jaxpr = jax.make_jaxpr(jax.jit(lambda x: x * theirs))(1.0)
    assert (len(jaxpr.consts), len(jaxpr.eqns[0].invars)) == (0, 1)
    program = ox.make_jaxpr(ox.jit(lambda x: x * ours))(1.0)
    assert str(program).startswith("{ lambda a:f32[3]; b:f32[]. let")
    assert len(program.jaxpr.eqns[0].inputs) == 2


@row("donated arrays")
def donation() -> None:
    def total(L: Any, x: Any) -> Any:
        L.jit(lambda x: x.sum(), donate_argnums=0)(x)
        return x + 1

    assert total(jax, jnp.ones(3)).tolist() == [2, 2, 2]
    for device in ox.devices():
        with ox.default_device(device), pytest.raises(DonatedError, match="donated to <lambda>"):
            total(ox, onp.ones(3))
    with ox.config.context(jit=False):
        assert total(ox, onp.ones(3)).tolist() == [2, 2, 2]


@row("an array donated twice, or also passed")
def donated_twice() -> None:
    def both(L: Any, *given: int) -> Any:
        x = L.numpy.ones(3)
        return L.jit(lambda a, b: a + b, donate_argnums=given)(x, x)

    for given in ((0, 1), (0,)):
        with pytest.raises((ValueError, RuntimeError), match="donate"):
            both(jax, *given)
        assert both(ox, *given).tolist() == [2, 2, 2]


@row("jit of the same function again")
def jit_again() -> None:
    def traces(L: Any) -> int:
        seen: list[Any] = []

        def f(x: Any) -> Any:
            seen.append(x)
            return x

        for compiled in (L.jit(f), L.jit(f), L.jit(f)):
            for x in (1.0, 2.0):
                compiled(x)
        return len(seen)

    assert (traces(jax), traces(ox)) == (1, 3)


@row("static arguments 0.0 and -0.0")
def static_zeros() -> None:
    def signs(L: Any) -> list[float]:
        f = L.jit(lambda x, zero: x * math.copysign(1, zero), static_argnums=1)
        return [f(1.0, zero).item() for zero in (0.0, -0.0)]

    assert (signs(jax), signs(ox)) == ([1, 1], [1, -1])


@row("Python numbers that functions return")
def returned_numbers() -> None:
    def are_arrays(L: Any, np: Any) -> list[bool]:
        values = [
            L.jit(lambda x: 3)(1.0),
            L.jvp(lambda x: 3, (1.0,), (1.0,))[0],
            L.vjp(lambda x: 3, 1.0)[0],
            L.vmap(lambda x: 3, out_axes=None)(np.ones(2)),
        ]
        assert values == [3, 3, 3, 3]
        return [isinstance(x, L.Array) for x in values]

    assert are_arrays(jax, jnp) == [True, False, False, False]
    assert are_arrays(ox, onp) == [True] * 4


@row("debug.print under checkpoint")
def checkpointed_print() -> None:
    def printed(L: Any, np: Any) -> str:
        def f(x: Any) -> Any:
            L.debug.print("x = {}", x)
            return np.sin(x) * x

        with contextlib.redirect_stdout(io.StringIO()) as out:
            L.block_until_ready(L.grad(L.checkpoint(f))(1.0))
            if L is jax:
                jax.effects_barrier()
        return out.getvalue()

    assert (printed(jax, jnp), printed(ox, onp)) == ("x = 1.0\n" * 2, "x = 1.0\n")


@row("weak carries of loops")
def weak_carries() -> None:
    def loop(L: Any) -> Any:
        return L.lax.fori_loop(0, 3, lambda i, c: (c[0] + c[1], c[1] * 1.5), (1, 2))

    with pytest.raises(TypeError, match="carry"):
        loop(jax)
    assert [x.item() for x in loop(ox)] == [10.5, 6.75]


@row("branches that return Python numbers")
def weak_branches() -> None:
    def branch(L: Any, np: Any) -> Any:
        return L.lax.cond(True, lambda x: 1, lambda x: x, np.array(1.5, "float16"))

    with pytest.raises(TypeError, match="branch"):
        branch(jax, jnp)
    assert (branch(ox, onp).item(), branch(ox, onp).dtype) == (1, "float16")


@row("evaluation")
def laziness() -> None:
    x = jnp.ones(3) + 1
    assert not hasattr(x, "is_pending")
    y = onp.ones(3) + 1
    assert y.is_pending()
    ox.eval(y)
    assert not y.is_pending()


@row("names of equations")
def names() -> None:
    def f(L: Any, np: Any) -> Any:
        inner = L.jit(lambda x: x.astype("float16"))
        return str(L.make_jaxpr(lambda x: np.where(x > 0, inner(x), 0))(1.0))

    for theirs, ours in (("convert_element_type[", "cast["), ("jit[", "call["), ("select_n", "")):
        assert theirs in f(jax, jnp)
        assert theirs not in f(ox, onp) and ours in f(ox, onp)


@row("devices of several backends")
def all_devices() -> None:
    assert {d.platform for d in jax.devices()} == {jax.default_backend()}
    assert jax.device_count() == len(jax.devices())
    assert {d.platform for d in ox.devices()} >= {ox.default_backend(), "reference"}
    assert ox.device_count() == len(ox.devices())
    with ox.default_device("cpu"):
        assert ox.devices(ox.default_backend()) == ox.devices("cpu") != ox.devices()


@row("names of devices")
def devices() -> None:
    assert jax.devices()[0].platform == "cpu"
    assert (str(ox.devices()[0]), ox.devices()[0].platform) == ("cpu:0", "cpu")
    assert (str(ox.devices()[1]), ox.devices()[1].platform) == ("reference:0", "reference")
    with pytest.raises(RuntimeError, match="reference"):
        jax.devices("reference")
