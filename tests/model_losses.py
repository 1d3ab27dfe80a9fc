"""Losses of whole models in plain array code, written once: `L` is jax or oxmlx, `np` its numpy."""

from __future__ import annotations

from typing import Any

import numpy

Tree = Any


def normal(seed: int, *shape: int, scale: float = 1.0) -> numpy.ndarray:
    return scale * numpy.random.default_rng(seed).standard_normal(shape)


def cross_entropy(L: Any, np: Any, logits: Any, labels: Any) -> Any:
    log_p = L.nn.log_softmax(logits, axis=-1)
    chosen = np.take_along_axis(log_p, labels[..., None], axis=-1)[..., 0]
    return -np.mean(chosen * (0.5 + np.arange(labels.shape[-1], dtype=logits.dtype)))


def mlp(L: Any, np: Any, p: Tree, batch: Tree) -> Any:
    """Three layers, a different activation after each, and a penalty on the weights."""
    x = batch["x"]
    for layer, activate in zip(p, (np.tanh, L.nn.silu, L.nn.softplus, lambda x: x), strict=True):
        x = activate(x @ layer["w"] + layer["b"])
    penalty = sum(np.sum(layer["w"] ** 2) for layer in p)
    return cross_entropy(L, np, x, batch["y"]) + 1e-2 * penalty


def mlp_data() -> tuple[Tree, Tree]:
    sizes = [6, 9, 8, 7, 4]
    params = [
        {"w": normal(k, m, n, scale=m**-0.5), "b": normal(10 + k, n, scale=0.1)}
        for k, (m, n) in enumerate(zip(sizes, sizes[1:], strict=False))
    ]
    return params, {"x": normal(20, 3, 5, 6), "y": numpy.arange(15).reshape(3, 5) % 4}


def standardised(np: Any, x: Any, axes: tuple[int, ...]) -> Any:
    centred = x - np.mean(x, axis=axes, keepdims=True)
    return centred / np.sqrt(np.mean(centred**2, axis=axes, keepdims=True) + 1e-5)


def group_norm(np: Any, x: Any, groups: int) -> Any:
    split = x.reshape(*x.shape[:-1], groups, x.shape[-1] // groups)
    return standardised(np, split, (1, 2, 4)).reshape(x.shape)


def cnn(L: Any, np: Any, p: Tree, batch: Tree) -> Any:
    """Strided, padded, dilated and grouped convolutions, both norms, both kinds of pooling."""

    def conv(x: Any, w: Any, **options: Any) -> Any:
        layout = ("NHWC", "OHWI", "NHWC")
        return L.lax.conv_general_dilated(x, w, dimension_numbers=layout, **options)

    def pool(x: Any, start: float, combine: Any, window: int, stride: int, padding: Any) -> Any:
        size, step = (1, window, window, 1), (1, stride, stride, 1)
        return L.lax.reduce_window(x, start, combine, size, step, padding)

    x = conv(batch["x"], p["conv1"], window_strides=(1, 1), padding="SAME")
    x = standardised(np, x, (0, 1, 2)) * p["scale"] + p["shift"]
    x = pool(L.nn.relu(x), -np.inf, L.lax.max, 2, 2, "VALID")
    x = conv(x, p["conv2"], window_strides=(2, 1), padding=((1, 0), (2, 1)), rhs_dilation=(1, 2))
    x = L.nn.gelu(group_norm(np, x, 2), approximate=True)
    x = conv(x, p["conv3"], window_strides=(1, 1), padding="VALID", feature_group_count=3)
    x = pool(x, 0.0, L.lax.add, 2, 1, ((0, 0), (1, 0), (0, 1), (0, 0))) / 4
    return cross_entropy(L, np, np.mean(x, axis=(1, 2)) @ p["head"], batch["y"])


def cnn_data() -> tuple[Tree, Tree]:
    params = {
        "conv1": normal(0, 4, 3, 3, 2, scale=0.3),
        "scale": 1 + normal(1, 4, scale=0.1),
        "shift": normal(2, 4, scale=0.1),
        "conv2": normal(3, 6, 2, 2, 4, scale=0.3),
        "conv3": normal(4, 9, 2, 2, 2, scale=0.4),
        "head": normal(5, 9, 3),
    }
    return params, {"x": normal(6, 3, 4, 8, 8, 2), "y": numpy.arange(12).reshape(3, 4) % 3}


def rotate(np: Any, x: Any) -> Any:
    """Rotary positions of x [..., T, D]."""
    half = x.shape[-1] // 2
    t = np.arange(x.shape[-2], dtype=x.dtype)[:, None]
    angle = t / 100.0 ** (np.arange(half, dtype=x.dtype) / half)
    u, v = x[..., :half], x[..., half:]
    c, s = np.cos(angle), np.sin(angle)
    return np.concatenate([u * c - v * s, u * s + v * c], axis=-1)


def transformer(L: Any, np: Any, p: Tree, batch: Tree) -> Any:
    """A language model of one block: embedding, rotary causal attention whose heads share keys and
    values in pairs, a gated MLP, RMS and layer norm, tied output weights."""
    tokens = batch["y"]
    x = np.take(p["table"], tokens, axis=0)
    h = standardised(np, x, (-1,)) * p["norm1"]
    q = rotate(np, np.einsum("btd,dhf->bhtf", h, p["q"]))
    k = rotate(np, np.einsum("btd,dhf->bhtf", h, p["k"]))
    v = np.einsum("btd,dhf->bhtf", h, p["v"])
    k, v = (np.repeat(y, 2, axis=1) for y in (k, v))
    scores = np.einsum("bhtf,bhsf->bhts", q, k) / q.shape[-1] ** 0.5
    seen = np.tril(np.ones(scores.shape[-2:], bool))
    weights = L.nn.softmax(np.where(seen, scores, -1e30), axis=-1)
    x = x + np.einsum("bhts,bhsf,hfd->btd", weights, v, p["o"])
    h = x * L.lax.rsqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-5) * p["norm2"]
    x = x + (L.nn.gelu(h @ p["gate"], approximate=False) * (h @ p["up"])) @ p["down"]
    return cross_entropy(L, np, x[:, :-1] @ p["table"].T, tokens[:, 1:])


def transformer_data() -> tuple[Tree, Tree]:
    d, heads, f, hidden = 8, 4, 4, 12
    shapes = {
        **{"table": (11, d), "q": (d, heads, f), "k": (d, heads // 2, f)},
        **{"v": (d, heads // 2, f), "o": (heads, f, d)},
        **{"gate": (d, hidden), "up": (d, hidden), "down": (hidden, d)},
    }
    params = {name: normal(k, *s, scale=0.5) for k, (name, s) in enumerate(shapes.items())}
    params |= {"norm1": 1 + normal(20, d, scale=0.1), "norm2": 1 + normal(21, d, scale=0.1)}
    tokens = numpy.random.default_rng(22).integers(0, 11, (3, 2, 6))
    return params, {"y": tokens}


MODELS = {
    "mlp": (mlp, mlp_data),
    "cnn": (cnn, cnn_data),
    "transformer": (transformer, transformer_data),
}
