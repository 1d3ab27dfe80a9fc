"""Losses against `mlx.nn.losses` and against formulas in float64, with their gradients."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import mlx.core as mx
import numpy as np
import pytest
from mlx.nn import losses as theirs

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import OutOfBoundsError

pytestmark = pytest.mark.x64
onp = ox.numpy
RNG = np.random.default_rng(0)
A, B, C = (RNG.normal(size=(4, 5)) for _ in range(3))
SIGNS = np.sign(C)
LOG_P, LOG_Q = (x - np.log(np.exp(x).sum(-1, keepdims=True)) for x in (A, B))
P = np.exp(LOG_P)
CLASSES = np.array([0, 4, 2, 2])
W = np.cos(np.arange(20.0)).reshape(4, 5)

CASES = [
    ("mse_loss", (A, B), {}),
    ("l1_loss", (A, B), {}),
    ("smooth_l1_loss", (A, B), {}),
    ("smooth_l1_loss", (A, B), {"beta": 0.3}),
    ("huber_loss", (A, B), {}),
    ("huber_loss", (A, B), {"delta": 0.4}),
    ("log_cosh_loss", (A, B), {}),
    ("hinge_loss", (A, SIGNS), {}),
    ("kl_div_loss", (LOG_P, LOG_Q), {}),
    ("kl_div_loss", (LOG_P, LOG_Q), {"axis": 0}),
    ("binary_cross_entropy", (A, (C > 0) * 1.0), {}),
    ("binary_cross_entropy", (P, (C > 0) * 1.0), {"with_logits": False}),
    ("binary_cross_entropy", (A, P, B**2), {}),
    ("gaussian_nll_loss", (A, B, C**2 + 0.1), {}),
    ("gaussian_nll_loss", (A, B, C**2 + 0.1), {"full": True, "eps": 0.4}),
    ("cosine_similarity_loss", (A, B), {}),
    ("cosine_similarity_loss", (A, B), {"axis": 0}),
    ("margin_ranking_loss", (A, B, SIGNS), {}),
    ("margin_ranking_loss", (A, B, SIGNS), {"margin": 0.7}),
    ("triplet_loss", (A, B, C), {}),
    ("triplet_loss", (A, B, C), {"axis": 0, "p": 3, "margin": 0.5}),
    ("nll_loss", (LOG_P, CLASSES), {}),
    ("cross_entropy", (A, CLASSES), {}),
    ("cross_entropy", (A, CLASSES), {"label_smoothing": 0.1}),
    ("cross_entropy", (A, P), {}),
    ("cross_entropy", (A, P), {"label_smoothing": 0.3}),
    ("cross_entropy", (A.T, CLASSES), {"axis": 0}),
    ("cross_entropy", (A, CLASSES, np.arange(4.0)), {}),
]


def arrays(xs: Any, make: Any, float_type: Any, int_type: Any) -> list[Any]:
    return [make(x, float_type if x.dtype.kind == "f" else int_type) for x in xs]


def named(case: Any) -> str:
    return f"{case[0]}-{'-'.join(case[2])}"


@pytest.mark.parametrize("reduction", ["none", "mean", "sum", None])
@pytest.mark.parametrize("case", CASES, ids=named)
def test_values_are_those_of_mlx(case: Any, reduction: Any) -> None:
    name, xs, options = case
    given = options if reduction is None else {**options, "reduction": reduction}
    ours = getattr(nn, name)(*arrays(xs, onp.array, "float32", "int32"), **given)
    mlx = getattr(theirs, name)(*arrays(xs, mx.array, mx.float32, mx.int32), **given)
    assert ours.shape == tuple(mlx.shape)
    np.testing.assert_allclose(ours, np.array(mlx), rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("case", CASES, ids=named)
def test_gradients_are_finite_differences(case: Any) -> None:
    name, xs, options = case
    loss = getattr(nn, name)
    values = arrays(xs, lambda x, t: onp.array(x, dtype=t), "float64", "int32")
    shape = loss(*values, **{**options, "reduction": "none"}).shape
    w = onp.array(np.resize(W, shape), dtype="float64")

    def f(x: Any) -> Any:
        return onp.sum(w * loss(x, *values[1:], **{**options, "reduction": "none"}))

    grads = np.asarray(ox.grad(f)(values[0]))
    step = 1e-6
    for at in np.ndindex(*grads.shape):
        moved = [np.array(values[0]) for _ in range(2)]
        moved[0][at] += step
        moved[1][at] -= step
        up, down = (float(f(onp.array(x, dtype="float64"))) for x in moved)
        assert abs((up - down) / (2 * step) - grads[at]) < 1e-7 * max(1, abs(grads[at]))


def test_cross_entropy_against_jax() -> None:
    logp = jax.nn.log_softmax(A)
    np.testing.assert_allclose(
        nn.cross_entropy(onp.array(A, dtype="float64"), onp.array(CLASSES)),
        -logp[jnp.arange(4), CLASSES],
        rtol=1e-13,
    )
    half = nn.cross_entropy(onp.array(A, dtype="float64"), onp.array(P / 2, dtype="float64"))
    np.testing.assert_allclose(half, -(P / 2 * logp).sum(-1), rtol=1e-13)
    assert float(nn.cross_entropy(onp.array([1e4, 0.0]), onp.array(1))) == 1e4


def test_ignored_classes_count_in_nothing() -> None:
    x, classes = onp.array(A, dtype="float64"), np.array([0, -100, 2, -100])
    every = nn.cross_entropy(x, onp.array(classes), ignore_index=-100)
    kept = nn.cross_entropy(x[::2], onp.array(classes[::2]))
    np.testing.assert_allclose(every, [kept[0], 0, kept[1], 0])
    mean = nn.cross_entropy(x, onp.array(classes), ignore_index=-100, reduction="mean")
    np.testing.assert_allclose(mean, np.mean(np.asarray(kept)))
    total = nn.cross_entropy(x, onp.array(classes), ignore_index=-100, reduction="sum")
    np.testing.assert_allclose(total, np.sum(np.asarray(kept)))
    grads = ox.grad(
        lambda x: nn.cross_entropy(x, onp.array(classes), ignore_index=-100, reduction="mean")
    )(x)
    assert (np.asarray(grads)[1::2] == 0).all() and (np.asarray(grads)[::2] != 0).all()


def test_far_out_losses_stay_finite() -> None:
    big, one = onp.array([1e4, -1e4]), onp.array([0.0, 1.0])
    assert np.asarray(nn.binary_cross_entropy(big, one, reduction="none")).tolist() == [1e4, 1e4]
    sure = nn.binary_cross_entropy(one, 1 - one, with_logits=False, reduction="none")
    assert np.asarray(sure).tolist() == [100, 100]
    far = nn.log_cosh_loss(big, 0 * big)
    np.testing.assert_allclose(far, 1e4 - np.log(2), rtol=1e-6)


def in_a_loop(x: Any, t: Any) -> Any:
    return ox.lax.fori_loop(0, 2, lambda _, c: c + nn.cross_entropy(x, t, reduction="sum"), 0.0)


CHECKED = {
    "cross_entropy": nn.cross_entropy,
    "smoothed": lambda x, t: nn.cross_entropy(x, t, label_smoothing=0.1),
    "gradient": ox.grad(lambda x, t: nn.cross_entropy(x, t, reduction="mean")),
    "nll_loss": nn.nll_loss,
    "vmap": ox.vmap(lambda x, t: nn.cross_entropy(x, t)),
    "loop": in_a_loop,
}


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("loss", CHECKED.values(), ids=CHECKED)
@pytest.mark.parametrize("wrong", [5, -6])
def test_checked_classes_name_the_one_outside(loss: Any, wrong: int, jit: bool) -> None:
    f = ox.jit(loss) if jit else loss
    x, good, bad = onp.array(A), onp.array(CLASSES), onp.array([0, 4, wrong, 2])
    unchecked = np.asarray(f(x, good))
    assert np.isnan(np.asarray(nn.cross_entropy(x, bad))[2])
    with ox.config.context(check=True):
        assert np.array_equal(f(x, good), unchecked)
        with pytest.raises(OutOfBoundsError, match=f"index {wrong} is out of bounds for axis"):
            np.asarray(f(x, bad))


def test_an_ignored_class_is_not_checked() -> None:
    with ox.config.context(check=True):
        loss = nn.cross_entropy(onp.array(A), onp.array([0, 4, -100, 2]), ignore_index=-100)
        assert loss[2] == 0 and np.isfinite(np.asarray(loss)).all()
