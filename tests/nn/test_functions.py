"""Activation functions against `jax.nn`: values, gradients and second derivatives."""

from __future__ import annotations

from typing import Any

import jax
import mpmath
import numpy as np
import pytest

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import ShapeError

pytestmark = pytest.mark.x64
onp = ox.numpy

SMOOTH = [
    *("sigmoid", "softplus", "log_sigmoid", "silu", "swish", "mish", "soft_sign", "squareplus"),
    *("tanh", "identity"),
]
KINKED = [
    *("relu", "relu6", "elu", "celu", "selu", "leaky_relu", "hard_tanh", "hard_sigmoid"),
    *("hard_silu", "hard_swish", "sparse_plus", "sparse_sigmoid"),
]
POINTS = np.array([-30.0, -7.5, -2.9, -1.3, -0.4, 0.01, 0.7, 1.6, 2.8, 5.5, 6.5, 40.0])
WEIGHTS = np.cos(np.arange(POINTS.size))


def ours(name: str) -> Any:
    return getattr(nn, name)


def theirs(name: str) -> Any:
    return getattr(jax.nn, name)


def double(x: Any) -> Any:
    return onp.array(x, dtype="float64")


@pytest.mark.parametrize("name", SMOOTH + KINKED)
def test_values_and_gradients(name: str) -> None:
    f, g = ours(name), theirs(name)
    np.testing.assert_allclose(f(double(POINTS)), g(POINTS), rtol=1e-13, atol=1e-300)
    w = double(WEIGHTS)
    grad = ox.grad(lambda x: onp.sum(w * f(x)))(double(POINTS))
    wanted = jax.grad(lambda x: (WEIGHTS * g(x)).sum())(POINTS)
    np.testing.assert_allclose(grad, wanted, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", SMOOTH)
def test_second_derivatives(name: str) -> None:
    f, g = ours(name), theirs(name)
    second = ox.vmap(ox.grad(ox.grad(f)))(double(POINTS))
    wanted = jax.vmap(jax.grad(jax.grad(g)))(POINTS)
    np.testing.assert_allclose(second, wanted, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("name", SMOOTH + KINKED)
def test_extremes_and_nan(name: str) -> None:
    x = np.array([-np.inf, -1e30, -0.0, 0.0, 1e30, np.inf, np.nan])
    np.testing.assert_array_equal(ours(name)(double(x)), theirs(name)(x))


@pytest.mark.parametrize("name", [*SMOOTH, *KINKED, "gelu"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_dtypes_are_kept(name: str, dtype: str) -> None:
    x = onp.array([-1.0, 2.0], dtype=dtype)
    y = ours(name)(x)
    assert y.dtype.name == dtype
    wide = np.asarray(ours(name)(double([-1.0, 2.0])))
    eps = {"float16": 1e-3, "bfloat16": 8e-3, "float32": 1e-6}[dtype]
    np.testing.assert_allclose(np.asarray(y, np.float64), wide, rtol=4 * eps, atol=eps)


@pytest.mark.parametrize("name", SMOOTH + KINKED)
def test_integers_become_floats_or_stay(name: str) -> None:
    y = ours(name)(onp.array([-2, 0, 3]))
    assert y.dtype == (np.int32 if name in ("relu", "hard_tanh", "identity") else np.float32)
    wanted = theirs(name)(np.array([-2.0, 0.0, 3.0], np.float32))
    np.testing.assert_allclose(y, wanted, rtol=1e-6)


@pytest.mark.parametrize(("name", "at"), [("relu", 0.0), ("relu6", 0.0), ("relu6", 6.0)])
def test_the_gradient_at_a_kink_is_zero(name: str, at: float) -> None:
    assert float(ox.grad(ours(name))(at)) == 0.0 == float(jax.grad(theirs(name))(at))


SPECIAL = [np.nan, *(sign * x for x in (0.0, 1, 3, 6, 1e30, np.inf) for sign in (1, -1))]


@pytest.mark.parametrize("name", SMOOTH + KINKED)
def test_slopes_at_special_points(name: str) -> None:
    got = ox.vmap(ox.grad(ours(name)))(onp.array(SPECIAL, dtype="float32"))
    want = jax.vmap(jax.grad(theirs(name)))(np.array(SPECIAL, np.float32))
    np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-6, err_msg=f"at {SPECIAL}")


@pytest.mark.parametrize("name", [n for n in KINKED if n != "celu"])  # jax adds its two sides
def test_an_infinite_cotangent_stays_on_its_side_of_a_kink(name: str) -> None:
    def slopes(library: Any, f: Any) -> Any:
        return library.vmap(library.grad(lambda x: x * f(x)))

    got = slopes(ox, ours(name))(double(SPECIAL))
    want = slopes(jax, theirs(name))(np.array(SPECIAL))
    np.testing.assert_allclose(got, want, rtol=1e-13, err_msg=f"at {SPECIAL}")


@pytest.mark.parametrize("approximate", [False, True])
def test_slopes_of_gelu_at_special_points(approximate: bool) -> None:
    got = ox.vmap(ox.grad(lambda x: nn.gelu(x, approximate)))(double(SPECIAL))
    want = jax.vmap(jax.grad(lambda x: jax.nn.gelu(x, approximate)))(np.array(SPECIAL))
    np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-13, err_msg=f"at {SPECIAL}")


def test_slope_of_log1mexp() -> None:
    x = np.array([0, 1e-300, 1e-10, 0.3, 0.6931, 0.6932, 5, 700, np.inf, np.nan])
    slopes = ox.vmap(ox.grad(nn.log1mexp))(double(x))
    np.testing.assert_allclose(slopes, jax.vmap(jax.grad(jax.nn.log1mexp))(x), rtol=1e-13)


def test_gelu() -> None:
    x = onp.array([1.0, -3.0])
    np.testing.assert_allclose(nn.gelu(x), [0.8413447, -0.0040499], atol=3e-7)
    np.testing.assert_allclose(nn.gelu(x, approximate=True), [0.8411920, -0.0036374], atol=1e-7)
    slopes = ox.vmap(ox.grad(nn.gelu))(onp.array([30.0, -30.0]))
    np.testing.assert_array_equal(slopes, [1.0, 0.0])
    for approximate in (False, True):
        y = nn.gelu(double(POINTS), approximate)
        np.testing.assert_allclose(y, jax.nn.gelu(POINTS, approximate), rtol=1e-12, atol=1e-300)
        grads = ox.vmap(ox.grad(lambda x, a=approximate: nn.gelu(x, a)))(double(POINTS))
        wanted = jax.vmap(jax.grad(lambda x, a=approximate: jax.nn.gelu(x, a)))(POINTS)
        np.testing.assert_allclose(grads, wanted, rtol=1e-10, atol=1e-15)


def test_silu_far_out() -> None:
    y = np.asarray(nn.silu(onp.array([-1000.0, 1000.0, np.inf, -np.inf, 0.0, 1.0, -1.0])))
    np.testing.assert_allclose(y, [-0.0, 1000, np.inf, np.nan, 0, 0.7310586, -0.2689414], 1e-6)
    assert np.signbit(y[0]) and abs(float(ox.grad(nn.silu)(-100.0))) < 1e-40


@pytest.mark.parametrize("alpha", [0.3, 2.0])
def test_parameters_of_activations(alpha: float) -> None:
    for name in ("elu", "celu", "leaky_relu", "squareplus"):
        y = ours(name)(double(POINTS), alpha)
        np.testing.assert_allclose(y, theirs(name)(POINTS, alpha), rtol=1e-13)
        f, g = ours(name), theirs(name)
        slope = ox.grad(lambda a, f=f: onp.sum(double(WEIGHTS) * f(double(POINTS), a)))
        wanted = jax.grad(lambda a, g=g: (WEIGHTS * g(POINTS, a)).sum())(alpha)
        np.testing.assert_allclose(slope(double(alpha)), wanted, rtol=1e-12)


def test_glu() -> None:
    x = np.random.default_rng(0).normal(size=(3, 4, 6))
    for axis in (1, 2, -1, -2):
        np.testing.assert_allclose(nn.glu(double(x), axis), jax.nn.glu(x, axis), rtol=1e-13)
    with pytest.raises(ShapeError, match="its extent is odd"):
        nn.glu(double(x), 0)


def test_log1mexp_is_accurate_at_both_ends() -> None:
    x = np.array([1e-300, 1e-10, 0.3, 0.6931, 0.6932, 5.0, 700.0])
    with mpmath.workdps(400):
        wanted = [float(mpmath.log(1 - mpmath.exp(-mpmath.mpf(v)))) for v in x]
    np.testing.assert_allclose(nn.log1mexp(double(x)), wanted, rtol=1e-13)


@pytest.mark.parametrize(
    ("layer", "function"),
    [
        (nn.ReLU(), nn.relu),
        (nn.ReLU6(), nn.relu6),
        (nn.Sigmoid(), nn.sigmoid),
        (nn.LogSigmoid(), nn.log_sigmoid),
        (nn.Softplus(), nn.softplus),
        (nn.Softsign(), nn.soft_sign),
        (nn.Tanh(), nn.tanh),
        (nn.SiLU(), nn.silu),
        (nn.Mish(), nn.mish),
        (nn.SELU(), nn.selu),
        (nn.HardTanh(), nn.hard_tanh),
        (nn.Hardswish(), nn.hard_swish),
        (nn.GELU(), nn.gelu),
        (nn.GELU(approximate=True), lambda x: nn.gelu(x, approximate=True)),
        (nn.ELU(2.0), lambda x: nn.elu(x, 2.0)),
        (nn.CELU(2.0), lambda x: nn.celu(x, 2.0)),
        (nn.LeakyReLU(0.2), lambda x: nn.leaky_relu(x, 0.2)),
        (nn.PReLU(init=0.2), lambda x: nn.leaky_relu(x, 0.2)),
        (nn.GLU(0), lambda x: nn.glu(x, 0)),
        (nn.Softmax(0), lambda x: nn.softmax(x, 0)),
        (nn.LogSoftmax(0), lambda x: nn.log_softmax(x, 0)),
    ],
    ids=lambda x: type(x).__name__ if isinstance(x, nn.Module) else "",
)
def test_layers_are_their_functions(layer: Any, function: Any) -> None:
    x = onp.array(POINTS.astype(np.float32))
    np.testing.assert_array_equal(layer(x), function(x))
    assert ox.tree.leaves(layer) == [] or isinstance(layer, nn.PReLU)


def test_prelu_learns_its_slope() -> None:
    x = onp.array([[-1.0, 2.0], [-3.0, -4.0]])
    layer = nn.PReLU(2)
    grads = ox.grad(lambda m: onp.sum(m(x) * onp.array([[1.0, 1.0], [1.0, 2.0]])))(layer)
    np.testing.assert_array_equal(grads.weight, [-4.0, -8.0])
