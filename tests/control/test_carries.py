"""Loops and branches: lengths, bounds, pairs, and the types that weak values take."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import oxmlx as ox
from oxmlx.errors import ArgumentError
from oxmlx.ops.convert import from_numpy


def array(x: Any, dtype: str) -> Any:
    return from_numpy(np.asarray(x, dtype))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int64"])
def test_a_counter_has_the_dtype_of_its_bounds(dtype: str) -> None:
    zero = array(0, dtype)
    for count in (lambda n: ox.lax.fori_loop(0, n, lambda i, c: c + i, zero),):
        eager, traced = count(array(4, dtype)), ox.jit(count)(array(4, dtype))
        assert eager.dtype == traced.dtype == np.dtype(dtype)
        assert int(eager) == int(traced) == 6


def test_a_counter_of_python_bounds_is_weak() -> None:
    zero = array(0, "int8")
    assert ox.lax.fori_loop(0, 3, lambda i, c: c + i, zero).dtype == np.int8
    assert ox.lax.fori_loop(0, 3, lambda i, c: i, 0).weak_type


@pytest.mark.parametrize("bound", [2.5, np.ones(1, np.int32), True])
def test_bounds_that_are_no_integers_are_refused(bound: Any) -> None:
    with pytest.raises(ArgumentError, match="bounds must be integer scalars"):
        ox.lax.fori_loop(0, bound, lambda i, c: c, 0)


def test_a_length_may_be_any_integer() -> None:
    for length in (3, np.int64(3), array(3, "int32")):
        total, _ = ox.lax.scan(lambda c, _: (c + 1, None), 0, None, length)
        assert int(total) == 3
    for length in (2.5, -1, "3"):
        with pytest.raises(ArgumentError, match="length must be an integer from 0"):
            ox.lax.scan(lambda c, _: (c, None), 0, None, length)  # type: ignore[arg-type]


def test_the_pair_may_be_a_list() -> None:
    total, ys = ox.lax.scan(lambda c, x: [c + x, x], 0.0, array([1, 2], "float32"))
    assert float(total) == 3.0 and ys.tolist() == [1.0, 2.0]


def test_an_operand_by_keyword() -> None:
    double, half = (lambda x: x * 2.0), (lambda x: x / 2.0)
    assert float(ox.lax.cond(True, double, half, operand=3.0)) == 6.0
    assert float(ox.lax.switch(1, [double, half], operand=3.0)) == 1.5
    assert float(ox.lax.cond(True, lambda _: 1.0, lambda _: 2.0, operand=None)) == 1.0


def loops(lib: Any) -> list[Any]:
    """Programs whose carries start as Python numbers."""
    half = lib.asarray(np.asarray(1.5, np.float16))
    lax = jax.lax if lib is jnp else ox.lax
    vmap = jax.vmap if lib is jnp else ox.vmap
    ones = lib.asarray(np.ones(2, np.int32))
    count = lambda c: (c[0] + 1, c[1] * 2)  # noqa: E731
    return [
        lax.scan(lambda c, _: (c * 1.0, c), 0, None, length=2),
        lax.scan(lambda c, _: ((c[1], c[0]), c), (1, half), None, length=2),
        lax.scan(lambda c, _: (c + 1, c), 0.0, None, length=2),
        lax.while_loop(lambda c: c < 10, lambda c: c * half, 1),
        lax.while_loop(lambda c: c < 10, lambda c: c * 1.5, 1),
        vmap(lambda n: lax.while_loop(lambda c: c[0] < n, count, (0, 1.0)))(ones),
        vmap(lambda n: lax.scan(lambda c, _: (count(c), c[0] * n), (0, 1.0), None, length=2))(ones),
    ]


def test_weak_carries_take_the_types_that_jax_gives_them() -> None:
    for ours, theirs in zip(loops(ox.numpy), loops(jnp), strict=True):
        have = [(x.dtype, x.weak_type) for x in ox.tree.leaves(ours)]
        want = [(x.dtype, x.weak_type) for x in jax.tree.leaves(theirs)]
        assert have == want
        for x, y in zip(ox.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
            np.testing.assert_array_equal(np.asarray(x), np.asarray(y))
