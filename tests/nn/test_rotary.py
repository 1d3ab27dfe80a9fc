"""Rotary positions: against MLX, against float64, and far out."""

from __future__ import annotations

from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from agreement import agree

import oxmlx as ox
from oxmlx import nn

onp = ox.numpy
RNG = np.random.default_rng(0)


def exact(
    x: np.ndarray, dims: int, traditional: bool, divisors: np.ndarray, offset: Any, scale: float
) -> np.ndarray:
    """In float64, by complex multiplication."""
    x = x.astype(np.float64)
    start = np.reshape(offset, (-1,) + (1,) * (x.ndim - 2))
    position = scale * (start + np.arange(x.shape[-2]))
    turn = np.exp(1j * position[..., None] / divisors)
    out = x.copy()
    half = dims // 2
    first, second = (slice(0, dims, 2), slice(1, dims, 2)) if traditional else (
        slice(0, half), slice(half, dims),
    )  # fmt: skip
    z = (x[..., first] + 1j * x[..., second]) * turn
    out[..., first], out[..., second] = z.real, z.imag
    return out


def geometric(dims: int, base: float = 10000.0) -> np.ndarray:
    return base ** (np.arange(0, dims, 2) / dims)


def turned(x: Any, dims: int, traditional: bool = False, offset: Any = 0, **options: Any) -> Any:
    given = {"base": 10000.0, "scale": 1.0, **options}
    return nn.rope(x, dims, traditional=traditional, offset=offset, **given)


