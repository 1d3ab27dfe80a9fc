"""Softmax and its kin against `jax.nn`, and the cases where they part."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import AxisError

pytestmark = pytest.mark.x64
onp = ox.numpy
X = np.random.default_rng(0).normal(size=(3, 4, 5)) * 3
W = np.cos(np.arange(60.0)).reshape(3, 4, 5)
WHERE = np.random.default_rng(1).uniform(size=(3, 4, 5)) < 0.6
WHERE[0, 0] = False
INF, NAN = np.inf, np.nan


def double(x: Any) -> Any:
    return onp.array(x, dtype="float64")


def agree(name: str, **options: Any) -> None:
    """Values, and the pullback of a weighted sum."""

    def ours(x: Any) -> Any:
        given = {
            k: double(v) if isinstance(v, np.ndarray) and v.dtype == np.float64 else v
            for k, v in options.items()
        }
        return getattr(nn, name)(x, **given)

    @jax.jit
    def theirs(x: Any) -> Any:
        y, back = jax.vjp(lambda x: getattr(jax.nn, name)(x, **options), x)
        return y, back(jax.numpy.resize(W, y.shape))[0]

    wanted, slopes = theirs(X)
    y, back = ox.vjp(ours, double(X))
    np.testing.assert_allclose(y, wanted, rtol=1e-12, atol=1e-14)
    (grads,) = back(double(np.resize(W, wanted.shape)))
    np.testing.assert_allclose(grads, slopes, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), None])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax(name: str, axis: Any) -> None:
    agree(name, axis=axis)


LOGMEANEXP = pytest.param("logmeanexp", marks=pytest.mark.jax("0.7.1"))


@pytest.mark.parametrize(
    ("axis", "keepdims"), [(0, True), (-1, False), ((1, 2), True), (None, False)]
)
@pytest.mark.parametrize("name", ["logsumexp", LOGMEANEXP])
def test_logsumexp(name: str, axis: Any, keepdims: bool) -> None:
    agree(name, axis=axis, keepdims=keepdims)
    if name == "logsumexp":
        agree(name, axis=axis, keepdims=keepdims, b=W**2)


@pytest.mark.parametrize("name", ["softmax", "logsumexp", LOGMEANEXP])
def test_where(name: str) -> None:
    some = WHERE | (np.arange(5) == 2)
    agree(name, axis=-1, where=some)


def test_where_nothing_is_chosen() -> None:
    y = np.asarray(nn.softmax(double(X), where=double(WHERE).astype(bool)))
    assert (y[~WHERE] == 0).all() and np.allclose(y.sum(-1)[WHERE.any(-1)], 1)
    y = np.asarray(nn.log_softmax(double(X), where=WHERE))
    assert (y[~WHERE] == -INF).all() and np.isfinite(y[WHERE]).all()
    grads = ox.grad(lambda x: onp.sum(double(W) * nn.softmax(x, where=WHERE)))(double(X))
    assert (np.asarray(grads)[~WHERE] == 0).all() and np.isfinite(np.asarray(grads)).all()


def test_logsumexp_signs() -> None:
    y, sign = nn.logsumexp(double(X), axis=1, b=double(W), return_sign=True)
    wanted, wanted_sign = jax.nn.logsumexp(X, axis=1, b=W, return_sign=True)
    np.testing.assert_allclose(y, wanted, rtol=1e-11)
    np.testing.assert_array_equal(sign, wanted_sign)


def test_softmax_cases() -> None:
    np.testing.assert_allclose(
        nn.softmax(onp.array([1000.0, 1001.0, 1002.0])), [0.0900306, 0.2447285, 0.6652409], 1e-6
    )
    assert abs(float(onp.sum(nn.softmax(onp.array([1.0, 2.0, 3.0])))) - 1) < 1e-6
    for row in ([-INF, -INF], [0.0, INF], [0.0, NAN]):
        assert np.isnan(np.asarray(nn.softmax(onp.array(row)))).all()
    half = nn.softmax(onp.array([6e4, 6e4], dtype="float16"))
    assert half.dtype == np.float16 and half.tolist() == [0.5, 0.5]
    many = nn.softmax(onp.zeros(70_000, "float16"))
    assert float(many[0]) == np.float16(1 / 70_000)
    grads = ox.grad(lambda x: onp.sum(nn.softmax(x) * onp.array([1.0, 2.0, 3.0])))(
        onp.array([1.0, 2.0, 3.0])
    )
    np.testing.assert_allclose(grads, [-0.1418171, -0.1407704, 0.2825874], rtol=2e-6)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_axes(name: str) -> None:
    f = getattr(nn, name)
    for axis in (2, -2):
        with pytest.raises(AxisError):
            f(onp.ones(3), axis=axis)
    assert f(onp.ones((2, 3, 0)), axis=1).shape == (2, 3, 0)
    assert f(onp.ones((2, 0)), axis=1).shape == (2, 0)


def test_logsumexp_of_infinities() -> None:
    for a, wanted in (([-INF, -INF], -INF), ([INF, INF], INF), ([-INF, 0.0], 0.0)):
        assert float(nn.logsumexp(onp.array(a))) == wanted
    assert np.isnan(float(nn.logsumexp(onp.array([NAN, INF]))))
    assert float(nn.logsumexp(onp.zeros(0))) == -INF


def test_standardize_is_two_pass() -> None:
    for axis in (0, -1, (0, 2)):
        agree("standardize", axis=axis)
    agree("standardize", axis=1, where=WHERE | (np.arange(4)[:, None] < 2))
    y = nn.standardize(onp.array([10000.0, 10001.0, 10002.0, 10003.0]))
    np.testing.assert_allclose(y, [-1.34164, -0.44721, 0.44721, 1.34164], rtol=1e-5)
    given = nn.standardize(double(X), mean=double(1.0), variance=double(4.0), epsilon=0.0)
    np.testing.assert_allclose(given, (X - 1) / 2)


def test_normalize() -> None:
    y = nn.normalize(double(X), axis=1)
    np.testing.assert_allclose(y, X / np.linalg.norm(X, axis=1, keepdims=True), rtol=1e-13)
    grads = ox.grad(lambda x: onp.sum(double(W) * nn.normalize(x, axis=(1, 2))))(double(X))
    assert abs(float(onp.sum(grads * double(X)))) < 1e-12  # the length does not matter
    zero = ox.grad(lambda x: onp.sum(nn.normalize(x)))(onp.zeros(3))
    assert np.isfinite(np.asarray(nn.normalize(onp.zeros(3)))).all()
    assert np.isfinite(np.asarray(zero)).all()


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_one_hot(axis: int) -> None:
    x = np.array([[0, 2, 1], [3, -1, 2]])
    y = nn.one_hot(onp.array(x), 3, axis=axis)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, jax.nn.one_hot(x, 3, axis=axis))
    assert nn.one_hot(onp.array(x), 3, dtype="int8").dtype == np.int8
    assert nn.one_hot(onp.array(2), 0).shape == (0,)
