"""rms_norm and layer_norm: against MLX, against JAX in float64, and the cases of the facts."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import mlx.core as mx
import numpy as np
import pytest
from agreement import agree

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import ShapeError

onp = ox.numpy
RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 3, 5))
G, B = RNG.normal(size=5), RNG.normal(size=5)


def rms(x: Any, w: Any, eps: float = 1e-5) -> Any:
    return x / jnp.sqrt(jnp.mean(x * x, -1, keepdims=True) + eps) * w


def layer(x: Any, w: Any, b: Any, eps: float = 1e-5) -> Any:
    m = jnp.mean(x, -1, keepdims=True)
    v = jnp.mean((x - m) ** 2, -1, keepdims=True)
    return (x - m) / jnp.sqrt(v + eps) * w + b


def test_every_transformation_agrees_with_jax() -> None:
    agree(lambda x, w: nn.rms_norm(x, w, 1e-5), rms, X, G)
    agree(lambda x, w, b: nn.layer_norm(x, w, b, 1e-5), layer, X, G, B)
    agree(lambda x: nn.layer_norm(x, None, None, 1e-2), lambda x: layer(x, 1.0, 0.0, 1e-2), X)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_values_are_those_of_mlx(dtype: str) -> None:
    x, g, b = (a.astype(np.float32) for a in (X, G, B))
    kind = getattr(mx, dtype)
    ours = [onp.array(a).astype(dtype) for a in (x, g, b)]
    mlx = [mx.array(a).astype(kind) for a in (x, g, b)]
    tolerance = {"float32": 2e-6, "float16": 1e-3, "bfloat16": 8e-3}[dtype]
    for y, wanted in (
        (nn.rms_norm(ours[0], ours[1], 1e-5), mx.fast.rms_norm(mlx[0], mlx[1], 1e-5)),
        (nn.layer_norm(*ours, 1e-5), mx.fast.layer_norm(*mlx, 1e-5)),
        (nn.layer_norm(ours[0], None, None, 1e-5), mx.fast.layer_norm(mlx[0], None, None, 1e-5)),
    ):
        assert y.dtype.name == dtype
        wide = np.array(wanted.astype(mx.float32))
        np.testing.assert_allclose(np.asarray(y, np.float32), wide, tolerance, tolerance)


def pulled(f: Any, x: list[float], ct: list[float]) -> Any:
    return ox.vjp(f, onp.array(x))[1](onp.array(ct))[0]


def test_rms_norm_cases() -> None:
    f = lambda x: nn.rms_norm(x, None, 1e-5)  # noqa: E731
    np.testing.assert_allclose(
        pulled(f, [1, 2, 3.0], [1.0, 0, 0]), [0.4298446, -0.0661298, -0.0991947], rtol=2e-6
    )
    assert np.asarray(f(onp.zeros(3))).tolist() == [0, 0, 0]
    assert np.isnan(np.asarray(nn.rms_norm(onp.zeros(3), None, 0.0))).all()
    assert np.asarray(nn.rms_norm(onp.full(4, 300, "float16"), None, 1e-5)).tolist() == [1.0] * 4
    small = pulled(f, [1e-4, -2e-4, 1e-4], [1.0, 0, 0])  # eps dominates
    y, back = jax.vjp(lambda x: rms(x, 1.0), jnp.array([1e-4, -2e-4, 1e-4]))
    np.testing.assert_allclose(small, back(jnp.array([1.0, 0, 0]))[0], rtol=1e-5)


def test_layer_norm_cases() -> None:
    f = lambda x: nn.layer_norm(x, None, None, 1e-5)  # noqa: E731
    assert np.asarray(f(onp.full(3, 3.0))).tolist() == [0, 0, 0]
    np.testing.assert_allclose(
        pulled(f, [3.0, 3.0, 3.0], [1.0, 0, 0]), [210.8185, -105.4093, -105.4093], rtol=1e-6
    )
    y = f(onp.array([10000.0, 10001.0, 10002.0, 10003.0]))
    np.testing.assert_allclose(y, [-1.34164, -0.44721, 0.44721, 1.34164], rtol=1e-5)
    np.testing.assert_allclose(
        pulled(f, [1.0, 2.0, 3.0], [1.0, 0, 0]), [0.2041318, -0.4082452, 0.2041134], rtol=3e-6
    )
    assert f(onp.ones((2, 0))).shape == (2, 0)


def test_f32_norms_hold_2e_6_of_float64() -> None:
    x = RNG.normal(size=(4, 1000)) * 3 + 50
    single, double = onp.array(x.astype(np.float32)), x.astype(np.float32).astype(np.float64)
    with jax.enable_x64(True):
        wanted = rms(jnp.array(double), 1.0), layer(jnp.array(double), 1.0, 0.0)
    for y, exact in zip(
        (nn.rms_norm(single, None, 1e-5), nn.layer_norm(single, None, None, 1e-5)),
        wanted,
        strict=True,
    ):
        np.testing.assert_allclose(y, exact, rtol=0, atol=2e-6 * np.abs(exact).max())


def test_they_are_one_equation_and_so_is_their_transpose() -> None:
    x, w = onp.ones((2, 3)), onp.ones(3)
    jaxpr = ox.make_jaxpr(lambda x: nn.rms_norm(nn.layer_norm(x, w, w, 1e-5), w, 1e-5))(x)
    assert [e.prim.label for e in jaxpr.eqns] == ["layer_norm", "rms_norm"]
    back = ox.make_jaxpr(ox.grad(lambda x: onp.sum(nn.rms_norm(x, w, 1e-5) * x)))(x)
    assert [e.prim.label for e in back.eqns if hasattr(e.prim, "label")].count("rms_norm") == 2
    assert "rms_norm" in str(ox.make_jaxpr(ox.vmap(lambda x: nn.rms_norm(x, w, 1e-5)))(x))


def test_mixed_dtypes_promote() -> None:
    half, single = onp.ones((2, 3), "float16"), onp.ones(3)
    assert nn.rms_norm(half, single, 1e-5).dtype == np.float32
    assert nn.layer_norm(half, None, None, 1e-5).dtype == np.float16
    assert nn.rms_norm(onp.array([3, 4]), None, 1e-5).dtype == np.float32


def test_layers() -> None:
    x = onp.array(X, dtype="float32")
    assert np.array_equal(nn.RMSNorm(5)(x), nn.rms_norm(x, onp.ones(5), 1e-5))
    assert np.array_equal(nn.LayerNorm(5)(x), nn.layer_norm(x, onp.ones(5), onp.zeros(5), 1e-5))
    assert list(nn.LayerNorm(5, bias=False).parameters()) == ["weight"]
    assert nn.LayerNorm(5, affine=False).parameters() == {}


@pytest.mark.parametrize("shape", [(2, 8), (2, 3, 8), (2, 3, 4, 8)])
def test_group_norm_is_that_of_torch(shape: tuple[int, ...]) -> None:
    x = RNG.normal(size=shape)
    grouped = x.reshape(shape[0], -1, 2, 4)
    mean = grouped.mean((1, 3), keepdims=True)
    var = grouped.var((1, 3), keepdims=True)
    wanted = ((grouped - mean) / np.sqrt(var + 1e-5)).reshape(shape)
    layer = nn.GroupNorm(2, 8, dtype="float64")
    layer = layer.update({"weight": onp.arange(8.0, dtype="float64")})
    y = layer(onp.array(x, dtype="float64"))
    np.testing.assert_allclose(y, wanted * np.arange(8.0), rtol=1e-10, atol=1e-12)
    plain = nn.GroupNorm(2, 8, affine=False)(onp.array(x, dtype="float32"))
    np.testing.assert_allclose(plain, wanted, rtol=1e-4, atol=1e-5)


def test_batch_norm_returns_its_state() -> None:
    x = RNG.normal(size=(6, 4, 3)) * 2 + 1
    norm, total = nn.BatchNorm(3, momentum=0.25), onp.array(x, dtype="float32")
    y, after = norm(total)
    np.testing.assert_allclose(np.asarray(y).mean((0, 1)), 0, atol=1e-6)
    np.testing.assert_allclose(np.asarray(y).var((0, 1)), 1, rtol=1e-4)
    np.testing.assert_allclose(after.running_mean, 0.25 * x.mean((0, 1)), rtol=1e-5)
    wanted = 0.75 + 0.25 * x.var((0, 1), ddof=1)
    np.testing.assert_allclose(after.running_var, wanted, rtol=1e-5)
    assert float(norm.running_mean[0]) == 0 and after.weight is norm.weight
    z, still = after.eval()(total)
    np.testing.assert_allclose(
        z, (x - after.running_mean) / np.sqrt(np.asarray(after.running_var) + 1e-5), rtol=2e-5,
        atol=1e-5,
    )  # fmt: skip
    assert ox.tree.structure(still) == ox.tree.structure(after.eval())
    assert still.running_mean is after.running_mean


def test_batch_norm_in_a_training_step() -> None:
    class Net(nn.Module):
        norm: nn.BatchNorm

        def __call__(self, x: Any) -> tuple[Any, Any]:
            y, norm = self.norm(x)
            return y, self.replace(norm=norm)

    def loss(net: Net, x: Any) -> tuple[Any, Net]:
        y, net = net(x)
        return onp.sum(y * y * y), net

    x = onp.array(RNG.normal(size=(8, 2)), dtype="float32")
    net = Net(nn.BatchNorm(2))
    step = ox.jit(nn.value_and_grad(net, loss, has_aux=True))
    for _ in range(3):
        (value, net), grads = step(net, x)
        net = net.update(ox.tree.map(lambda p, g: p - 0.1 * g, net.parameters(), grads))
    assert step.traces == 1 and set(grads["norm"]) == {"weight", "bias"}
    np.testing.assert_allclose(
        net.norm.running_mean, np.asarray(x).mean(0) * (1 - 0.9**3), rtol=1e-5
    )
    whole = ox.grad(lambda net: loss(net, x)[0])(net.eval())
    assert np.asarray(whole.norm.running_var).tolist() == [0, 0]
    half, kept = nn.BatchNorm(2).astype("float16")(x.astype("float16"))
    assert half.dtype == np.float16 and kept.running_var.dtype == np.float16


def test_batch_norm_without_running_statistics() -> None:
    x = onp.array(RNG.normal(size=(5, 2)), dtype="float32")
    norm = nn.BatchNorm(2, affine=False, track_running_stats=False)
    assert ox.tree.leaves(norm) == []
    np.testing.assert_array_equal(norm(x)[0], norm.eval()(x)[0])
    with pytest.raises(ShapeError, match="two values a channel or more"):
        nn.BatchNorm(2)(onp.ones((1, 2)))
    with pytest.raises(ShapeError, match=r"wants \[batch"):
        nn.BatchNorm(2)(onp.ones(2))