@pytest.mark.parametrize("traditional", [False, True])
@pytest.mark.parametrize("dims", [2, 6, 8])
@pytest.mark.parametrize("shape", [(2, 5, 8), (2, 3, 5, 8), (1, 1, 8)])
@pytest.mark.parametrize("offset", [0, 7])
def test_values_are_those_of_mlx(
    traditional: bool, dims: int, shape: tuple[int, ...], offset: int
) -> None:
    x = RNG.normal(size=shape).astype(np.float32)
    wanted = mx.fast.rope(
        mx.array(x), dims, traditional=traditional, base=500.0, scale=0.5, offset=offset
    )
    y = turned(onp.array(x), dims, traditional, offset, base=500.0, scale=0.5)
    np.testing.assert_allclose(y, np.array(wanted), rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("traditional", [False, True])
def test_freqs_and_batched_offsets_are_those_of_mlx(traditional: bool) -> None:
    x = RNG.normal(size=(3, 2, 4, 8)).astype(np.float32)
    freqs, offset = np.array([1.0, 3.0, 9.5, 40.0], np.float32), np.array([0, 5, 100], np.int32)
    wanted = mx.fast.rope(
        mx.array(x), 8, traditional=traditional, base=None, scale=1.0, offset=mx.array(offset),
        freqs=mx.array(freqs),
    )  # fmt: skip
    call = ox.jit(lambda x, o, f: turned(x, 8, traditional, o, base=None, freqs=f))
    for given in (onp.array(freqs), freqs, tuple(freqs.tolist())):
        y = turned(onp.array(x), 8, traditional, onp.array(offset), base=None, freqs=given)
        np.testing.assert_allclose(y, np.array(wanted), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(call(x, offset, onp.array(freqs)), y, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("position", [32_768, 131_072, 1_000_003, 2**24 + 1, 2**31 - 2])
@pytest.mark.parametrize("traditional", [False, True])
def test_far_positions_hold_1e_5_of_float64(position: int, traditional: bool) -> None:
    x = RNG.normal(size=(1, 2, 1, 64)).astype(np.float32)
    wanted = exact(x, 64, traditional, geometric(64), position, 1.0)
    offset = onp.array(position)
    traced = ox.jit(lambda x, offset: turned(x, 64, traditional, offset))
    tolerance = 1e-5 if position < 2**24 else 1e-4
    for y in (
        turned(onp.array(x), 64, traditional, position),
        turned(onp.array(x), 64, traditional, offset),
        traced(x, offset),
    ):
        np.testing.assert_allclose(y, wanted, rtol=0, atol=tolerance)


def test_far_positions_with_traced_frequencies() -> None:
    x = RNG.normal(size=(1, 3, 16)).astype(np.float32)
    freqs = np.linspace(1.0, 700.0, 8, dtype=np.float32)
    wanted = exact(x, 16, False, freqs.astype(np.float64), 131_072, 0.25)
    f = ox.jit(lambda x, freqs: turned(x, 16, False, 131_072, base=None, scale=0.25, freqs=freqs))
    np.testing.assert_allclose(f(x, onp.array(freqs)), wanted, rtol=0, atol=1e-5)


def test_cases() -> None:
    one = onp.ones((1, 1, 2))
    np.testing.assert_allclose(turned(one, 2, True, 1)[0, 0], [-0.30117, 1.38177], atol=1e-5)
    y = turned(onp.ones((1, 1, 4)), 4, False, 1)[0, 0]
    np.testing.assert_allclose(y, [-0.30117, 0.98995, 1.38177, 1.00995], atol=1e-5)
    y = turned(onp.array([[[1.0, 0, 0, 1]]]), 4, True, 100)[0, 0]
    np.testing.assert_allclose(y, [0.86232, -0.50637, -0.84147, 0.54030], atol=1e-5)
    x = onp.array(RNG.normal(size=(1, 3, 4)), dtype="float32")
    assert np.array_equal(turned(x, 2, False, 3)[..., 2:], x[..., 2:])
    assert np.array_equal(turned(x, 4)[:, 0], x[:, 0])
    assert turned(onp.ones((1, 0, 4)), 4).shape == (1, 0, 4)
    x = RNG.normal(size=(17, 32, 24)).astype(np.float32)
    wanted = exact(x, 24, True, geometric(24), 5, 1.0)
    np.testing.assert_allclose(turned(onp.array(x), 24, True, 5), wanted, atol=1e-5)


def test_it_turns_back() -> None:
    x = RNG.normal(size=(2, 5, 8))
    there = turned(onp.array(x, dtype="float64"), 8, False, 3)
    np.testing.assert_allclose(turned(there, 8, False, 3, scale=-1.0), x, atol=1e-12)
    negative = turned(onp.array(x, dtype="float32"), 8, False, -40)
    np.testing.assert_allclose(negative, exact(x, 8, False, geometric(8), -40, 1.0), atol=1e-5)


@pytest.mark.parametrize("traditional", [False, True])
def test_every_transformation_agrees_with_a_matrix(traditional: bool) -> None:
    x = RNG.normal(size=(2, 3, 6))
    basis = np.eye(18).reshape(18, 3, 6)
    matrix = exact(basis, 4, traditional, geometric(4), 2, 1.0).reshape(18, 18)
    agree(
        lambda x: turned(x, 4, traditional, 2),
        lambda x: (x.reshape(-1, 18) @ matrix.astype(x.dtype)).reshape(x.shape),
        x,
    )


def test_half_precision_rounds_once() -> None:
    x = RNG.normal(size=(1, 4, 8)).astype(np.float16)
    y = turned(onp.array(x), 8, False, 100)
    assert y.dtype == np.float16
    wide = turned(onp.array(x.astype(np.float32)), 8, False, 100)
    np.testing.assert_array_equal(y, np.asarray(wide).astype(np.float16))


def test_it_is_one_equation() -> None:
    jaxpr = ox.make_jaxpr(lambda x: turned(x, 4))(onp.ones((1, 2, 4)))
    assert [e.prim.label for e in jaxpr.eqns if hasattr(e.prim, "label")] == ["rope"]


def test_layer() -> None:
    x = onp.array(RNG.normal(size=(1, 3, 8)), dtype="float32")
    assert np.array_equal(nn.RoPE(8, base=100.0)(x, 4), turned(x, 8, False, 4, base=100.0))
    freqs = (1.0, 2.0, 3.0, 4.0)
    y = nn.RoPE(8, freqs=freqs)(x, onp.array(4))
    assert np.array_equal(y, turned(x, 8, False, 4, base=None, freqs=freqs))
    assert ox.tree.leaves(nn.RoPE(8)) == []
