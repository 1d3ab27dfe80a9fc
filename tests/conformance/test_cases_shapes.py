"""facts/cases.md, groups 1, 2, 3, 7, 8, 9, 10, 23 and 24: shapes, axes, empty and odd extents."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from weighted import pull, weights

import oxmlx as ox
from oxmlx.errors import ArgumentError, AxisError, ShapeError
from oxmlx.lax import dynamic_slice, slice

onp, nn = ox.numpy, ox.nn


def numbers(*shape: int, dtype: str = "float32") -> Any:
    x = np.random.default_rng(0).standard_normal(shape)
    return onp.array(x, dtype=dtype)


@pytest.mark.parametrize("axis", [2, -2])
def test_01_softmax_refuses_an_axis_that_is_not_there(axis: int) -> None:
    with pytest.raises(AxisError, match=rf"softmax: axis {axis} of an array of rank 1") as e:
        nn.softmax(onp.array([1.0, 2.0]), axis=axis)
    assert isinstance(e.value, IndexError) and isinstance(e.value, ValueError)
    np.testing.assert_allclose(nn.softmax(onp.zeros(2), axis=-1), [0.5, 0.5])


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (1, 4), (2, 1), (4, 4)])
def test_02_a_static_slice_stays_inside(start: int, stop: int) -> None:
    with pytest.raises(ShapeError, match="slice: got"):
        slice(onp.array([1.0, 2.0, 3.0]), (start,), (stop,))


def test_02_a_dynamic_slice_clamps_as_jax() -> None:
    """MLX reads foreign memory past the end."""
    x = onp.array([1.0, 2.0, 3.0])
    wanted = {0: [1, 2], 1: [2, 3], 2: [2, 3], 7: [2, 3], -1: [2, 3], -3: [1, 2], -7: [1, 2]}
    for start, want in wanted.items():
        assert dynamic_slice(x, (start,), (2,)).tolist() == want
        assert ox.jit(lambda s: dynamic_slice(x, (s,), (2,)))(start).tolist() == want
    with pytest.raises(ShapeError, match=r"a block of shape \(4,\) does not fit"):
        dynamic_slice(x, (0,), (4,))


PRODUCTS = [
    ((2, 3, 4), (2, 4, 5), (2, 3, 5), "bik,bkj->bij"),
    ((2, 1, 3, 4), (5, 4, 2), (2, 5, 3, 2), "abik,bkj->abij"),
    ((3, 4), (4,), (3,), "ik,k->i"),
    ((4,), (2, 4, 3), (2, 3), "k,bkj->bj"),
]


@pytest.mark.parametrize(("left", "right", "out", "equation"), PRODUCTS)
def test_03_matmul_and_its_vjp(left: Any, right: Any, out: Any, equation: str) -> None:
    """The vjp of a batch is that of each matrix; that of a broadcast batch axis is summed."""
    x, y, w = numbers(*left), numbers(*right), weights(*out)
    assert (x @ y).shape == out
    dx, dy = pull(onp.matmul, w, x, y)
    a, b, ct = (np.asarray(v, np.float64) for v in (x, y, w))
    aligned = np.broadcast_to(a, (2, 5, 3, 4)) if left == (2, 1, 3, 4) else a
    inputs, result = equation.split("->")
    first, second = inputs.split(",")
    np.testing.assert_allclose(x @ y, np.einsum(equation, aligned, b), rtol=1e-5, atol=1e-6)
    want = np.einsum(f"{result},{second}->{first}", ct, b)
    want = want.sum(1, keepdims=True) if left == (2, 1, 3, 4) else want
    np.testing.assert_allclose(dx, want, rtol=1e-5, atol=1e-6)
    want = np.einsum(f"{first},{result}->{second}", aligned, ct)
    np.testing.assert_allclose(dy, want, rtol=1e-5, atol=1e-6)


def test_03_matmul_of_vectors_integers_and_nothing() -> None:
    assert (onp.ones(3) @ onp.ones(3)).item() == 3.0
    assert np.asarray(onp.zeros((2, 0)) @ onp.zeros((0, 3))).tolist() == np.zeros((2, 3)).tolist()
    product = onp.array([1, 2]) @ onp.array([1, 2])  # as JAX; MLX refuses
    assert (product.item(), product.dtype) == (5, np.int32)
    with pytest.raises(ShapeError, match=r"f32\[2,3\] and f32\[4,2\]"):
        onp.ones((2, 3)) @ onp.ones((4, 2))


def test_07_concatenate() -> None:
    with pytest.raises(ValueError, match="got no array"):
        onp.concatenate([])
    assert onp.concatenate([onp.ones(2), onp.zeros(0)]).tolist() == [1, 1]
    halves = onp.concatenate([onp.ones(1, "float16"), onp.ones(1, "bfloat16")])
    assert halves.dtype == np.float32
    with pytest.raises(ShapeError, match=r"every axis but 0, got f32\[2,3\] and f32\[2,2\]"):
        onp.concatenate([onp.ones((2, 3)), onp.ones((2, 2))])
    pair = onp.concatenate([onp.ones((2, 3)), onp.zeros((2, 2))], axis=-1)
    assert pair.tolist() == [[1, 1, 1, 0, 0]] * 2
    with pytest.raises(ArgumentError):
        onp.stack([])


@pytest.mark.parametrize(
    ("left", "right", "out"),
    [
        ((1,), (0,), (0,)),
        ((2, 1), (1, 3), (2, 3)),
        ((1, 3, 1), (2, 1, 4), (2, 3, 4)),
        ((), (2, 3), (2, 3)),
        ((), (), ()),
    ],
)
def test_08_broadcasting(left: Any, right: Any, out: Any) -> None:
    x, y, w = numbers(*left), numbers(*right), weights(*out)
    np.testing.assert_array_equal(x + y, np.asarray(x) + np.asarray(y))
    for got, other in zip(pull(lambda x, y: x * y, w, x, y), (y, x), strict=True):
        full = np.broadcast_to(np.asarray(other), out) * np.asarray(w)
        lead = tuple(range(len(out) - got.ndim))
        kept = tuple(k for k, n in enumerate(got.shape) if n == 1)
        want = full.sum(lead).sum(kept, keepdims=True)
        np.testing.assert_allclose(got, want.reshape(got.shape), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (lambda: onp.ones(3) + onp.ones(4), r"\(3,\) and \(4,\)"),
        (lambda: onp.broadcast_to(onp.ones(3), (3, 2)), r"\(3,\).* \(3, 2\)"),
        (lambda: onp.broadcast_to(onp.ones((3, 2)), (3,)), r"\(3, 2\).* \(3,\)"),
    ],
)
def test_08_what_does_not_broadcast(f: Callable[[], Any], text: str) -> None:
    with pytest.raises(ShapeError, match=text):
        f()


def test_09_empty_arrays_keep_their_shape() -> None:
    assert onp.sum(onp.ones((2, 3, 0)), axis=1).shape == (2, 0)
    for shape, axis in (((2, 3, 0), 1), ((2, 0), 1), ((0, 3), 1), ((2, 0), 0)):
        for f in (nn.softmax, nn.log_softmax):
            x = onp.ones(shape)
            assert f(x, axis=axis).shape == shape
            assert pull(lambda x, f=f, axis=axis: f(x, axis=axis), x, x).shape == shape
    for shape, n in (((2, 0), 0), ((0, 3), 3)):
        x, w = onp.ones(shape), onp.ones(n)
        for f in (nn.rms_norm, lambda x, w, eps: nn.layer_norm(x, w, w, eps)):
            assert f(x, w, 1e-5).shape == shape
            dx, dw = pull(lambda x, w, f=f: f(x, w, 1e-5), x, x, w)
            assert (dx.shape, dw.tolist()) == (shape, [0] * n)
    options = {"traditional": True, "base": 1e4, "scale": 1.0, "offset": 3}
    assert nn.rope(onp.ones((1, 2, 0, 4)), 4, **options).shape == (1, 2, 0, 4)
    assert onp.reshape(onp.ones(0), (-1, 2)).shape == (0, 2)


def test_09_reductions_of_nothing() -> None:
    nothing = onp.ones(0)
    assert (onp.sum(nothing).item(), onp.prod(nothing).item()) == (0, 1)
    assert np.isnan(onp.mean(nothing).item())
    for f in (onp.max, onp.min, onp.argmax, onp.argmin):
        with pytest.raises(ValueError, match=r"f32\[0\] is empty"):
            f(nothing)


def test_10_sums_over_the_only_axis_have_rank_0_and_gradient_ones() -> None:
    x = onp.array([1.0, 2.0, 3.0])
    assert onp.sum(x, axis=0).shape == ()
    assert ox.grad(lambda x: onp.sum(x, axis=0))(x).tolist() == [1, 1, 1]
    assert pull(lambda x: x, [1.0, 2.0, 3.0], x).tolist() == [1, 2, 3]


def test_10_rank_0() -> None:
    x = onp.array(2.0)
    values = {
        "sum": 2,
        "prod": 2,
        "max": 2,
        "min": 2,
        "mean": 2,
        "std": 0,
        "var": 0,
        "exp": np.e**2,
    }
    for name, want in values.items():
        y = getattr(onp, name)(x)
        assert y.shape == () and y.item() == pytest.approx(want)
    assert onp.linalg.norm(onp.reshape(x, (1,))).item() == 2
    assert ox.grad(lambda x: onp.sum(x) * x)(x).item() == 4
    with pytest.raises(AxisError):
        onp.sum(x, axis=0)
    with pytest.raises(ShapeError, match="at least one axis"):
        nn.rms_norm(x, None, 1e-5)


def test_23_transpose() -> None:
    x = numbers(2, 3, 4)
    data = np.asarray(x)
    assert onp.transpose(x).shape == (4, 3, 2)
    for perm in permutations(range(3)):
        got = onp.transpose(x, perm)
        assert np.asarray(got).tobytes() == np.transpose(data, perm).tobytes()  # exact in every bit
        w = weights(*got.shape)
        np.testing.assert_array_equal(
            pull(lambda x, perm=perm: onp.transpose(x, perm), w, x),
            np.transpose(np.asarray(w), np.argsort(perm)),
        )
    assert onp.transpose(x, [2, 0, 1]).shape == (4, 2, 3)
    for perm in ((0, 0, 1), (0, 1), (0, 1, 3), (0, 1, 2, 3)):
        with pytest.raises((AxisError, ShapeError)):
            onp.transpose(x, perm)


@pytest.mark.parametrize(("m", "k", "n"), [(17, 31, 23), (128, 4096, 128), (1, 64, 128)])
def test_24_products_that_fill_no_tile(m: int, k: int, n: int) -> None:
    x, y = numbers(m, k), numbers(k, n)
    want = np.asarray(x, np.float64) @ np.asarray(y, np.float64)
    np.testing.assert_allclose(x @ y, want, rtol=0, atol=1e-6 * k)


@pytest.mark.parametrize("rows", [1, 3, 33])
def test_24_odd_rows(rows: int) -> None:
    x = numbers(rows, 31)
    exact = np.exp(np.asarray(x, np.float64))
    want = exact / exact.sum(1, keepdims=True)
    np.testing.assert_allclose(nn.softmax(x), want, rtol=1e-6)
    np.testing.assert_allclose(onp.sum(nn.softmax(x), axis=1), np.ones(rows), atol=1e-6)
