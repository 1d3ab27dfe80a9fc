"""Convolutions against lax.conv_general_dilated."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from agreement import agree

import oxmlx as ox
from oxmlx.ops import conv
from oxmlx.ops.conv import conv_general
from oxmlx.ops.convert import from_numpy

RNG = np.random.default_rng(0)


def theirs(x: Any, w: Any, strides: Any, padding: Any, *others: Any) -> Any:
    """The same arguments in JAX's words."""
    rank = x.ndim - 2
    base, step, features, batches = (*others, *((1,) * rank, (1,) * rank, 1, 1)[len(others) :])
    channels_last = (0, rank + 1, *range(1, rank + 1))
    numbers = jax.lax.ConvDimensionNumbers(channels_last, channels_last, channels_last)
    return jax.lax.conv_general_dilated(
        x, w, strides, padding, base, step, numbers, features, batches
    )


# x, w, then the arguments of conv_general
CONVOLUTIONS: list[tuple[Any, ...]] = [
    ((2, 7, 3), (4, 3, 3), (2,), ((1, 2),)),
    ((2, 5, 3), (4, 2, 3), (1,), ((0, 0),), (2,), (3,)),
    ((1, 6, 1), (1, 6, 1), (1,), ((0, 0),)),
    ((3, 5, 6, 2), (3, 2, 3, 2), (1, 2), ((1, 1), (0, 2)), (1, 1), (2, 1)),
    ((2, 4, 5, 2), (2, 3, 2, 2), (2, 3), ((2, 1), (3, 0)), (3, 2), (1, 2)),
    ((2, 6, 5, 2), (3, 2, 2, 2), (1, 1), ((-1, 0), (1, -2)), (1, 2), (1, 1)),
    ((2, 4, 5, 6), (9, 2, 2, 2), (1, 2), ((1, 0), (1, 1)), (1, 1), (1, 1), 3),
    ((2, 4, 4, 3), (6, 3, 3, 1), (1, 1), ((1, 1), (1, 1)), (1, 1), (1, 1), 3),
    ((4, 5, 4, 3), (6, 2, 2, 3), (2, 1), ((1, 0), (1, 1)), (2, 1), (1, 2), 1, 2),
    ((2, 3, 4, 3, 2), (3, 2, 2, 2, 2), (1, 2, 1), ((1, 0), (1, 1), (0, 1))),
    ((2, 3, 4), (5, 4, 4), (1,), ((0, 0),)),
    ((0, 5, 3), (4, 2, 3), (1,), ((0, 0),)),
    ((2, 5, 0), (4, 2, 0), (1,), ((1, 1),)),
    ((2, 0, 3), (4, 2, 3), (1,), ((2, 1),)),
    ((2, 5, 3), (0, 2, 3), (1,), ((0, 0),)),
]


@pytest.mark.parametrize("arguments", CONVOLUTIONS, ids=str)
def test_agrees_with_jax(arguments: tuple[Any, ...]) -> None:
    x, w, *others = arguments
    agree(
        lambda x, w: conv_general(x, w, *others),
        lambda x, w: theirs(x, w, *others),
        RNG.normal(size=x),
        RNG.normal(size=w),
    )


def test_of_complex_numbers() -> None:
    x, w = (RNG.normal(size=s) + 1j * RNG.normal(size=s) for s in ((2, 5, 2), (3, 2, 2)))
    arguments = (2,), ((1, 1),)
    agree(lambda x, w: conv_general(x, w, *arguments), lambda x, w: theirs(x, w, *arguments), x, w)


def test_of_integers() -> None:
    x, w = RNG.integers(-5, 5, (2, 5, 2)), RNG.integers(-5, 5, (3, 2, 2))
    x, w = x.astype(np.int32), w.astype(np.int32)
    got = conv_general(from_numpy(x), from_numpy(w), (1,), ((1, 0),))
    assert got.dtype == np.int32
    np.testing.assert_array_equal(np.asarray(got), theirs(x, w, (1,), ((1, 0),)))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_sixteen_bits_accumulate_in_f32(dtype: str) -> None:
    """4096 terms of 1 lie above what bf16 or f16 can count one by one."""
    x = from_numpy(np.ones((1, 4096, 1), np.dtype(dtype)))
    y = conv_general(x, x, (1,), ((0, 0),))
    assert y.dtype == np.dtype(dtype)
    assert np.asarray(y).item() == 4096


def test_no_axis_slides() -> None:
    x, w = from_numpy(RNG.normal(size=(3, 4))), from_numpy(RNG.normal(size=(5, 4)))
    np.testing.assert_allclose(
        np.asarray(conv_general(x, w, (), ())), np.asarray(x) @ np.asarray(w).T, rtol=1e-12
    )


def test_an_empty_window_sees_nothing() -> None:
    x, w = from_numpy(RNG.normal(size=(2, 5, 3))), from_numpy(np.zeros((4, 0, 3)))
    y, pull = ox.vjp(lambda x, w: conv_general(x, w, (2,), ((0, 1),)), x, w)
    np.testing.assert_array_equal(np.asarray(y), np.zeros((2, 4, 4)))
    np.testing.assert_array_equal(np.asarray(pull(y)[0]), np.zeros((2, 5, 3)))
    assert pull(y)[1].shape == (4, 0, 3)


@pytest.mark.parametrize("mapped", [(0, 0), (0, None), (None, 0)], ids=str)
def test_an_empty_batch(mapped: Any) -> None:
    shapes = [(0, *s) if m == 0 else s for s, m in zip(((2, 5, 3), (4, 2, 3)), mapped, strict=True)]
    x, w = (from_numpy(np.ones(s)) for s in shapes)

    def f(x: Any, w: Any) -> Any:
        return conv_general(x, w, (1,), ((0, 0),))

    y, pull = ox.vjp(ox.vmap(f, in_axes=mapped), x, w)
    assert y.shape == (0, 2, 4, 4)
    assert [ct.shape for ct in pull(y)] == shapes


def test_blocks_of_patches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    x, w = from_numpy(RNG.normal(size=(5, 6, 3))), from_numpy(RNG.normal(size=(4, 3, 3)))

    def both() -> list[np.ndarray]:
        y, pull = ox.vjp(lambda x, w: conv_general(x, w, (1,), ((1, 1),)), x, w)
        return [np.asarray(v) for v in (y, *pull(y))]

    whole = both()
    monkeypatch.setattr(conv, "BLOCK", 40)
    for a, b in zip(both(), whole, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
