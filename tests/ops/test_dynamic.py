"""Dynamic slices and updates against jax.lax."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agreement import agree
from hypothesis import given
from hypothesis import strategies as st

import oxmlx as ox
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.dynamic import dynamic_slice, dynamic_update_slice
from oxmlx.ops.math import sin

RNG = np.random.default_rng(0)
# shape, starts, sizes: inside, clamped, counted from the end
BLOCKS: list[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]] = [
    ((5,), (1,), (3,)),
    ((5,), (4,), (3,)),
    ((5,), (-2,), (2,)),
    ((4, 3), (-9, 1), (2, 2)),
    ((4, 3, 2), (1, 5, 0), (2, 3, 1)),
]


@pytest.mark.parametrize(("shape", "starts", "sizes"), BLOCKS)
def test_dynamic_slice(shape: Any, starts: Any, sizes: Any) -> None:
    agree(
        lambda x: dynamic_slice(sin(x), starts, sizes),
        lambda x: jax.lax.dynamic_slice(jnp.sin(x), starts, sizes),
        RNG.normal(size=shape),
    )


@pytest.mark.parametrize(("shape", "starts", "sizes"), BLOCKS)
def test_dynamic_update_slice(shape: Any, starts: Any, sizes: Any) -> None:
    agree(
        lambda x, y: dynamic_update_slice(sin(x), sin(y), starts),
        lambda x, y: jax.lax.dynamic_update_slice(jnp.sin(x), jnp.sin(y), starts),
        RNG.normal(size=shape),
        RNG.normal(size=sizes),
    )


@given(st.data())
def test_any_block_is_that_of_jax(data: st.DataObject) -> None:
    shape = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))
    sizes = [data.draw(st.integers(0, n)) for n in shape]
    starts = np.array([data.draw(st.integers(-9, 9)) for _ in shape], np.int32)
    x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    y = -1 - np.arange(np.prod(sizes), dtype=np.float32).reshape(sizes)
    cut = dynamic_slice(from_numpy(x), list(map(from_numpy, map(np.asarray, starts))), sizes)
    np.testing.assert_array_equal(cut, jax.lax.dynamic_slice(x, list(starts), sizes))
    put = dynamic_update_slice(from_numpy(x), from_numpy(y), list(starts))
    np.testing.assert_array_equal(put, jax.lax.dynamic_update_slice(x, y, list(starts)))


STARTS = np.array([[0, 1], [3, -1], [9, 0], [1, 9]], np.int32)
MAPPED = [(0, None, 0), (None, None, 0), (0, 0, 0), (None, 0, 0), (1, 0, 0), (0, None, None)]


@pytest.mark.jax("0.9.0")
@pytest.mark.parametrize(("x_axis", "y_axis", "s_axis"), MAPPED)
@pytest.mark.parametrize("sizes", [(2, 2), (2, 3), (4, 3), (1, 2)])
def test_mapped_starts(x_axis: Any, y_axis: Any, s_axis: Any, sizes: Any) -> None:
    batch = len(STARTS)
    x = RNG.normal(size=(4, 3) if x_axis is None else np.insert((4, 3), x_axis, batch))
    y = RNG.normal(size=sizes if y_axis is None else (batch, *sizes))
    s = STARTS if s_axis == 0 else STARTS[1]

    def both(lib: Any, cut: Any, put: Any) -> Any:
        def f(x: Any, y: Any, s: Any) -> Any:
            mapped = lib.vmap(lambda x, s: cut(x, [s[0], s[1]], sizes), (x_axis, s_axis))(x, s)
            put_ = lambda x, y, s: put(x, y, [s[0], s[1]])  # noqa: E731
            written = lib.vmap(put_, (x_axis, y_axis, s_axis))(x, y, s)
            return mapped, written

        out, back = lib.vjp(lambda x, y: f(x, y, s_), x_, y_)
        return out, back(tuple(o * o for o in out))

    with jax.enable_x64(True):
        x_, y_, s_ = map(jnp.asarray, (x, y, s))
        want = jax.tree.leaves(both(jax, jax.lax.dynamic_slice, jax.lax.dynamic_update_slice))
    x_, y_, s_ = map(from_numpy, (x, y, s))
    got = ox.tree.leaves(both(ox, dynamic_slice, dynamic_update_slice))
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, 1e-12)


def test_a_new_start_is_no_new_program() -> None:
    x = from_numpy(np.arange(5.0))
    traces: list[int] = []

    @ox.jit
    def f(x: Any, start: Any) -> Any:
        traces.append(1)
        return dynamic_slice(x, [start], [2])

    assert [f(x, k).tolist() for k in (0, 2, 3)] == [[0, 1], [2, 3], [3, 4]]
    assert len(traces) == 1
