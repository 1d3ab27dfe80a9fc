"""Linear maps, tables, convolutions, pooling, dropout and containers."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import mlx.core as mx
import mlx.nn
import numpy as np
import pytest

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import ArgumentError, KeyTypeError

onp = ox.numpy
KEY = ox.random.key(0)
RNG = np.random.default_rng(0)


def some(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype(np.float32)


def as_mlx(layer: nn.Module, theirs: Any) -> Any:
    """MLX's layer with the arrays of ours: the names and layouts are the same."""
    theirs.load_weights([(n, mx.array(np.asarray(x))) for n, x in layer.state_dict().items()])
    return theirs


def close(ours: Any, theirs: Any, rtol: float = 1e-5) -> None:
    np.testing.assert_allclose(ours, np.array(theirs), rtol=rtol, atol=1e-5)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4), (0, 4)])
def test_linear(bias: bool, shape: tuple[int, ...]) -> None:
    layer, x = nn.Linear(4, 5, bias, key=KEY), some(*shape)
    y = layer(onp.array(x))
    wanted = x @ np.asarray(layer.weight).T
    wanted = wanted + np.asarray(layer.bias) if layer.bias is not None else wanted
    close(y, wanted)
    assert (layer.bias is None) == (not bias) and y.shape == (*shape[:-1], 5)
    if shape != (0, 4):
        close(y, as_mlx(layer, mlx.nn.Linear(4, 5, bias))(mx.array(x)))


def test_linear_starts_uniform_and_differs_by_key() -> None:
    layer = nn.Linear(400, 300, key=KEY)
    w = np.asarray(layer.weight)
    assert w.shape == (300, 400) and abs(w).max() <= 0.05 < 0.0501 and abs(w).max() > 0.0499
    assert abs(w.mean()) < 1e-3 and abs(w.std() - 0.05 / 3**0.5) < 1e-3
    assert not np.array_equal(w.ravel()[:300], layer.bias)
    other = nn.Linear(400, 300, key=ox.random.key(1))
    assert not np.array_equal(w, other.weight)
    assert np.array_equal(w, nn.Linear(400, 300, key=KEY).weight)
    assert nn.Linear(2, 2, key=KEY, dtype="bfloat16").weight.dtype.name == "bfloat16"


def test_linear_gradients() -> None:
    layer, x, w = nn.Linear(3, 2, key=KEY), some(4, 3), some(4, 2)
    grads = ox.grad(lambda m: onp.sum(m(onp.array(x)) * onp.array(w)))(layer)
    close(grads.weight, w.T @ x)
    close(grads.bias, w.sum(0))


