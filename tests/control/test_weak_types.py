"""Weak carries and branches: they take a wider dtype as in JAX, and never a narrower one."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import oxmlx as ox
from oxmlx.errors import ShapeError

LIBRARIES = [(ox, ox.numpy), (jax, jnp)]

LOOPS = {
    "scan, int to float": lambda L, np: L.lax.scan(lambda c, x: (c * 1.5, c), 1, np.ones(3))[0],
    "scan, float to complex": lambda L, np: L.lax.scan(lambda c, x: (c * 1j, x), 1.0, np.ones(3)),
    "scan, by the inputs": lambda L, np: L.lax.scan(lambda c, x: (c + x, x), 0, np.ones(3))[0],
    "while": lambda L, np: L.lax.while_loop(lambda c: c < 3, lambda c: c * 1.5, 1),
    "fori": lambda L, np: L.lax.fori_loop(0, 3, lambda i, c: c * 1.5, 1),
    "cond": lambda L, np: L.lax.cond(True, lambda x: 1.0, lambda x: x, np.ones(())),
}


@pytest.mark.parametrize("name", LOOPS)
def test_as_in_jax(name: str) -> None:
    got, want = (LOOPS[name](*library) for library in LIBRARIES)
    for x, y in zip(ox.tree.leaves(got), jax.tree.leaves(want), strict=True):
        np.testing.assert_allclose(np.asarray(x), np.asarray(y), rtol=1e-6)
        assert x.dtype == y.dtype


def test_one_carry_may_widen_another() -> None:
    """JAX looks once, and refuses this."""
    got = ox.lax.fori_loop(0, 3, lambda i, c: (c[0] + c[1], c[1] * 1.5), (1, 2))
    assert [x.item() for x in got] == [10.5, 6.75]


REFUSED = {
    "a strong carry": lambda L, np: L.lax.scan(lambda c, x: (c * 1.5, x), np.arange(2), np.ones(3)),
    "a strong branch": lambda L, np: L.lax.cond(
        False, lambda x: x.astype("int32"), lambda x: 1.5, np.ones(())
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_strong_dtype_stays(name: str) -> None:
    with pytest.raises(ShapeError, match="int32|i32"):
        REFUSED[name](*LIBRARIES[0])
    with pytest.raises(TypeError):
        REFUSED[name](*LIBRARIES[1])


def test_a_fraction_is_not_cut_off() -> None:
    """A weak branch used to take the dtype of another one, whatever it was; JAX refuses."""

    def f(x: Any) -> Any:
        return ox.lax.cond(x > 0, lambda: 1, lambda: 1.5)

    assert [f(x).item() for x in (1.0, -1.0)] == [1.0, 1.5]