def test_embedding() -> None:
    table = nn.Embedding(3, 2, key=KEY).update({"weight": onp.arange(6.0).reshape(3, 2)})
    y = np.asarray(table(onp.array([0, 2, -1, 3, -4])))
    np.testing.assert_array_equal(y[:3], [[0, 1], [4, 5], [4, 5]])
    assert np.isnan(y[3:]).all()
    assert table(onp.array([[1], [2]])).shape == (2, 1, 2)
    assert table(onp.zeros((0,), "int32")).shape == (0, 2)
    weights = onp.array([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0], [0.5, 0.25]])
    grads = ox.grad(lambda m: onp.sum(m(onp.array([2, 0, 2, -1])) * weights))(table)
    np.testing.assert_array_equal(grads.weight, [[10, 20], [0, 0], [101.5, 202.25]])
    close(table.as_linear(onp.array([1.0, 2.0])), [2, 8, 14])
    assert abs(float(nn.Embedding(100, 64, key=KEY).weight.std()) - 0.125) < 0.01


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"stride": 2},
        {"padding": 1},
        {"dilation": 2},
        {"groups": 2},
        {"bias": False},
        {"stride": 2, "padding": 2, "dilation": 2, "groups": 2},
    ],
    ids=str,
)
@pytest.mark.parametrize("rank", [1, 2])
def test_conv(rank: int, options: dict[str, Any]) -> None:
    ours = (nn.Conv1d, nn.Conv2d)[rank - 1](4, 6, 3, **options, key=KEY)
    theirs = as_mlx(ours, (mlx.nn.Conv1d, mlx.nn.Conv2d)[rank - 1](4, 6, 3, **options))
    x = some(2, *(9, 8)[:rank], 4)
    close(ours(onp.array(x)), theirs(mx.array(x)), 1e-4)
    assert ours.weight.shape == (6, *(3,) * rank, 4 // options.get("groups", 1))


def test_conv_of_unequal_axes() -> None:
    layer = nn.Conv2d(3, 5, (2, 3), stride=(1, 2), padding=(0, 1), dilation=(2, 1), key=KEY)
    theirs = as_mlx(layer, mlx.nn.Conv2d(3, 5, (2, 3), (1, 2), (0, 1), (2, 1)))
    x = some(1, 6, 7, 3)
    close(layer(onp.array(x)), theirs(mx.array(x)), 1e-4)


def test_conv_gradients_agree_with_jax() -> None:
    layer = nn.Conv2d(2, 4, 3, stride=2, padding=1, groups=2, key=KEY)
    x, w = some(2, 5, 6, 2), some(2, 3, 3, 4)

    def theirs(weight: Any, x: Any) -> Any:
        y = jax.lax.conv_general_dilated(
            x, weight, (2, 2), ((1, 1), (1, 1)), feature_group_count=2,
            dimension_numbers=("NHWC", "OHWI", "NHWC"),
        )  # fmt: skip
        return ((y + np.asarray(layer.bias)) * w).sum()

    def ours(layer: Any, x: Any) -> Any:
        return onp.sum(layer(x) * onp.array(w))

    wanted = jax.grad(theirs, (0, 1))(jnp.array(layer.weight), jnp.array(x))
    grads = ox.grad(ours, (0, 1))(layer, onp.array(x))
    close(grads[0].weight, wanted[0], 1e-4)
    close(grads[0].bias, w.sum((0, 1, 2)), 1e-4)
    close(grads[1], wanted[1], 1e-4)


@pytest.mark.parametrize("kind", ["MaxPool", "AvgPool"])
@pytest.mark.parametrize(("size", "stride", "padding"), [(2, None, 0), (3, 2, 1), (3, 1, 0)])
def test_pooling(kind: str, size: int, stride: Any, padding: int) -> None:
    for rank in (1, 2):
        name = f"{kind}{rank}d"
        x = some(2, *(9, 8)[:rank], 3)
        ours, theirs = (getattr(m, name)(size, stride, padding) for m in (nn, mlx.nn))
        close(ours(onp.array(x)), theirs(mx.array(x)))
        assert ox.tree.leaves(ours) == []


def test_pooling_gradients() -> None:
    x, w = some(1, 4, 5, 2), some(1, 2, 2, 2)
    grads = np.asarray(ox.grad(lambda x: onp.sum(nn.MaxPool2d(2)(x) * onp.array(w)))(onp.array(x)))
    for n, i, j, c in np.ndindex(1, 2, 2, 2):
        window = x[n, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2, c]
        top = np.unravel_index(window.argmax(), (2, 2))
        wanted = np.zeros((2, 2), np.float32)
        wanted[top] = w[n, i, j, c]
        np.testing.assert_array_equal(grads[n, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2, c], wanted)
    assert not grads[:, :, 4].any()
    mean = ox.grad(lambda x: onp.sum(nn.AvgPool2d(2)(x) * onp.array(w)))(onp.array(x))
    close(mean[:, :, :4], np.repeat(np.repeat(w, 2, 1), 2, 2) / 4)


def test_dropout() -> None:
    x = onp.array(np.abs(some(200, 100)) + 1)
    drop = nn.Dropout(0.25)
    y = np.asarray(drop(x, key=KEY))
    kept = y != 0
    assert abs(kept.mean() - 0.75) < 0.01
    np.testing.assert_allclose(y[kept], np.asarray(x)[kept] / 0.75, rtol=1e-6)
    assert np.array_equal(y, drop(x, key=KEY)) and not np.array_equal(
        y, drop(x, key=ox.random.key(1))
    )
    assert np.array_equal(drop.eval()(x), x) and np.array_equal(drop.eval()(x, key=KEY), x)
    assert np.array_equal(nn.Dropout(0.0)(x), x)
    assert not np.asarray(nn.Dropout(1.0)(x, key=KEY)).any()
    half = drop(x.astype("float16"), key=KEY)
    assert half.dtype == np.float16
    rows = ox.vmap(lambda k: drop(onp.ones(50), key=k))(ox.random.split(KEY, 2))
    assert not np.array_equal(rows[0], rows[1])
    with pytest.raises(KeyTypeError, match="no key, and the layer is in training mode"):
        drop(x)
    for p in (-0.1, 1.5):
        with pytest.raises(ArgumentError, match=r"p must lie in \[0, 1\]"):
            nn.Dropout(p)


def test_sequential_passes_keys_to_those_that_want_them() -> None:
    class Noise(nn.Module):
        def __call__(self, x: Any, *, key: Any) -> Any:
            return x + ox.random.normal(key, x.shape)

    net = nn.Sequential(nn.Linear(3, 4, key=KEY), nn.relu, nn.Dropout(0.5), abs, Noise())
    x = onp.array(some(2, 3))
    assert [type(m).__name__ for m in net.layers] == [
        "Linear",
        "Lambda",
        "Dropout",
        "Lambda",
        "Noise",
    ]
    a, b = ox.random.split(KEY)
    wanted = net.layers[4](abs(net.layers[2](nn.relu(net.layers[0](x)), key=a)), key=b)
    close(net(x, key=KEY), wanted)
    plain = nn.Sequential(nn.Linear(3, 4, key=KEY), nn.Dropout(0.5)).eval()
    close(plain(x), plain.layers[0](x))
    assert [n for n, _ in net.named_parameters()] == ["layers.0.weight", "layers.0.bias"]
    assert np.array_equal(nn.Sequential()(x), x)
    nested = nn.Sequential(plain.train(), nn.Identity())
    assert nested(x, key=KEY).shape == (2, 4)
    with pytest.raises(KeyTypeError):
        nested(x)


class Counter(nn.Module):
    seen: ox.Array

    def __call__(self, x: Any) -> tuple[Any, Counter]:
        return x, self.replace(seen=self.seen + 1)


class Pair(nn.Module):
    def __call__(self, x: Any) -> tuple[Any, Any]:
        return x, x


class Add(nn.Module):
    def __call__(self, pair: tuple[Any, Any]) -> Any:
        return pair[0] + pair[1]


@pytest.mark.parametrize("layer", [nn.BatchNorm(3), nn.BatchNorm(3).eval(), Counter(onp.zeros(()))])
def test_sequential_refuses_layers_with_explicit_state(layer: nn.Module) -> None:
    name = type(layer).__name__
    for layers in ([layer], [nn.Identity(), layer], [layer, nn.relu]):
        with pytest.raises(ArgumentError, match=rf"layer {layers.index(layer)} is a {name}") as e:
            nn.Sequential(*layers)
        assert "return y, self.replace(norm=norm)" in e.value.advice


def test_what_sequential_advises_works() -> None:
    class Net(nn.Module):
        norm: nn.BatchNorm

        def __call__(self, x: Any) -> tuple[Any, Net]:
            y, norm = self.norm(x)
            return y, self.replace(norm=norm)

    y, net = Net(nn.BatchNorm(1))(onp.array([[1.0], [3.0]]))
    close(y, [[-1.0], [1.0]])
    close(net.norm.running_mean, [0.2])


def test_sequential_lets_a_pair_through() -> None:
    assert nn.Sequential(Pair(), Add())(onp.ones(2)).tolist() == [2, 2]


def test_a_value_in_an_error_is_short() -> None:
    long = [onp.zeros((4, 4, 8)), nn.BatchNorm(3), 1.0, "x", None]
    with pytest.raises(
        ArgumentError, match=r"got list of f32\[4,4,8\], BatchNorm, float, str, \.\.\."
    ):
        nn.relu(long)
    with pytest.raises(ArgumentError) as caught:
        nn.relu("a" * 100)
    assert caught.value.problem.endswith(f"got str: '{'a' * 76}...")


def test_extents_may_be_zero() -> None:
    assert nn.Linear(0, 3, key=KEY)(onp.ones((2, 0))).shape == (2, 3)
    assert nn.Linear(3, 0, key=KEY)(onp.ones((2, 3))).shape == (2, 0)
    assert nn.Embedding(0, 3, key=KEY)(onp.zeros((0,), "int32")).shape == (0, 3)
    with pytest.raises(ArgumentError, match="in_features must be an integer, got 2.5"):
        nn.Linear(2.5, 3, key=KEY)  # pyright: ignore[reportArgumentType]


def test_mlp() -> None:
    net = nn.MLP((3, 8, 8, 2), nn.tanh, key=KEY)
    x = onp.array(some(5, 3))
    y = x
    for layer in net.layers[:-1]:
        y = nn.tanh(layer(y))
    close(net(x), net.layers[-1](y))
    assert len(net.layers) == 3 and not np.array_equal(
        net.layers[0].weight[:, :2], net.layers[1].weight[:, :2]
    )
    assert all(layer.bias is None for layer in nn.MLP((3, 2), bias=False, key=KEY).layers)


def test_a_training_loop() -> None:
    """Linear regression of y = 3x + 2: the weight and the bias come out."""
    x = onp.array(np.linspace(-1, 1, 32, dtype=np.float32)[:, None])
    model = nn.Linear(1, 1, key=KEY)

    def loss(model: nn.Linear, x: Any, y: Any) -> Any:
        return nn.mse_loss(model(x), y)

    @ox.jit
    def step(model: nn.Linear) -> nn.Linear:
        grads = ox.grad(loss)(model, x, 3 * x + 2)
        return ox.tree.map(lambda p, g: p - 0.2 * g, model, grads)

    for _ in range(200):
        model = step(model)
    assert step.traces == 1
    assert abs(float(model.weight[0, 0]) - 3) < 1e-3 and abs(float(model.bias[0]) - 2) < 1e-3
